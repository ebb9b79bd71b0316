//! Average pooling, and LeNet-5's trainable sub-sampling.

use super::batch::{Batch, BatchMut, Pass, Write};
use super::convolution::Ranges;
use super::layer::Layer;
use super::parallel::{Shared, split};
use super::scalar::Scalar;
use crate::network::Window;

/// Windows over planes of one size.
#[derive(Clone, Debug)]
pub struct Geometry {
    pub maps: usize,
    pub window: Window,
    /// Height and width of a plane before and after.
    pub input: [usize; 2],
    pub output: [usize; 2],
}

impl Geometry {
    /// Values of a plane before and after.
    pub fn volumes(&self) -> [usize; 2] {
        [self.input, self.output].map(|[height, width]| height * width)
    }

    /// The input cells in the window of output row (or column) `at`.
    pub fn range(&self, axis: usize, at: usize) -> std::ops::Range<usize> {
        let start = at * self.window.stride[axis];
        let end = (start + self.window.kernel[axis]).saturating_sub(self.window.padding[axis]);
        start.saturating_sub(self.window.padding[axis])..end.min(self.input[axis])
    }

    /// Output rows and columns whose window lies inside the input.
    pub fn whole_windows(&self) -> [std::ops::Range<usize>; 2] {
        [0, 1].map(|axis| {
            let Window { kernel, stride, padding, .. } = self.window;
            let first = padding[axis].div_ceil(stride[axis]);
            let end = (self.input[axis] + padding[axis] + stride[axis])
                .saturating_sub(kernel[axis])
                / stride[axis];
            let first = first.min(self.output[axis]);
            first..end.clamp(first, self.output[axis])
        })
    }

    /// Whether the windows of an output row are adjacent 2×2 cells, all inside the input.
    fn is_halving(&self, row: usize) -> bool {
        let Window { kernel, stride, padding, .. } = self.window;
        (kernel, stride, padding) == ([2; 2], [2; 2], [0; 2])
            && 2 * row + 1 < self.input[0]
            && 2 * self.output[1] <= self.input[1]
    }

    /// Row and column of the first input cell of a window inside the input.
    pub fn corner(&self, row: usize, column: usize) -> [usize; 2] {
        let Window { stride, padding, .. } = self.window;
        [row * stride[0] - padding[0], column * stride[1] - padding[1]]
    }

    /// Calls `work` with the index of each map, in parallel if the pass allows it.
    pub fn maps(&self, parallel: bool, work: &(impl Fn(usize) + Sync)) {
        let grain = GRAIN.div_ceil(self.input[0] * self.input[1]);
        split(parallel, self.maps, grain, &|maps| maps.for_each(work));
    }
}

/// Values per thread that make sharing worthwhile.
const GRAIN: usize = 16 << 10;

/// The mean of each window; padding counts as zeros with `count_padding`.
pub struct AveragePool {
    pub geometry: Geometry,
    pub count_padding: bool,
}

impl AveragePool {
    /// 1 / the number of cells that count for output (row, column).
    fn factor<T: Scalar>(&self, row: usize, column: usize) -> T {
        let geometry = &self.geometry;
        if geometry.is_halving(row) {
            return T::from_f64(0.25);
        }
        let count: usize = [row, column]
            .into_iter()
            .enumerate()
            .map(|(axis, at)| match self.count_padding {
                false => geometry.range(axis, at).len(),
                // A last, partial window in ceil mode may extend beyond the padding.
                true => {
                    let padded = geometry.input[axis] + 2 * geometry.window.padding[axis];
                    let start = at * geometry.window.stride[axis];
                    geometry.window.kernel[axis].min(padded - start)
                }
            })
            .product();
        T::from_f64(1.0 / count as f64)
    }
}

impl<T: Scalar> Layer<T> for AveragePool {
    fn forward(&mut self, pass: &Pass<T>, inputs: &[Batch<T>], output: &mut BatchMut<T>) {
        let geometry = &self.geometry;
        window_sums(geometry, pass, &inputs[0], output, &|_, row, column, sum| {
            sum * self.factor(row, column)
        });
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
        spread(&self.geometry, pass, &gradient, into, write, &|_, row, column, gradient| {
            gradient * self.factor(row, column)
        });
    }
}

