//! Max pooling, with one byte per maximum for the backward pass.

use std::ops::Range;

use multiversion::multiversion;

use super::batch::{Batch, BatchMut, Pass, Write};
use super::layer::Layer;
use super::parallel::Shared;
use super::pool::Geometry;
use super::scalar::Scalar;

/// The maximum of each window.
pub struct MaxPool {
    windows: Windows,
    /// The cell of its window where each maximum of each sample was, row-major.
    cells: Vec<u8>,
}

/// The windows of a plane.
struct Windows {
    geometry: Geometry,
    /// Output rows and columns whose window lies inside the input.
    whole: [Range<usize>; 2],
    /// The offset of each cell of a window from the window's corner.
    offsets: Vec<usize>,
}

impl MaxPool {
    /// For up to `batch` samples at once.
    pub fn new(geometry: Geometry, batch: usize) -> MaxPool {
        let [_, volume] = geometry.volumes();
        let [height, width] = geometry.window.kernel;
        assert!(height * width <= 256);
        MaxPool {
            cells: vec![0; batch * geometry.maps * volume],
            windows: Windows {
                whole: geometry.whole_windows(),
                offsets: (0..height * width)
                    .map(|cell| cell / width * geometry.input[1] + cell % width)
                    .collect(),
                geometry,
            },
        }
    }
}

impl<T: Scalar> Layer<T> for MaxPool {
    fn kept_bytes(&self) -> usize {
        self.cells.len()
    }

    fn forward(&mut self, pass: &Pass<T>, inputs: &[Batch<T>], output: &mut BatchMut<T>) {
        let geometry = &self.windows.geometry;
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
                maxima(&self.windows, &input[map * before..][..before], output, cells);
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
        let geometry = &self.windows.geometry;
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
                scatter(&self.windows, &gradient[range.clone()], &cells[range], into);
            });
        }
    }
}

/// The maxima of one map.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2+fma"))]
fn maxima<T: Scalar>(windows: &Windows, input: &[T], output: &mut [T], cells: &mut [u8]) {
    let Windows { geometry, whole, offsets } = windows;
    let (width, columns) = (geometry.input[1], geometry.output[1]);
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
        let input = &input[top * width + left..];
        let (output, cells) = (&mut output[whole.clone()], &mut cells[whole]);
        match (geometry.window.kernel, geometry.window.stride) {
            ([2, 2], [_, 2]) => adjoining_windows::<T, 2>(input, width, output, cells),
            ([3, 3], [_, 1]) => whole_row::<T, 3, 1>(input, width, output, cells),
            ([3, 3], [_, 2]) => whole_row::<T, 3, 2>(input, width, output, cells),
            (_, [_, stride]) => {
                for (index, (output, cell)) in output.iter_mut().zip(cells).enumerate() {
                    let corner = &input[index * stride..];
                    (*output, *cell) = (corner[0], 0);
                    for (at, offset) in offsets.iter().enumerate() {
                        if exceeds(corner[*offset], *output) {
                            (*output, *cell) = (corner[*offset], at as u8);
                        }
                    }
                }
            }
        }
    }
}

/// The maxima of adjacent windows inside the input, the first starting at its beginning; the first
/// of equals counts.
#[inline(always)]
fn adjoining_windows<T: Scalar, const KERNEL: usize>(
    input: &[T],
    width: usize,
    output: &mut [T],
    cells: &mut [u8],
) {
    let count = output.len();
    let rows: [&[[T; KERNEL]]; KERNEL] =
        std::array::from_fn(|y| &input[y * width..].as_chunks::<KERNEL>().0[..count]);
    for (index, (output, cell)) in output.iter_mut().zip(cells).enumerate() {
        (*output, *cell) = largest::<T, KERNEL>(|y, x| rows[y][index][x]);
    }
}

/// The maxima of neighbouring windows inside the input, as in [`adjoining_windows`].
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
        (*output, *cell) = largest::<T, KERNEL>(|y, x| rows[y][index * STRIDE + x]);
    }
}

/// The largest value of a square window, and its cell.
#[inline(always)]
fn largest<T: Scalar, const KERNEL: usize>(value: impl Fn(usize, usize) -> T) -> (T, u8) {
    let (mut largest, mut at) = (value(0, 0), 0);
    for y in 0..KERNEL {
        for x in 0..KERNEL {
            let value = value(y, x);
            let larger = exceeds(value, largest);
            largest = if larger { value } else { largest };
            at = if larger { (y * KERNEL + x) as u8 } else { at };
        }
    }
    (largest, at)
}

/// The maximum of a window that may extend beyond the input, and its cell.
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
#[expect(clippy::neg_cmp_op_on_partial_ord, reason = "NaNs must propagate")]
fn exceeds<T: Scalar>(value: T, other: T) -> bool {
    !(value <= other)
}

/// Adds the gradient of each maximum to that of its cell.
fn scatter<T: Scalar>(windows: &Windows, gradient: &[T], cells: &[u8], into: &mut [T]) {
    let Windows { geometry, offsets, .. } = windows;
    let [stride_y, stride_x] = geometry.window.stride;
    let [padding_y, padding_x] = geometry.window.padding;
    let (width, columns) = (geometry.input[1], geometry.output[1]);
    let rows = gradient.chunks_exact(columns).zip(cells.chunks_exact(columns));
    for (row, (gradient, cells)) in rows.enumerate() {
        // A window's corner may lie outside the input, where its maximum does not.
        let mut corner = (row * stride_y * width).wrapping_sub(padding_y * width + padding_x);
        for (gradient, cell) in gradient.iter().zip(cells) {
            into[corner.wrapping_add(offsets[usize::from(*cell)])] += *gradient;
            corner = corner.wrapping_add(stride_x);
        }
    }
}
