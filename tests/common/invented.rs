//! Generated weights as the library takes them, and generated pictures.

use dreamer::network::Graph;
use dreamer::picture::Planes;
use dreamer::weights::{Tensor, Weights};

use crate::generated;

/// The generated weights of every parameter of a graph.
pub fn weights(graph: &Graph) -> Weights {
    let tensors = generated::weights(graph).into_iter();
    tensors.map(|(key, shape, values)| (key, Tensor::new(shape, values))).collect()
}

/// A picture of noise over the whole range 0..1.
pub fn picture(width: usize, height: usize) -> Planes {
    Planes::new(width, height, generated::tensor("input", &[1, 3, height, width]))
}