/// output = `finish`(map, row, column, Σ over the window).
fn window_sums<T: Scalar>(
    geometry: &Geometry,
    pass: &Pass<T>,
    input: &Batch<T>,
    output: &mut BatchMut<T>,
    finish: &(impl Fn(usize, usize, usize, T) -> T + Sync),
) {
    let [before, after] = geometry.volumes();
    let [_, width] = geometry.input;
    let [_, columns] = geometry.output;
    for n in 0..pass.count {
        let input = input.sample(n);
        let output = Shared::new(output.sample(n));
        geometry.maps(pass.parallel, &|map| {
            let input = &input[map * before..][..before];
            // SAFETY: every map is one thread's alone.
            let output = unsafe { output.part(map * after, after) };
            for (row, output) in output.chunks_exact_mut(columns).enumerate() {
                if geometry.is_halving(row) {
                    let (above, below) = input[2 * row * width..][..2 * width].split_at(width);
                    let cells = above.as_chunks::<2>().0.iter().zip(below.as_chunks::<2>().0);
                    for (column, (output, (above, below))) in
                        output.iter_mut().zip(cells).enumerate()
                    {
                        let sum = above[0] + above[1] + below[0] + below[1];
                        *output = finish(map, row, column, sum);
                    }
                    continue;
                }
                for (column, output) in output.iter_mut().enumerate() {
                    let across = geometry.range(1, column);
                    let sum = geometry
                        .range(0, row)
                        .map(|y| input[y * width..][across.clone()].iter().copied().sum())
                        .sum();
                    *output = finish(map, row, column, sum);
                }
            }
        });
    }
}

/// Adds `share`(map, row, column, gradient of the window's output) to every cell of a window.
fn spread<T: Scalar>(
    geometry: &Geometry,
    pass: &Pass<T>,
    gradient: &Batch<T>,
    into: &mut BatchMut<T>,
    write: Write,
    share: &(impl Fn(usize, usize, usize, T) -> T + Sync),
) {
    let [before, after] = geometry.volumes();
    let [_, width] = geometry.input;
    let [rows, columns] = geometry.output;
    for n in 0..pass.count {
        let gradient = gradient.sample(n);
        let into = Shared::new(into.sample(n));
        geometry.maps(pass.parallel, &|map| {
            let gradient = &gradient[map * after..][..after];
            // SAFETY: every map is one thread's alone.
            let into = unsafe { into.part(map * before, before) };
            if write == Write::Set {
                into.fill(T::ZERO);
            }
            for row in 0..rows {
                if geometry.is_halving(row) {
                    let (above, below) = into[2 * row * width..][..2 * width].split_at_mut(width);
                    let above = above.as_chunks_mut::<2>().0.iter_mut();
                    let cells = above.zip(below.as_chunks_mut::<2>().0);
                    let gradients = gradient[row * columns..][..columns].iter();
                    for (column, ((above, below), gradient)) in cells.zip(gradients).enumerate() {
                        let share = share(map, row, column, *gradient);
                        above.iter_mut().chain(below).for_each(|cell| *cell += share);
                    }
                    continue;
                }
                for column in 0..columns {
                    let share = share(map, row, column, gradient[row * columns + column]);
                    let across = geometry.range(1, column);
                    for y in geometry.range(0, row) {
                        let cells = &mut into[y * width..][across.clone()];
                        cells.iter_mut().for_each(|cell| *cell += share);
                    }
                }
            }
        });
    }
}

/// LeNet-5's sub-sampling: a trainable weight times the sum over the window, plus a trainable bias.
pub struct Subsample {
    pub geometry: Geometry,
    pub ranges: Ranges,
}

impl Subsample {
    fn bias(&self) -> std::ops::Range<usize> {
        self.ranges.bias.clone().expect("sub-sampling has biases")
    }
}

