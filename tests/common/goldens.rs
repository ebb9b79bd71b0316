//! What PyTorch computed with a trained network on a photograph.

use std::fs;
use std::path::PathBuf;

use dreamer::network::zoo;
use dreamer::picture::Planes;
use dreamer::weights::{self, Tensor};
use safetensors::SafeTensors;

use super::cut::{Cut, Executor};
use super::shared;

/// What PyTorch computed, and the weights it had.
pub struct Goldens {
    network: &'static str,
    tensors: Vec<(String, Tensor)>,
    weights: PathBuf,
}

impl Goldens {
    /// `None` where the shared folder is not there and `test` must be skipped.
    pub fn read(test: &str, network: &'static str) -> Option<Goldens> {
        let file = shared::file(test, &format!("goldens/{network}_golden_gate.safetensors"))?;
        let bytes = fs::read(file).unwrap();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let tensors = tensors.iter().map(|(name, view)| {
            let (numbers, _) = view.data().as_chunks();
            let data = numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
            (name.to_owned(), Tensor::new(view.shape().to_vec(), data))
        });
        let weights = shared::file(test, &format!("models/{network}.safetensors"))?;
        Some(Goldens { network, tensors: tensors.collect(), weights })
    }

    pub fn tensor(&self, name: &str) -> &Tensor {
        let found = self.tensors.iter().find(|(found, _)| found == name);
        &found.unwrap_or_else(|| panic!("there is no golden {name}")).1
    }

    /// The rest of the name, and the tensor, of each that begins so.
    pub fn named(&self, start: &str) -> Vec<(&str, &Tensor)> {
        let tensors = self.tensors.iter();
        let named: Vec<_> = tensors
            .filter_map(|(name, tensor)| Some((name.strip_prefix(start)?, tensor)))
            .collect();
        assert!(!named.is_empty(), "there are no goldens {start}");
        named
    }

    /// A picture of that name.
    pub fn picture(&self, name: &str) -> Planes {
        let picture = self.tensor(name);
        Planes::new(picture.shape()[3], picture.shape()[2], picture.data().to_vec())
    }

    pub fn cut<E: Executor>(&self, layer: &str) -> Cut<E> {
        let whole = zoo::build(self.network).unwrap();
        Cut::new(&whole, &[layer], |needed| weights::read(&self.weights, needed, &whole).unwrap())
    }
}
