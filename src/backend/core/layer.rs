//! The building blocks of computation: layers, and functions applied in place.

use std::sync::Arc;

use super::batch::{Batch, BatchMut, Pass, Write};
use super::convolution::PackedWeights;

/// An operation that writes a separate result.
///
/// A layer is made for pictures of one size. It may keep in the forward pass what the backward pass
/// of the same samples needs.
pub trait Layer<T: 'static>: Send + Sync {
    /// Computes the output from the inputs.
    fn forward(&mut self, pass: &Pass<T>, inputs: &[Batch<T>], output: &mut BatchMut<T>);

    /// The gradient of the loss with respect to input number `index`, from the `gradient` with
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

    /// Sets the layer's part of `gradients`, which has the layout of the parameters, to the sum of
    /// the samples' gradients (BP3 for biases, BP4 for weights).
    fn backward_parameters(
        &mut self,
        _pass: &Pass<T>,
        _inputs: &[Batch<T>],
        _gradient: Batch<T>,
        _gradients: &mut [T],
    ) {
    }

    /// Fuses a following ReLU into the forward pass; returns whether it does.
    fn take_relu(&mut self) -> bool {
        false
    }

    /// Bytes kept from the forward pass to the backward pass.
    fn kept_bytes(&self) -> usize {
        0
    }

    /// The most values it stages at once, in memory shared by the layers of a program.
    fn staged(&self) -> usize {
        0
    }

    /// Loads new parameters.
    fn load(&mut self, _parameters: &[T]) {}

    /// Where its weights start among the parameters, and what [`Layer::load`] packs from them, if
    /// that is all it does. The layer of the same node in another program of the same purpose may
    /// share that, even for pictures of another size.
    fn packed(&mut self) -> Option<(usize, &mut Arc<PackedWeights<T>>)> {
        None
    }
}

/// An operation that replaces its input.
pub trait Function<T>: Send + Sync {
    fn forward(&mut self, pass: &Pass<T>, values: &mut BatchMut<T>);

    /// Turns the gradient with respect to the result into that with respect to the argument, given
    /// the result: the factor σ′(z) of BP1 and BP2.
    fn backward(&mut self, pass: &Pass<T>, results: Batch<T>, gradient: &mut BatchMut<T>);
}
