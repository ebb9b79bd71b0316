//! The one sum that convolutions are made of, forward and backward: a correlation of stride 1 over
//! planes that are staged with their padding.
//!
//! Staged planes have a pitch (values from one row to the next) that holds the padding. The results
//! are computed on rows of the same pitch, so that for every tap a run of results reads a run of
//! staged values, across the ends of rows; what is computed between the rows is thrown away.

use super::batch::Write;
use super::kernel::{Kernel, Kernels, MAX_TILE};
use super::parallel::Shared;
use super::scalar::Scalar;

/// Which staged values make up each result, and where results go.
#[derive(Clone, Debug, PartialEq)]
pub struct Correlation {
    /// For each tap (input map and kernel cell) where it finds the first result's value.
    pub taps: Vec<usize>,
    /// Rows and columns of results.
    pub extent: [usize; 2],
    /// Staged values from one row to the next.
    pub pitch: usize,
    /// Where the first result goes in its plane, and steps from row to row and column to column.
    pub origin: usize,
    pub steps: [usize; 2],
}

impl Correlation {
    /// Number of results in a plane with those between the rows.
    pub fn length(&self) -> usize {
        let [rows, columns] = self.extent;
        if rows * columns == 0 { 0 } else { (rows - 1) * self.pitch + columns }
    }

    /// Number of runs of results that a kernel computes at once.
    pub fn panels<T: Kernels>(&self) -> usize {
        self.length().div_ceil(T::kernel().outer_tile[1])
    }
}

/// What is done to each sum before it is written.
#[derive(Clone, Copy)]
pub struct Finish<'a, T> {
    /// A value for each map.
    pub bias: Option<&'a [T]>,
    pub relu: bool,
    pub write: Write,
}

/// Weights for `maps` output maps over some taps, in the order in which a kernel reads them.
#[derive(Clone, Debug, Default)]
pub struct Packed<T> {
    values: Vec<T>,
    maps: usize,
    taps: usize,
}

impl<T: Scalar + Kernels> Packed<T> {
    pub fn new(maps: usize, taps: usize) -> Packed<T> {
        let rows = T::kernel().outer_tile[0];
        Packed { values: vec![T::ZERO; maps.next_multiple_of(rows) * taps], maps, taps }
    }

    /// Number of output maps.
    pub fn maps(&self) -> usize {
        self.maps
    }

    /// Takes over the weight of every map and tap.
    pub fn fill(&mut self, weight: impl Fn(usize, usize) -> T) {
        let rows = T::kernel().outer_tile[0];
        for block in 0..self.maps.div_ceil(rows) {
            let values = &mut self.values[block * rows * self.taps..][..rows * self.taps];
            let maps = rows.min(self.maps - block * rows);
            for (tap, column) in values.chunks_exact_mut(rows).enumerate() {
                for (row, value) in column[..maps].iter_mut().enumerate() {
                    *value = weight(block * rows + row, tap);
                }
            }
        }
    }
}

/// Computes panels `panels` of a correlation of one sample for all maps.
///
/// `staged` holds the planes and slack behind them; `output` is the planes' memory, one every
/// `plane` values. Results outside the panels are left alone.
pub fn correlate<T: Scalar + Kernels>(
    correlation: &Correlation,
    packed: &Packed<T>,
    staged: &[T],
    output: Shared<T>,
    plane: usize,
    finish: Finish<T>,
    panels: std::ops::Range<usize>,
) {
    let kernel = T::kernel();
    let [rows, columns] = kernel.outer_tile;
    let taps = correlation.taps.len();
    debug_assert_eq!(packed.taps, taps);
    let farthest = correlation.taps.iter().max().map_or(0, |tap| tap + 1);
    assert!(farthest + panels.end * columns <= staged.len() + 1, "the staged planes are too short");

    // As many panels at a time as stay in the second-level cache while all maps pass over them.
    let group = (PANEL_CACHE / (taps * columns * size_of::<T>()).max(1)).clamp(1, 8);
    let mut tile = Tile([T::ZERO; MAX_TILE]);
    for first in panels.clone().step_by(group) {
        let group = first..(first + group).min(panels.end);
        for block in 0..packed.maps.div_ceil(rows) {
            let weights = &packed.values[block * rows * taps..][..rows * taps];
            let maps = block * rows..((block + 1) * rows).min(packed.maps);
            for panel in group.clone() {
                // SAFETY: the assertion above holds the farthest read, the packed weights are whole
                // blocks, and a tile has room for any kernel's.
                unsafe {
                    (kernel.outer)(
                        taps,
                        weights.as_ptr(),
                        staged.as_ptr().add(panel * columns),
                        correlation.taps.as_ptr(),
                        tile.0.as_mut_ptr(),
                    );
                }
                store(correlation, kernel, &tile.0, panel, maps.clone(), output, plane, finish);
            }
        }
    }
}

/// Bytes of staged values that one round over the maps may read again and again.
const PANEL_CACHE: usize = 384 << 10;

#[repr(align(64))]
struct Tile<T>([T; MAX_TILE]);

#[allow(clippy::too_many_arguments, reason = "one inner step of `correlate`, with its arguments")]
#[inline]
fn store<T: Scalar>(
    correlation: &Correlation,
    kernel: &Kernel<T>,
    tile: &[T],
    panel: usize,
    maps: std::ops::Range<usize>,
    output: Shared<T>,
    plane: usize,
    finish: Finish<T>,
) {
    let tile_columns = kernel.outer_tile[1];
    let [rows, columns] = correlation.extent;
    let [row_step, column_step] = correlation.steps;
    let mut at = panel * tile_columns;
    let end = (at + tile_columns).min(correlation.length());
    let mut read = 0;
    while at < end {
        let (row, column) = (at / correlation.pitch, at % correlation.pitch);
        debug_assert!(row < rows);
        let run = (correlation.pitch - column).min(end - at);
        let valid = columns.saturating_sub(column).min(run);
        if valid > 0 {
            let start = correlation.origin + row * row_step + column * column_step;
            for (index, map) in maps.clone().enumerate() {
                let sums = &tile[index * tile_columns + read..][..valid];
                let length = (valid - 1) * column_step + 1;
                // SAFETY: each panel and map has results of its own, which no other thread writes.
                let results = unsafe { output.part(map * plane + start, length) };
                let bias = finish.bias.map_or(T::ZERO, |bias| bias[map]);
                if column_step == 1 {
                    write_run(results.iter_mut(), sums, bias, finish);
                } else {
                    write_run(results.iter_mut().step_by(column_step), sums, bias, finish);
                }
            }
        }
        at += run;
        read += run;
    }
}

#[inline(always)]
fn write_run<'a, T: Scalar>(
    results: impl Iterator<Item = &'a mut T>,
    sums: &[T],
    bias: T,
    finish: Finish<T>,
) {
    match (finish.write, finish.relu) {
        (Write::Set, false) => results.zip(sums).for_each(|(result, sum)| *result = *sum + bias),
        (Write::Set, true) => {
            results.zip(sums).for_each(|(result, sum)| *result = (*sum + bias).max(T::ZERO));
        }
        (Write::Add, _) => results.zip(sums).for_each(|(result, sum)| *result += *sum + bias),
    }
}
