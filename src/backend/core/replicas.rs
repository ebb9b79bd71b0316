//! A mini-batch shared among the cores: each computes its part on its own replica of the network.

use super::Cost;
use crate::network::{Graph, NodeId, ShapeError};

/// What a mini-batch came to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Sum of the examples' costs.
    pub cost: f64,
    /// Examples whose largest output is not their label's.
    pub errors: usize,
}

/// Replicas of a network, one for each thread, that pass parts of a mini-batch forward and back.
///
/// Nothing is allocated after the first mini-batch. The same parameters, inputs, seed and number of
/// threads give the same bytes.
pub struct Replicas {}

impl Replicas {
    /// For mini-batches of at most `batch` pictures of `size` (height, width). The graph's last
    /// node is the answer: one value for each class.
    ///
    /// # Errors
    /// [`ShapeError`] where pictures of that size do not fit the network.
    pub fn new(
        _graph: &Graph,
        _batch: usize,
        _size: [usize; 2],
        _threads: usize,
    ) -> Result<Replicas, ShapeError> {
        unimplemented!()
    }

    /// Passes a mini-batch forward and back: `inputs` are `labels.len()` preprocessed pictures
    /// (C×H×W each), `parameters` the network's flat vector. The mean gradient over the mini-batch
    /// is [`Replicas::gradients`] afterwards. `seed` picks what dropout drops.
    pub fn gradient(
        &mut self,
        _parameters: &[f32],
        _inputs: &[f32],
        _labels: &[u16],
        _cost: Cost,
        _seed: u64,
    ) -> Outcome {
        unimplemented!()
    }

    /// The mean gradient of the last mini-batch, laid out as the parameters are.
    pub fn gradients(&self) -> &[f32] {
        unimplemented!()
    }

    /// Passes a mini-batch forward only (nothing is dropped), and compares the answers with the
    /// labels; [`Replicas::outputs`] are the answers afterwards.
    pub fn evaluate(
        &mut self,
        _parameters: &[f32],
        _inputs: &[f32],
        _labels: &[u16],
        _cost: Cost,
    ) -> Outcome {
        unimplemented!()
    }

    /// Passes `count` pictures forward; [`Replicas::outputs`] are the answers afterwards.
    pub fn predict(&mut self, _parameters: &[f32], _inputs: &[f32], _count: usize) {
        unimplemented!()
    }

    /// The answers of the last pass: for each picture in turn, one value for each class.
    pub fn outputs(&self) -> &[f32] {
        unimplemented!()
    }

    /// The activations of a node in the last pass, in parts of whole pictures, in order. An
    /// activation function may have replaced its input in place: ask for the function's node.
    pub fn activations(&self, _node: NodeId) -> impl Iterator<Item = &[f32]> {
        [].into_iter()
    }

    /// The gradients of the cost (each example's own) with respect to a node's activations, in the
    /// last [`Replicas::gradient`]; parts as in [`Replicas::activations`].
    pub fn activation_gradients(&self, _node: NodeId) -> impl Iterator<Item = &[f32]> {
        [].into_iter()
    }
}
