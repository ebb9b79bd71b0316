//! Weights that both sides of a comparison read.

use std::path::Path;

use dreamer::network::zoo;

use crate::generated;

/// Writes a network's generated weights to a file that both sides read.
pub fn generate(model: &str, path: &Path) {
    let graph = zoo::build(model).expect("the zoo has it");
    let tensors = generated::weights(&graph);
    let views = tensors.iter().map(|(name, shape, values)| {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        (name.clone(), OwnedView { shape: shape.clone(), bytes })
    });
    safetensors::serialize_to_file(views, None, path).expect("the weights can be written");
}

struct OwnedView {
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl safetensors::View for OwnedView {
    fn dtype(&self) -> safetensors::Dtype {
        safetensors::Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> std::borrow::Cow<'_, [u8]> {
        (&self.bytes).into()
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}
