//! LeNet-5's convolution whose maps see only some input maps: a dense one with zeros.

use super::batch::{Batch, BatchMut, Pass, Write};
use super::convolution::{Convolution, Purpose, Ranges, Scratch};
use super::kernel::Kernels;
use super::layer::Layer;
use super::scalar::Scalar;
use crate::network;

/// A [`network::PartialConvolution`] as a layer.
pub struct PartialConvolution<T: 'static> {
    table: Vec<Vec<usize>>,
    inputs: usize,
    cells: usize,
    ranges: Ranges,
    whole: Convolution<T>,
    /// The dense convolution's weights, zero where there is no connection, and biases.
    parameters: Vec<T>,
    gradients: Vec<T>,
}

impl<T: Scalar + Kernels> PartialConvolution<T> {
    /// For inputs of `extent` (height, width).
    pub fn new(
        op: &network::PartialConvolution,
        extent: [usize; 2],
        ranges: Ranges,
        purpose: Purpose,
        scratch: Scratch<T>,
    ) -> PartialConvolution<T> {
        let cells = op.kernel[0] * op.kernel[1];
        let (maps, weights) = (op.table.len(), op.table.len() * op.input * cells);
        let own = Ranges { weight: 0..weights, bias: Some(weights..weights + maps) };
        PartialConvolution {
            table: op.table.clone(),
            inputs: op.input,
            cells,
            ranges,
            whole: Convolution::new(&op.dense(), extent, own, purpose, scratch),
            parameters: vec![T::ZERO; weights + maps],
            gradients: vec![T::ZERO; weights + maps],
        }
    }

    fn bias(&self) -> std::ops::Range<usize> {
        self.ranges.bias.clone().expect("a partial convolution has biases")
    }

    /// Where each connection's kernel starts among the dense convolution's weights.
    fn kernels(&self) -> impl Iterator<Item = usize> {
        self.table.iter().enumerate().flat_map(move |(map, inputs)| {
            inputs.iter().map(move |input| (map * self.inputs + input) * self.cells)
        })
    }
}

impl<T: Scalar + Kernels> Layer<T> for PartialConvolution<T> {
    fn staged(&self) -> usize {
        self.whole.staged()
    }

    fn load(&mut self, parameters: &[T]) {
        let mut whole = std::mem::take(&mut self.parameters);
        let kernels = parameters[self.ranges.weight.clone()].chunks_exact(self.cells);
        for (start, kernel) in self.kernels().zip(kernels) {
            whole[start..][..self.cells].copy_from_slice(kernel);
        }
        let biases = whole.len() - self.table.len();
        whole[biases..].copy_from_slice(&parameters[self.bias()]);
        self.whole.load(&whole);
        self.parameters = whole;
    }

    fn forward(&mut self, pass: &Pass<T>, inputs: &[Batch<T>], output: &mut BatchMut<T>) {
        self.whole.forward(&Pass { parameters: &self.parameters, ..*pass }, inputs, output);
    }

    fn backward(
        &mut self,
        pass: &Pass<T>,
        index: usize,
        inputs: &[Batch<T>],
        gradient: Batch<T>,
        into: &mut BatchMut<T>,
        write: Write,
    ) {
        self.whole.backward(pass, index, inputs, gradient, into, write);
    }

    fn backward_parameters(
        &mut self,
        pass: &Pass<T>,
        inputs: &[Batch<T>],
        gradient: Batch<T>,
        gradients: &mut [T],
    ) {
        let mut whole = std::mem::take(&mut self.gradients);
        self.whole.backward_parameters(pass, inputs, gradient, &mut whole);
        let own = gradients[self.ranges.weight.clone()].chunks_exact_mut(self.cells);
        for (start, own) in self.kernels().zip(own) {
            own.copy_from_slice(&whole[start..][..self.cells]);
        }
        let biases = whole.len() - self.table.len();
        gradients[self.bias()].copy_from_slice(&whole[biases..]);
        self.gradients = whole;
    }

    fn take_relu(&mut self) -> bool {
        self.whole.take_relu()
    }
}
