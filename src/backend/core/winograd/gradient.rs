//! The gradient of the weights: the same transforms, read from the other end.

use std::ops::Range;

use super::transform::{
    COEFFICIENTS, Panels, Planes, RESULTS, SIDE, Tile, Transforms, kernel_gradient,
};
use super::{MOST_TILES, Winograd};
use crate::backend::core::batch::Batch;
use crate::backend::core::kernel::{Kernels, Outer};
use crate::backend::core::parallel::Shared;
use crate::backend::core::scalar::Scalar;

/// BP4 for one convolution.
pub struct WeightGradient<T: 'static> {
    outer: &'static Outer<T>,
    /// The gradients of the kernels' coefficients: for each coefficient, block of outputs and panel of
    /// inputs a tile of the products.
    sums: Vec<T>,
}

/// The memory of the coefficients.
struct Layout {
    /// Blocks of outputs and panels of inputs, and how many of each these hold.
    blocks: usize,
    panels: usize,
    tile: [usize; 2],
    /// Outputs side by side.
    width: usize,
}

impl<T: Scalar + Kernels> WeightGradient<T> {
    pub fn new(geometry: &Winograd) -> WeightGradient<T> {
        let outer = T::kernel().outer_for(geometry.outputs);
        let Layout { blocks, panels, tile: [rows, columns], .. } = layout(geometry, outer);
        let sums = vec![T::ZERO; COEFFICIENTS * blocks * panels * rows * columns];
        WeightGradient { outer, sums }
    }

    /// Number of values of scratch memory for [`WeightGradient::run`].
    pub fn scratch(&self, geometry: &Winograd) -> usize {
        layout(geometry, self.outer).volumes::<T>(MOST_TILES).iter().sum()
    }

    /// Sets `weights`, those of each output and input in turn, to their gradient over `count` samples.
    pub fn run(
        &mut self,
        geometry: &Winograd,
        count: usize,
        input: Batch<T>,
        gradient: Batch<T>,
        scratch: &mut [T],
        weights: &mut [T],
    ) {
        let layout = layout(geometry, self.outer);
        self.sums.fill(T::ZERO);
        let tiles = count * geometry.tiles_of_a_sample();
        for first in (0..tiles).step_by(MOST_TILES) {
            let part = first..tiles.min(first + MOST_TILES);
            self.add(geometry, &layout, count, part, input, gradient, scratch);
        }
        let kernels = weights.as_chunks_mut::<9>().0;
        let [rows, columns] = layout.tile;
        for (index, kernel) in kernels.iter_mut().enumerate() {
            let (output, map) = (index / geometry.inputs, index % geometry.inputs);
            let tile = output / rows * layout.panels + map / columns;
            let at = (tile * rows + output % rows) * columns + map % columns;
            let step = layout.blocks * layout.panels * rows * columns;
            let own = kernel_gradient(std::array::from_fn(|row| {
                std::array::from_fn(|column| self.sums[(row * SIDE + column) * step + at])
            }));
            kernel.copy_from_slice(own.as_flattened());
        }
    }

    /// Adds what some tiles contribute.
    #[expect(clippy::too_many_arguments, reason = "it is a part of `run`")]
    fn add(
        &mut self,
        geometry: &Winograd,
        layout: &Layout,
        count: usize,
        part: Range<usize>,
        input: Batch<T>,
        gradient: Batch<T>,
        scratch: &mut [T],
    ) {
        let mut values = [const { Tile::NONE }; MOST_TILES];
        let mut results = [const { Tile::NONE }; MOST_TILES];
        for (index, (values, results)) in part.clone().zip(values.iter_mut().zip(&mut results)) {
            let (sample, place) = geometry.place(index);
            *values = geometry.tile(place).behind(sample * input.step());
            let first = place.map(|tile| (tile * RESULTS) as isize);
            let own = Tile::new(first, RESULTS, geometry.extent);
            *results = own.behind(sample * gradient.step());
        }
        let tiles = part.len();
        let [read, written] = layout.volumes::<T>(tiles);
        let (left, right) = scratch.split_at_mut(read);
        let [rows, columns] = layout.tile;
        let inputs = Panels::new(Shared::new(left), tiles, layout.panels, columns);
        let outputs = Panels::new(Shared::new(&mut right[..written]), tiles, 1, layout.width);
        let planes = Planes::new(input, count, geometry.inputs, geometry.source);
        let deltas = Planes::new(gradient, count, geometry.outputs, geometry.extent);
        let Transforms { values_by_map, results_by_map, .. } = T::transforms();
        // SAFETY: the tiles' values are inside the planes, and the panels this function's own.
        unsafe {
            values_by_map(&planes, &values[..tiles], geometry.inputs, &inputs);
            results_by_map(&deltas, &results[..tiles], geometry.outputs, &outputs);
        }
        let mut sums = self.sums.chunks_exact_mut(rows * columns);
        for coefficient in 0..COEFFICIENTS {
            for block in 0..layout.blocks {
                for panel in 0..layout.panels {
                    let sums = sums.next().expect("there is a tile for each").as_mut_ptr();
                    let a = outputs.at(coefficient, 0, 0).wrapping_add(block * rows);
                    let b = inputs.at(coefficient, panel, 0);
                    let nothing = std::ptr::null();
                    // SAFETY: both have a row for each tile, as wide as a tile of the products.
                    unsafe { (self.outer.add_gathered)(tiles, a, layout.width, b, nothing, sums) };
                }
            }
        }
    }
}

fn layout<T>(geometry: &Winograd, outer: &Outer<T>) -> Layout {
    let [rows, columns] = outer.tile;
    let blocks = geometry.outputs.div_ceil(rows);
    let width = (blocks * rows).next_multiple_of(super::lanes::LANES);
    Layout { blocks, panels: geometry.inputs.div_ceil(columns), tile: outer.tile, width }
}

impl Layout {
    /// Values of the coefficients of the inputs and of the outputs of some tiles.
    fn volumes<T: Scalar>(&self, tiles: usize) -> [usize; 2] {
        [
            Panels::<T>::volume(tiles, self.panels, self.tile[1]),
            Panels::<T>::volume(tiles, 1, self.width),
        ]
    }
}
