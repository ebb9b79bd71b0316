//! What a network is made of when it computes: layers, and functions applied in place.

use std::sync::Arc;

use super::batch::{Batch, BatchMut, Pass, Write};
use super::convolution::PackedWeights;

/// An operation that writes a result of its own.
///
/// A layer is made for pictures of one size. It may remember in the forward pass what the backward
/// pass of the same samples needs.
pub trait Layer<T: 'static>: Send + Sync {
    /// Computes the output from the inputs.
    fn forward(&mut self, pass: &Pass<T>, inputs: &[Batch<T>], output: &mut BatchMut<T>);

    /// The gradient of the cost with respect to input number `index`, from the `gradient` with
    /// respect to the output (BP2, without the activation function's derivative, which is a
    /// [`Function`]'s).
    fn backward(
        &mut self,
        pass: &Pass<T>,
        index: usize,
        inputs: &[Batch<T>],
        gradient: Batch<T>,
        into: &mut BatchMut<T>,
        write: Write,
    );

    /// Sets the layer's own part of `gradients`, which is laid out as the parameters are, to the sum
    /// of the samples' gradients (BP3 for biases, BP4 for weights).
    fn backward_parameters(
        &mut self,
        _pass: &Pass<T>,
        _inputs: &[Batch<T>],
        _gradient: Batch<T>,
        _gradients: &mut [T],
    ) {
    }

    /// Takes over a ReLU that follows, in the forward pass; whether it does.
    fn take_relu(&mut self) -> bool {
        false
    }

    /// Bytes that it keeps from the forward pass to the backward one.
    fn kept_bytes(&self) -> usize {
        0
    }

    /// Most values at once that it lays out anew, in memory that the layers of a program share.
    fn staged(&self) -> usize {
        0
    }

    /// Takes note of new parameters.
    fn load(&mut self, _parameters: &[T]) {}

    /// Where its weights begin among the parameters, and what [`Layer::load`] makes of them, where that
    /// is all that it does. The layer of the same node in another program of the same purpose may take
    /// that over, though its pictures have another size.
    fn packed(&mut self) -> Option<(usize, &mut Arc<PackedWeights<T>>)> {
        None
    }
}

/// An operation that replaces its input.
pub trait Function<T>: Send + Sync {
    fn forward(&mut self, pass: &Pass<T>, values: &mut BatchMut<T>);

    /// Turns the gradient with respect to the result into the one with respect to the argument, given
    /// the result: the factor σ′(z) of BP1 and BP2.
    fn backward(&mut self, pass: &Pass<T>, results: Batch<T>, gradient: &mut BatchMut<T>);
}
