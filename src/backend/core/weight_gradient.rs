//! The gradient of a convolution's weights: products of staged inputs with gradients of the output.

use super::batch::Batch;
use super::kernel::{Kernels, Rows};
use super::scalar::Scalar;
use crate::network;

/// The gradients of a convolution's output, by map and sample.
#[derive(Clone, Copy)]
pub struct Deltas<'a, T> {
    /// In rows of the staged inputs' pitch, with zeros between them.
    pub values: &'a [T],
    /// Values of one map, a multiple of the kernel's lanes.
    pub length: usize,
}

/// BP4: ∂C/∂w = Σ a·δ, for each weight over its positions and over the samples.
pub fn weight_gradient<T: Scalar + Kernels>(
    op: &network::Convolution,
    taps: &[usize],
    samples: usize,
    deltas: Deltas<T>,
    staged: Batch<T>,
    weights: &mut [T],
) {
    let length = deltas.length;
    let maps = op.output / op.groups;
    let group_volume = staged.volume() / op.groups;
    let last_group = group_volume * (op.groups - 1);
    let farthest = taps.iter().max().map_or(0, |tap| last_group + tap + length);
    assert!(
        samples == 0 || farthest <= staged.from(samples - 1).len(),
        "the staged planes are too short"
    );
    assert!(samples * op.output * length <= deltas.values.len(), "a map's gradient is missing");
    weights.fill(T::ZERO);
    // As many samples at a time as stay in the second-level cache while all tiles use them.
    let step = op.output * length;
    let some = (SAMPLE_CACHE / ((staged.volume() + step) * size_of::<T>()).max(1)).max(1);
    let parts =
        (0..samples).step_by(some).flat_map(|first| (0..op.groups).map(move |g| (first, g)));
    for (first, group) in parts {
        let samples = some.min(samples - first);
        let group_start = group_volume * group;
        let gradients = Side {
            values: &deltas.values[first * step..],
            step,
            count: maps,
            offset: |map| (group * maps + map) * length,
        };
        let inputs = Side {
            values: staged.from(first),
            step: staged.step(),
            count: taps.len(),
            offset: |tap| group_start + taps[tap],
        };
        let weights = &mut weights[group * maps * taps.len()..][..maps * taps.len()];
        let mut put = |map: usize, tap: usize, sum| weights[map * taps.len() + tap] += sum;
        // SAFETY: the assertions above hold the farthest reads of both.
        unsafe {
            if tiles::<T>(maps, taps.len()) <= tiles::<T>(taps.len(), maps) {
                products(gradients, inputs, samples, length, put);
            } else {
                products(inputs, gradients, samples, length, |tap, map, sum| put(map, tap, sum));
            }
        }
    }
}

/// Bytes of samples that fit in the cache for one round over the weights.
const SAMPLE_CACHE: usize = 640 << 10;

/// Rows of values on one side of a product.
struct Side<'a, T, F> {
    values: &'a [T],
    /// Values from one sample to the next.
    step: usize,
    count: usize,
    /// Where each row starts in a sample.
    offset: F,
}

/// Number of tiles of [`super::kernel::Kernel::dot`] for the given rows and columns.
fn tiles<T: Kernels>(rows: usize, columns: usize) -> usize {
    let [tile_rows, tile_columns] = T::kernel().dot_tile;
    rows.div_ceil(tile_rows) * columns.div_ceil(tile_columns)
}

/// Calls `put`(row, column, Σ) with the sum over samples and values of the products of each row
/// with each column.
///
/// # Safety
/// Every row of both sides has `length` values, a multiple of the kernel's lanes, in every sample.
unsafe fn products<T: Scalar + Kernels>(
    rows: Side<T, impl Fn(usize) -> usize>,
    columns: Side<T, impl Fn(usize) -> usize>,
    samples: usize,
    length: usize,
    mut put: impl FnMut(usize, usize, T),
) {
    let kernel = T::kernel();
    let [tile_rows, tile_columns] = kernel.dot_tile;
    let mut tile = [T::ZERO; MAX_DOT_TILE];
    let (mut row_offsets, mut column_offsets) = ([0; MAX_DOT_TILE], [0; MAX_DOT_TILE]);
    for first_column in (0..columns.count).step_by(tile_columns) {
        let column_count = tile_columns.min(columns.count - first_column);
        for (index, offset) in column_offsets[..tile_columns].iter_mut().enumerate() {
            *offset = (columns.offset)(first_column + index.min(column_count - 1));
        }
        for first_row in (0..rows.count).step_by(tile_rows) {
            let row_count = tile_rows.min(rows.count - first_row);
            for (index, offset) in row_offsets[..tile_rows].iter_mut().enumerate() {
                *offset = (rows.offset)(first_row + index.min(row_count - 1));
            }
            let [left, right] = [
                (rows.values, rows.step, &row_offsets),
                (columns.values, columns.step, &column_offsets),
            ]
            .map(|(values, step, offsets)| Rows {
                start: values.as_ptr(),
                step,
                offsets: offsets.as_ptr(),
            });
            // SAFETY: the caller has rows of that length, and a tile is at most this large.
            unsafe { (kernel.dot)(left, right, samples, length, tile.as_mut_ptr()) };
            for (row, sums) in tile.chunks_exact(tile_columns).take(row_count).enumerate() {
                for (column, sum) in sums[..column_count].iter().enumerate() {
                    put(first_row + row, first_column + column, *sum);
                }
            }
        }
    }
}

/// The most values of a tile of [`super::kernel::Kernel::dot`].
const MAX_DOT_TILE: usize = 24;
