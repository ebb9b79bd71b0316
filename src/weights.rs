//! Weights by name, whatever file format they come from.

mod caffe;
mod check;
#[cfg(feature = "fetch")]
pub mod checksum;
mod content;
#[cfg(feature = "fetch")]
pub mod fetch;
mod file;
mod file_name;
mod format;
#[cfg(feature = "fetch")]
pub mod import;
mod numpy;
mod pickle;
mod proto_tensor;
mod protobuf;
mod read;
#[cfg(feature = "fetch")]
pub mod registry;
mod safetensors;
mod search;
mod strip_prefix;
mod tensor_view;
mod tensorflow;
mod torch;
mod values;
mod zip;

pub use check::{Mismatch, check};
pub use content::Content;
pub use file::{WeightFile, map};
pub use file_name::model_of;
pub use format::{FORMATS, Format, FormatError, Index};
pub use read::{ReadError, decode, read, read_all};
pub use safetensors::{decode_metadata, encode, read_metadata};
pub use search::{Missing, NoneFound, Search};
pub use tensor_view::{ByteOrder, DType, Data, Deflated, TensorView, TensorViewError};
pub use values::ValuesError;

use std::collections::BTreeMap;

use crate::network::Graph;

/// A dense float32 tensor in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    shape: Vec<usize>,
    data: Vec<f32>,
}

impl Tensor {
    /// # Panics
    /// If the number of values is not the shape's volume.
    pub fn new(shape: Vec<usize>, data: Vec<f32>) -> Tensor {
        assert_eq!(tensor_view::volume(&shape), Some(data.len()), "the values must fill the shape");
        Tensor { shape, data }
    }

    /// The length of each axis, first axis first.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// All values, row-major.
    pub fn data(&self) -> &[f32] {
        &self.data
    }

    /// All values, row-major, to be changed.
    pub fn data_mut(&mut self) -> &mut [f32] {
        &mut self.data
    }

    /// All values, row-major, without a copy.
    pub fn into_data(self) -> Vec<f32> {
        self.data
    }
}

/// Parameters by name.
#[derive(Clone, Debug, Default)]
pub struct Weights(BTreeMap<String, Tensor>);

impl Weights {
    /// The tensor of that name.
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.0.get(name)
    }

    /// Every tensor with its name, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.0.iter().map(|(name, tensor)| (name.as_str(), tensor))
    }

    /// The weights of part of the network.
    pub fn of(&self, part: &Graph) -> Weights {
        let names = part.nodes().iter().flat_map(|node| {
            node.op.parameters().into_iter().map(move |(role, _)| format!("{}.{role}", node.name))
        });
        names.filter_map(|name| Some((name.clone(), self.get(&name)?.clone()))).collect()
    }

    /// Adds a tensor, replacing any of the same name.
    pub fn insert(&mut self, name: String, tensor: Tensor) {
        self.0.insert(name, tensor);
    }

    /// Removes and returns a tensor that passed [`check`].
    ///
    /// # Panics
    /// If there is no tensor of that name.
    pub fn take(&mut self, name: &str) -> Tensor {
        self.0.remove(name).unwrap_or_else(|| panic!("the weights hold {name}: they were checked"))
    }
}

impl FromIterator<(String, Tensor)> for Weights {
    fn from_iter<I: IntoIterator<Item = (String, Tensor)>>(tensors: I) -> Weights {
        Weights(tensors.into_iter().collect())
    }
}
