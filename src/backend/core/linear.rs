//! Fully connected layers, as matrix products over the mini-batch.

use gemm_common::Parallelism;

use super::batch::{Batch, BatchMut, Pass, Write};
use super::convolution::Ranges;
use super::layer::Layer;
use super::scalar::Scalar;

/// z = W·a + b for every sample; also a convolution whose kernel covers its whole input.
pub struct Linear {
    pub input: usize,
    pub output: usize,
    pub ranges: Ranges,
}

impl<T: Scalar> Layer<T> for Linear {
    fn forward(&mut self, pass: &Pass<T>, inputs: &[Batch<T>], output: &mut BatchMut<T>) {
        if let Some(range) = self.ranges.bias.clone() {
            let bias = &pass.parameters[range];
            (0..pass.count).for_each(|n| output.sample(n).copy_from_slice(bias));
        }
        let weights = &pass.parameters[self.ranges.weight.clone()];
        let write = if self.ranges.bias.is_some() { Write::Add } else { Write::Set };
        product(
            pass.parallel,
            [pass.count, self.output, self.input],
            Matrix::rows(inputs[0].from(0), inputs[0].step()),
            Matrix::columns(weights, self.input),
            MatrixMut { step: output.step(), data: output.from(0) },
            write,
        );
    }

    fn backward(
        &mut self,
        pass: &Pass<T>,
        _index: usize,
        _inputs: &[Batch<T>],
        gradient: Batch<T>,
        into: &mut BatchMut<T>,
        write: Write,
    ) {
        // BP2: δ of the layer before is Wᵀ·δ, times that layer's σ′(z).
        let weights = &pass.parameters[self.ranges.weight.clone()];
        product(
            pass.parallel,
            [pass.count, self.input, self.output],
            Matrix::rows(gradient.from(0), gradient.step()),
            Matrix::rows(weights, self.input),
            MatrixMut { step: into.step(), data: into.from(0) },
            write,
        );
    }

    fn backward_parameters(
        &mut self,
        pass: &Pass<T>,
        inputs: &[Batch<T>],
        gradient: Batch<T>,
        gradients: &mut [T],
    ) {
        if let Some(range) = self.ranges.bias.clone() {
            // BP3: ∂C/∂b = δ.
            let biases = &mut gradients[range];
            biases.fill(T::ZERO);
            for n in 0..pass.count {
                let deltas = biases.iter_mut().zip(gradient.sample(n));
                deltas.for_each(|(bias, delta)| *bias += *delta);
            }
        }
        // BP4: ∂C/∂w = a·δ.
        product(
            pass.parallel,
            [self.output, self.input, pass.count],
            Matrix::columns(gradient.from(0), gradient.step()),
            Matrix::rows(inputs[0].from(0), inputs[0].step()),
            MatrixMut { step: self.input, data: &mut gradients[self.ranges.weight.clone()] },
            Write::Set,
        );
    }
}

/// A matrix in memory.
pub(super) struct Matrix<'a, T> {
    data: &'a [T],
    row_step: usize,
    column_step: usize,
}

impl<'a, T> Matrix<'a, T> {
    /// One row every `step` values.
    pub(super) fn rows(data: &'a [T], step: usize) -> Matrix<'a, T> {
        Matrix { data, row_step: step, column_step: 1 }
    }

    /// One column every `step` values.
    pub(super) fn columns(data: &'a [T], step: usize) -> Matrix<'a, T> {
        Matrix { data, row_step: 1, column_step: step }
    }

    fn transposed(self) -> Matrix<'a, T> {
        Matrix { row_step: self.column_step, column_step: self.row_step, ..self }
    }

    fn holds(&self, rows: usize, columns: usize) -> bool {
        rows * columns == 0
            || (rows - 1) * self.row_step + (columns - 1) * self.column_step < self.data.len()
    }
}

/// A matrix to be written, one row every `step` values.
pub(super) struct MatrixMut<'a, T> {
    pub(super) data: &'a mut [T],
    pub(super) step: usize,
}

/// output ← or += left·right, where `left` is rows×inner and `right` inner×columns.
pub(super) fn product<T: Scalar>(
    parallel: bool,
    [rows, columns, inner]: [usize; 3],
    left: Matrix<T>,
    right: Matrix<T>,
    output: MatrixMut<T>,
    write: Write,
) {
    assert!(left.holds(rows, inner) && right.holds(inner, columns));
    assert!(rows * columns == 0 || (rows - 1) * output.step + columns <= output.data.len());
    let large = rows * columns * inner > PARALLEL_PRODUCT;
    // The loops expect each column of the output to be contiguous: they compute outputᵀ =
    // rightᵀ·leftᵀ.
    let turned = output.step > 1;
    let (rows, columns) = if turned { (columns, rows) } else { (rows, columns) };
    let (left, right) =
        if turned { (right.transposed(), left.transposed()) } else { (left, right) };
    let [column_step, row_step] = if turned { [output.step, 1] } else { [1, output.step] };
    // SAFETY: all three matrices lie within their slices.
    unsafe {
        T::gemm()(
            rows,
            columns,
            inner,
            output.data.as_mut_ptr(),
            column_step as isize,
            row_step as isize,
            write == Write::Add,
            left.data.as_ptr(),
            left.column_step as isize,
            left.row_step as isize,
            right.data.as_ptr(),
            right.column_step as isize,
            right.row_step as isize,
            T::ONE,
            T::ONE,
            false,
            false,
            false,
            if parallel && large { Parallelism::Rayon(0) } else { Parallelism::None },
        );
    }
}

/// Multiplications from which a product is split among the cores.
const PARALLEL_PRODUCT: usize = 1 << 20;
