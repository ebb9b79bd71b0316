//! Pooling: maxima, means, and LeNet-5's trainable sub-sampling.

use std::cmp::Ordering;

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
    fn volumes(&self) -> [usize; 2] {
        [self.input, self.output].map(|[height, width]| height * width)
    }

    /// The cells of the input that lie in the window of output row (or column) `at`.
    fn range(&self, axis: usize, at: usize) -> std::ops::Range<usize> {
        let start = at * self.window.stride[axis];
        let end = (start + self.window.kernel[axis]).saturating_sub(self.window.padding[axis]);
        start.saturating_sub(self.window.padding[axis])..end.min(self.input[axis])
    }

    /// Output rows and columns whose window lies inside the input.
    fn whole_windows(&self) -> [std::ops::Range<usize>; 2] {
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

    /// Whether the windows of an output row are 2×2 cells side by side, all inside the input.
    fn is_halving(&self, row: usize) -> bool {
        let Window { kernel, stride, padding, .. } = self.window;
        (kernel, stride, padding) == ([2; 2], [2; 2], [0; 2])
            && 2 * row + 1 < self.input[0]
            && 2 * self.output[1] <= self.input[1]
    }

    /// Row and column of the input's first cell in a window that lies inside the input.
    fn corner(&self, row: usize, column: usize) -> [usize; 2] {
        let Window { stride, padding, .. } = self.window;
        [row * stride[0] - padding[0], column * stride[1] - padding[1]]
    }

    /// Calls `work` for each map: with the map's index, in parallel where the pass allows it.
    fn maps(&self, parallel: bool, work: &(impl Fn(usize) + Sync)) {
        let grain = GRAIN.div_ceil(self.input[0] * self.input[1]);
        split(parallel, self.maps, grain, &|maps| maps.for_each(work));
    }
}

/// Values that are worth a thread of their own.
const GRAIN: usize = 16 << 10;

/// The largest value of each window.
pub struct MaxPool {
    geometry: Geometry,
    /// Which cell of its window each maximum of each sample was, row-major.
    cells: Vec<u8>,
}

impl MaxPool {
    /// For at most `batch` samples at once.
    pub fn new(geometry: Geometry, batch: usize) -> MaxPool {
        let [_, volume] = geometry.volumes();
        assert!(geometry.window.kernel[0] * geometry.window.kernel[1] <= 256);
        MaxPool { cells: vec![0; batch * geometry.maps * volume], geometry }
    }
}