impl<T: Scalar> Layer<T> for Subsample {
    fn forward(&mut self, pass: &Pass<T>, inputs: &[Batch<T>], output: &mut BatchMut<T>) {
        let weights = &pass.parameters[self.ranges.weight.clone()];
        let biases = &pass.parameters[self.bias()];
        window_sums(&self.geometry, pass, &inputs[0], output, &|map, _, _, sum| {
            sum * weights[map] + biases[map]
        });
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
        let weights = &pass.parameters[self.ranges.weight.clone()];
        spread(&self.geometry, pass, &gradient, into, write, &|map, _, _, gradient| {
            gradient * weights[map]
        });
    }

    fn backward_parameters(
        &mut self,
        pass: &Pass<T>,
        inputs: &[Batch<T>],
        gradient: Batch<T>,
        gradients: &mut [T],
    ) {
        let geometry = &self.geometry;
        let [before, after] = geometry.volumes();
        let [_, width] = geometry.input;
        let [rows, columns] = geometry.output;
        for map in 0..geometry.maps {
            let (mut weight, mut bias) = (T::ZERO, T::ZERO);
            for n in 0..pass.count {
                let gradient = &gradient.sample(n)[map * after..][..after];
                let input = &inputs[0].sample(n)[map * before..][..before];
                for row in 0..rows {
                    for column in 0..columns {
                        let delta = gradient[row * columns + column];
                        let across = geometry.range(1, column);
                        let sum: T = geometry
                            .range(0, row)
                            .map(|y| input[y * width..][across.clone()].iter().copied().sum())
                            .sum();
                        // BP4 and BP3, for one weight and one bias shared by a whole map.
                        weight += sum * delta;
                        bias += delta;
                    }
                }
            }
            gradients[self.ranges.weight.start + map] = weight;
            gradients[self.bias().start + map] = bias;
        }
    }
}

/// Means over an even partition of the plane, whose cells may overlap by a row or a column.
pub struct AdaptiveAveragePool {
    pub input: [usize; 2],
    pub output: [usize; 2],
}

impl AdaptiveAveragePool {
    /// Rows (or columns) of the input covered by output cell `at`.
    pub fn range(&self, axis: usize, at: usize) -> std::ops::Range<usize> {
        let (input, output) = (self.input[axis], self.output[axis]);
        at * input / output..((at + 1) * input).div_ceil(output)
    }

    /// Each output cell's index, its rows and its columns.
    fn cells(
        &self,
    ) -> impl Iterator<Item = (usize, std::ops::Range<usize>, std::ops::Range<usize>)> {
        let columns = self.output[1];
        (0..self.output[0] * columns)
            .map(move |cell| (cell, self.range(0, cell / columns), self.range(1, cell % columns)))
    }
}

impl<T: Scalar> Layer<T> for AdaptiveAveragePool {
    fn forward(&mut self, pass: &Pass<T>, inputs: &[Batch<T>], output: &mut BatchMut<T>) {
        let [before, after] = [self.input, self.output].map(|[height, width]| height * width);
        for n in 0..pass.count {
            let input = inputs[0].sample(n).chunks_exact(before);
            for (input, output) in input.zip(output.sample(n).chunks_exact_mut(after)) {
                for (cell, rows, columns) in self.cells() {
                    let count = T::from_f64((rows.len() * columns.len()) as f64);
                    let sums = rows.map(|y| {
                        input[y * self.input[1]..][columns.clone()].iter().copied().sum::<T>()
                    });
                    output[cell] = sums.sum::<T>() / count;
                }
            }
        }
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
        let [before, after] = [self.input, self.output].map(|[height, width]| height * width);
        for n in 0..pass.count {
            let gradient = gradient.sample(n).chunks_exact(after);
            for (gradient, into) in gradient.zip(into.sample(n).chunks_exact_mut(before)) {
                if write == Write::Set {
                    into.fill(T::ZERO);
                }
                for (cell, rows, columns) in self.cells() {
                    let count = T::from_f64((rows.len() * columns.len()) as f64);
                    let share = gradient[cell] / count;
                    for y in rows {
                        let values = &mut into[y * self.input[1]..][columns.clone()];
                        values.iter_mut().for_each(|value| *value += share);
                    }
                }
            }
        }
    }
}
