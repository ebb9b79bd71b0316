//! The single sum behind all convolutions, forward and backward: a correlation of stride 1 over
//! planes staged with their padding.
//!
//! Staged planes have a pitch (values from one row to the next) that includes the padding. Results
//! are computed in rows of the same pitch, so that for every tap a run of results reads a run of
//! staged values, across the ends of rows; results between the rows are discarded.

use std::ops::Range;

use super::batch::Write;
use super::kernel::{Kernels, Outer};
use super::parallel::Shared;
use super::scalar::Scalar;

/// Which staged values make up each result, and where results go.
#[derive(Clone, Debug, PartialEq)]
pub struct Correlation {
    /// For each tap (input map and kernel cell), the offset of the first result's value.
    pub taps: Vec<usize>,
    /// Rows and columns of results.
    pub extent: [usize; 2],
    /// Staged values from one row to the next.
    pub pitch: usize,
    /// Size of an output plane, and its steps from row to row and column to column.
    pub plane: usize,
    pub steps: [usize; 2],
    /// Every plane consists of one map per phase: the first plane's, then the next's.
    pub phases: Vec<Phase>,
}

/// Where the results of one map go in their plane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phase {
    /// Rows and columns of results that lie in the plane.
    pub rows: Range<usize>,
    pub columns: Range<usize>,
    /// Where the first of them goes.
    pub origin: usize,
}

impl Correlation {
    /// Number of results per plane, including those between the rows.
    pub fn length(&self) -> usize {
        let [rows, columns] = self.extent;
        if rows * columns == 0 { 0 } else { (rows - 1) * self.pitch + columns }
    }

    /// Number of runs of results computed at once with those weights.
    pub fn panels<T>(&self, packed: &Packed<T>) -> usize {
        self.length().div_ceil(packed.outer.tile[1])
    }
}

/// What is applied to each sum before it is written.
#[derive(Clone, Copy)]
pub struct Finish<'a, T> {
    /// A value for each plane.
    pub bias: Option<&'a [T]>,
    pub relu: bool,
    pub write: Write,
}

/// Weights for `maps` output maps over some taps, in the order in which a kernel reads them.
#[derive(Clone, Debug)]
pub struct Packed<T: 'static> {
    /// The kernel that reads them.
    outer: &'static Outer<T>,
    values: Vec<T>,
    maps: usize,
    taps: usize,
}

impl<T: Scalar + Kernels> Packed<T> {
    pub fn new(maps: usize, taps: usize) -> Packed<T> {
        let outer = T::kernel().outer_for(maps);
        let values = vec![T::ZERO; maps.next_multiple_of(outer.tile[0]) * taps];
        Packed { outer, values, maps, taps }
    }

    /// Number of output maps.
    pub fn maps(&self) -> usize {
        self.maps
    }

    /// Number of taps of each map.
    pub fn taps(&self) -> usize {
        self.taps
    }

    /// Output maps in a block, and values of each that are computed at once.
    pub fn tile(&self) -> [usize; 2] {
        self.outer.tile
    }

    /// Number of blocks of output maps, of which the last may have a few maps too many.
    pub fn blocks(&self) -> usize {
        self.maps.div_ceil(self.outer.tile[0])
    }

    /// Packs one weight.
    pub fn put(&mut self, map: usize, tap: usize, weight: T) {
        let rows = self.outer.tile[0];
        self.values[(map / rows * self.taps + tap) * rows + map % rows] = weight;
    }

    /// Sums the products of a block's weights of some taps with values; taps from 0 on set the sums,
    /// others are added to them.
    ///
    /// # Safety
    /// For each tap there is a row of values, one behind another, and there is room for a whole tile.
    pub unsafe fn multiply(
        &self,
        block: usize,
        taps: Range<usize>,
        values: *const T,
        sums: *mut T,
    ) {
        let outer = self.outer;
        let weights = &self.values[(block * self.taps + taps.start) * outer.tile[0]..]
            [..taps.len() * outer.tile[0]];
        let multiply = if taps.start == 0 { outer.set_gathered } else { outer.add_gathered };
        // SAFETY: as the caller promises, and the weights are whole columns.
        unsafe {
            multiply(taps.len(), weights.as_ptr(), outer.tile[0], values, std::ptr::null(), sums)
        };
    }

