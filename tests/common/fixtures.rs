//! What reference implementations compute, as `tests/fixtures/make_torchvision.py` and
//! `tests/fixtures/make_definitions.py` wrote it down.

use std::fs;
use std::path::PathBuf;

use safetensors::SafeTensors;
use serde::Deserialize;

/// Activations and gradients of one network with generated weights on a generated picture.
pub struct Fixture {
    /// Shape of the picture, `generated::tensor("input", …)`: 1×3×H×W.
    pub input_shape: Vec<usize>,
    /// Outputs of layers.
    pub activations: Vec<Recorded>,
    /// Gradients of ½·Σa², a being the layer's output, with respect to the picture in 0..1.
    pub gradients: Vec<Recorded>,
}

/// A subsample of one tensor.
pub struct Recorded {
    pub layer: String,
    /// Shape of the whole tensor: 1×C×H×W, or 1×C after a linear layer.
    pub shape: Vec<usize>,
    /// `values` are the elements 0, stride, 2·stride, … of the flattened tensor.
    pub stride: usize,
    /// Euclidean norm of the whole tensor.
    pub norm: f64,
    pub values: Vec<f32>,
}

/// A file's metadata about one tensor.
#[derive(Deserialize)]
struct Summary {
    shape: Vec<usize>,
    stride: usize,
    norm: f64,
}

/// The fixture of a network of the zoo.
pub fn reference(network: &str) -> Fixture {
    let bytes = fs::read(path(&format!("{network}.safetensors"))).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let metadata = header.metadata().as_ref().unwrap();
    let recorded = |kind: &str| {
        let mut recorded: Vec<Recorded> = tensors
            .iter()
            .filter_map(|(key, view)| Some((key, key.strip_prefix(kind)?, view)))
            .map(|(key, layer, view)| {
                let Summary { shape, stride, norm } = serde_json::from_str(&metadata[key]).unwrap();
                let (numbers, _) = view.data().as_chunks();
                let values = numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
                Recorded { layer: layer.into(), shape, stride, norm, values }
            })
            .collect();
        recorded.sort_by(|a, b| a.layer.cmp(&b.layer));
        recorded
    };
    Fixture {
        input_shape: serde_json::from_str(&metadata["input"]).unwrap(),
        activations: recorded("activation/"),
        gradients: recorded("gradient/"),
    }
}

/// A file of torchvision's networks, or else of those that are put together from definitions.
pub fn path(file: &str) -> PathBuf {
    let fixtures: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests/fixtures"].iter().collect();
    let torchvision = fixtures.join("torchvision").join(file);
    if torchvision.exists() { torchvision } else { fixtures.join("definitions").join(file) }
}