impl<T: Scalar> Layer<T> for MaxPool {
    fn forward(&mut self, pass: &Pass<T>, inputs: &[Batch<T>], output: &mut BatchMut<T>) {
        let geometry = &self.geometry;
        let [before, after] = geometry.volumes();
        for n in 0..pass.count {
            let input = inputs[0].sample(n);
            let output = Shared::new(output.sample(n));
            let cells = &mut self.cells[n * geometry.maps * after..][..geometry.maps * after];
            let cells = Shared::new(cells);
            geometry.maps(pass.parallel, &|map| {
                // SAFETY: every map is one thread's alone.
                let (output, cells) =
                    unsafe { (output.part(map * after, after), cells.part(map * after, after)) };
                maxima(geometry, &input[map * before..][..before], output, cells);
            });
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
        let geometry = &self.geometry;
        let [before, after] = geometry.volumes();
        for n in 0..pass.count {
            let gradient = gradient.sample(n);
            let into = Shared::new(into.sample(n));
            let cells = &self.cells[n * geometry.maps * after..];
            geometry.maps(pass.parallel, &|map| {
                // SAFETY: every map is one thread's alone.
                let into = unsafe { into.part(map * before, before) };
                if write == Write::Set {
                    into.fill(T::ZERO);
                }
                let range = map * after..(map + 1) * after;
                scatter(geometry, &gradient[range.clone()], &cells[range], into);
            });
        }
    }
}

fn maxima<T: Scalar>(geometry: &Geometry, input: &[T], output: &mut [T], cells: &mut [u8]) {
    let whole = geometry.whole_windows();
    let columns = geometry.output[1];
    let rows = output.chunks_exact_mut(columns).zip(cells.chunks_exact_mut(columns));
    for (row, (output, cells)) in rows.enumerate() {
        let whole = if whole[0].contains(&row) { whole[1].clone() } else { 0..0 };
        for column in (0..whole.start).chain(whole.end..columns) {
            (output[column], cells[column]) = maximum(geometry, input, row, column);
        }
        if whole.is_empty() {
            continue;
        }
        let [top, left] = geometry.corner(row, whole.start);
        let input = &input[top * geometry.input[1] + left..];
        let (output, cells) = (&mut output[whole.clone()], &mut cells[whole]);
        match (geometry.window.kernel, geometry.window.stride) {
            ([2, 2], [_, 2]) => whole_row::<T, 2, 2>(input, geometry.input[1], output, cells),
            ([3, 3], [_, 1]) => whole_row::<T, 3, 1>(input, geometry.input[1], output, cells),
            ([3, 3], [_, 2]) => whole_row::<T, 3, 2>(input, geometry.input[1], output, cells),
            (_, [_, stride]) => {
                let width = geometry.input[1];
                for (index, (output, cell)) in output.iter_mut().zip(cells).enumerate() {
                    let [height, across] = geometry.window.kernel;
                    let corner = &input[index * stride..];
                    (*output, *cell) = (corner[0], 0);
                    for (y, x) in (0..height).flat_map(|y| (0..across).map(move |x| (y, x))) {
                        if exceeds(corner[y * width + x], *output) {
                            (*output, *cell) = (corner[y * width + x], (y * across + x) as u8);
                        }
                    }
                }
            }
        }
    }
}

/// The maxima of neighbouring windows that lie inside the input, the first window at its beginning;
/// the first of equals counts.
#[inline(always)]
fn whole_row<T: Scalar, const KERNEL: usize, const STRIDE: usize>(
    input: &[T],
    width: usize,
    output: &mut [T],
    cells: &mut [u8],
) {
    let length = (output.len() - 1) * STRIDE + KERNEL;
    let rows: [&[T]; KERNEL] = std::array::from_fn(|y| &input[y * width..][..length]);
    for (index, (output, cell)) in output.iter_mut().zip(cells).enumerate() {
        let (mut largest, mut at) = (rows[0][index * STRIDE], 0);
        for (y, row) in rows.iter().enumerate() {
            for x in 0..KERNEL {
                let value = row[index * STRIDE + x];
                let larger = exceeds(value, largest);
                largest = if larger { value } else { largest };
                at = if larger { (y * KERNEL + x) as u8 } else { at };
            }
        }
        (*output, *cell) = (largest, at);
    }
}

/// The maximum of a window that may reach beyond the input, and its cell.
fn maximum<T: Scalar>(geometry: &Geometry, input: &[T], row: usize, column: usize) -> (T, u8) {
    let (down, across) = (geometry.range(0, row), geometry.range(1, column));
    let [stride_y, stride_x] = geometry.window.stride;
    let [padding_y, padding_x] = geometry.window.padding;
    let cell = |y: usize, x: usize| {
        let (y, x) = (y + padding_y - row * stride_y, x + padding_x - column * stride_x);
        (y * geometry.window.kernel[1] + x) as u8
    };
    let width = geometry.input[1];
    let first = input[down.start * width + across.start];
    let mut best = (first, cell(down.start, across.start));
    for y in down {
        for x in across.clone() {
            if exceeds(input[y * width + x], best.0) {
                best = (input[y * width + x], cell(y, x));
            }
        }
    }
    best
}

#[inline(always)]
fn exceeds<T: Scalar>(value: T, other: T) -> bool {
    !matches!(value.partial_cmp(&other), Some(Ordering::Less | Ordering::Equal))
}

fn scatter<T: Scalar>(geometry: &Geometry, gradient: &[T], cells: &[u8], into: &mut [T]) {
    let [stride_y, stride_x] = geometry.window.stride;
    let [padding_y, padding_x] = geometry.window.padding;
    let kernel_x = geometry.window.kernel[1];
    let (width, columns) = (geometry.input[1], geometry.output[1]);
    // Where each cell of a window is, from the window's own corner.
    let mut offsets = [0isize; 256];
    for (cell, offset) in offsets.iter_mut().enumerate() {
        *offset = (cell / kernel_x * width) as isize + (cell % kernel_x) as isize;
    }
    let rows = gradient.chunks_exact(columns).zip(cells.chunks_exact(columns));
    for (row, (gradient, cells)) in rows.enumerate() {
        let corner = (row * stride_y) as isize - padding_y as isize;
        let mut corner = corner * width as isize - padding_x as isize;
        for (gradient, cell) in gradient.iter().zip(cells) {
            into[(corner + offsets[*cell as usize]) as usize] += *gradient;
            corner += stride_x as isize;
        }
    }
}

/// The mean of each window, padding counted as zeros with `count_padding`.
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
                // A last, partial window of ceil mode may reach beyond the padding.
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

/// Every cell of a window gets `share`(map, row, column, gradient of the window's output).
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
                        // BP4 and BP3, for one weight and one bias that a whole map shares.
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
    /// Rows (or columns) of the input that cell `at` of the output covers.
    fn range(&self, axis: usize, at: usize) -> std::ops::Range<usize> {
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