    /// Packs the weight of every map and tap.
    pub fn fill(&mut self, weight: impl Fn(usize, usize) -> T) {
        let rows = self.outer.tile[0];
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
/// `staged` holds the planes and slack after them; `output` is the memory of the output planes.
/// Results outside the panels are left alone.
pub fn correlate<T: Scalar + Kernels>(
    correlation: &Correlation,
    packed: &Packed<T>,
    staged: &[T],
    output: Shared<T>,
    finish: Finish<T>,
    panels: Range<usize>,
) {
    let outer = packed.outer;
    let [rows, columns] = outer.tile;
    let taps = correlation.taps.len();
    debug_assert_eq!(packed.taps, taps);
    let farthest = correlation.taps.iter().max().map_or(0, |tap| tap + 1);
    assert!(farthest + panels.end * columns <= staged.len() + 1, "the staged planes are too short");

    let blocks = packed.maps.div_ceil(rows);
    // Staged planes are far apart, often by a power of two, so their values evict each other from
    // the caches: values read by several blocks of maps are worth gathering.
    let gathered = blocks > 1;
    let depth = DEPTH.min(taps);
    T::with_scratch(
        if gathered { depth * columns } else { 0 } + blocks * rows * columns,
        |scratch| {
            let (values, tiles) = scratch.split_at_mut(if gathered { depth * columns } else { 0 });
            for panel in panels {
                tiles.fill(T::ZERO);
                let from = staged[panel * columns..].as_ptr();
                for first in (0..taps).step_by(DEPTH) {
                    let some = &correlation.taps[first..taps.min(first + DEPTH)];
                    let (from, add) = if gathered {
                        // SAFETY: the assertion above holds the farthest read.
                        unsafe {
                            (outer.gather)(some.len(), from, some.as_ptr(), values.as_mut_ptr());
                        }
                        (values.as_ptr(), outer.add_gathered)
                    } else {
                        (from, outer.add)
                    };
                    for (block, tile) in tiles.chunks_exact_mut(rows * columns).enumerate() {
                        let weights = &packed.values[(block * taps + first) * rows..];
                        // SAFETY: the assertion above holds the farthest read of staged values, gathered
                        // ones are whole rows, the packed weights are whole blocks and a tile is whole.
                        unsafe {
                            add(
                                some.len(),
                                weights.as_ptr(),
                                rows,
                                from,
                                some.as_ptr(),
                                tile.as_mut_ptr(),
                            );
                        }
                    }
                }
                for (block, tile) in tiles.chunks_exact(rows * columns).enumerate() {
                    let maps = block * rows..((block + 1) * rows).min(packed.maps);
                    store(correlation, columns, tile, panel, maps, output, finish);
                }
            }
        },
    );
}

/// Taps gathered at once: their values stay in the first-level cache while all maps use them.
const DEPTH: usize = 144;

/// Writes one tile, the results of some maps in one panel.
fn store<T: Scalar>(
    correlation: &Correlation,
    tile_columns: usize,
    tile: &[T],
    panel: usize,
    maps: Range<usize>,
    output: Shared<T>,
    finish: Finish<T>,
) {
    let [row_step, column_step] = correlation.steps;
    let first = panel * tile_columns;
    let end = (first + tile_columns).min(correlation.length());
    let mut at = first;
    while at < end {
        let (row, column) = (at / correlation.pitch, at % correlation.pitch);
        let run = (correlation.pitch - column).min(end - at);
        for (index, map) in maps.clone().enumerate() {
            let phases = correlation.phases.len();
            let (plane, phase) = (map / phases, &correlation.phases[map % phases]);
            let columns = column.max(phase.columns.start)..(column + run).min(phase.columns.end);
            if columns.is_empty() || !phase.rows.contains(&row) {
                continue;
            }
            let read = index * tile_columns + at - first + columns.start - column;
            let sums = &tile[read..][..columns.len()];
            let start = phase.origin
                + (row - phase.rows.start) * row_step
                + (columns.start - phase.columns.start) * column_step;
            let length = (columns.len() - 1) * column_step + 1;
            // SAFETY: each panel and map has results of its own, which no other thread writes.
            let results = unsafe { output.part(plane * correlation.plane + start, length) };
            let bias = finish.bias.map_or(T::ZERO, |bias| bias[plane]);
            if column_step == 1 {
                write_run(results.iter_mut(), sums, bias, finish);
            } else {
                write_run(results.iter_mut().step_by(column_step), sums, bias, finish);
            }
        }
        at += run;
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
