//! Convolutions of 3×3 and stride 1 with a quarter of the multiplications.
//!
//! S. Winograd, "Arithmetic complexity of computations", 1980; A. Lavin and S. Gray, "Fast algorithms
//! for convolutional neural networks", 2015: F(4×4, 3×3). Every tile of 4×4 results needs 6×6 values.
//! Values and kernels are turned into 36 coefficients each, which are multiplied one by one, and the
//! products turned back. Summed over the input maps first, the products are 36 matrix products.

mod gradient;
mod lanes;
mod transform;

pub use self::gradient::WeightGradient;
pub use self::transform::Transforms;

use std::ops::Range;

use self::transform::{
    COEFFICIENTS, Panels, Planes, RESULTS, SIDE, Tile, TileResults, kernel_coefficients,
};
use super::batch::{Batch, BatchMut, Pass};
use super::correlation::{Finish, Packed};
use super::kernel::Kernels;
use super::parallel::Shared;
use super::scalar::Scalar;

/// The geometry of one direction of a convolution.
#[derive(Clone, Debug, PartialEq)]
pub struct Winograd {
    /// Maps that are read and written.
    inputs: usize,
    outputs: usize,
    /// Height and width of the maps that are read.
    source: [usize; 2],
    /// Zeros above and left of them; negative if they are cropped.
    before: [isize; 2],
    /// Height and width of the maps that are written.
    extent: [usize; 2],
}

/// Most tiles computed at once.
const MOST_TILES: usize = 64;

/// Bytes of coefficients computed at once, where more than one panel of tiles would need more.
const CACHE: usize = 384 << 10;

/// Fewer maps are not worth the transforms.
const LEAST_MAPS: usize = 8;

impl Winograd {
    /// Whether it is faster than the plain sum.
    pub fn suits(inputs: usize, outputs: usize, kernel: [usize; 2], stride: [usize; 2]) -> bool {
        kernel == [3; 2] && stride == [1; 2] && inputs.min(outputs) >= LEAST_MAPS
    }

    /// From `inputs` maps of height and width `source`, with zeros before them, to `outputs` maps of
    /// height and width `extent`.
    pub fn new(
        [inputs, outputs]: [usize; 2],
        source: [usize; 2],
        before: [isize; 2],
        extent: [usize; 2],
    ) -> Winograd {
        Winograd { inputs, outputs, source, before, extent }
    }

    /// Packs the coefficients of kernels: `kernel` gives the 3×3 weights from an input to an output.
    pub fn fill<T: Scalar + Kernels>(
        &self,
        packed: &mut Vec<Packed<T>>,
        kernel: impl Fn(usize, usize) -> [[T; 3]; 3],
    ) {
        if packed.is_empty() {
            *packed = vec![Packed::new(self.outputs, self.inputs); COEFFICIENTS];
        }
        for output in 0..self.outputs {
            for input in 0..self.inputs {
                let coefficients = kernel_coefficients(kernel(output, input));
                for (packed, coefficient) in packed.iter_mut().zip(coefficients.as_flattened()) {
                    packed.put(output, input, *coefficient);
                }
            }
        }
    }

    /// Number of values of scratch memory for [`Winograd::run`].
    pub fn scratch<T: Scalar + Kernels>(&self) -> usize {
        self.volumes::<T>(self.panels::<T>()).iter().sum()
    }

    /// Values of the coefficients of the values and of the products of some panels of tiles.
    fn volumes<T: Scalar + Kernels>(&self, panels: usize) -> [usize; 2] {
        let [rows, columns] = T::kernel().outer_for(self.outputs).tile;
        let maps = [self.inputs, self.outputs.next_multiple_of(rows)];
        maps.map(|maps| Panels::<T>::volume(maps, panels, columns))
    }

    /// Panels of tiles computed at once.
    fn panels<T: Scalar + Kernels>(&self) -> usize {
        let fitting = CACHE / (self.volumes::<T>(1).iter().sum::<usize>() * size_of::<T>());
        fitting.clamp(1, MOST_TILES / T::kernel().outer_for(self.outputs).tile[1])
    }

    /// Computes the maps of a pass's samples. `scratch` has the length that [`Winograd::scratch`] states.
    pub fn run<T: Scalar + Kernels>(
        &self,
        packed: &[Packed<T>],
        pass: &Pass<T>,
        input: Batch<T>,
        output: &mut BatchMut<T>,
        finish: Finish<T>,
        scratch: &mut [T],
    ) {
        let count = pass.count;
        let chunk = packed[0].tile()[1] * self.panels::<T>();
        let step = output.step();
        let job = Job {
            geometry: self,
            packed,
            input,
            output_step: step,
            output: Shared::new(output.from(0)),
            finish,
            count,
        };
        for first in (0..count * self.tiles_of_a_sample()).step_by(chunk) {
            job.chunk(first, chunk, scratch);
        }
    }

    /// Rows and columns of tiles.
    fn tiles(&self) -> [usize; 2] {
        self.extent.map(|extent| extent.div_ceil(RESULTS))
    }

    fn tiles_of_a_sample(&self) -> usize {
        self.tiles().iter().product()
    }

    /// Sample, row and column of one of all samples' tiles.
    fn place(&self, index: usize) -> (usize, [usize; 2]) {
        let [rows, columns] = self.tiles();
        (index / (rows * columns), [index / columns % rows, index % columns])
    }

    /// Which values a tile of a plane reads.
    fn tile(&self, place: [usize; 2]) -> Tile {
        let first = [0, 1].map(|axis| (place[axis] * RESULTS) as isize - self.before[axis]);
        Tile::new(first, SIDE, self.source)
    }
}

/// One run.
struct Job<'a, T: 'static> {
    geometry: &'a Winograd,
    packed: &'a [Packed<T>],
    input: Batch<'a, T>,
    output: Shared<'a, T>,
    output_step: usize,
    finish: Finish<'a, T>,
    count: usize,
}

impl<T: Scalar + Kernels> Job<'_, T> {
    /// Computes up to `length` tiles from number `first` of all samples' on.
    fn chunk(&self, first: usize, length: usize, scratch: &mut [T]) {
        let Winograd { inputs, outputs, source, extent, .. } = *self.geometry;
        let mut tiles = [const { Tile::NONE }; MOST_TILES];
        let mut results = [TileResults::default(); MOST_TILES];
        let end = (first + length).min(self.count * self.geometry.tiles_of_a_sample());
        let places = tiles.iter_mut().zip(&mut results);
        for (index, (tile, results)) in (first..end).zip(places) {
            let (sample, place) = self.geometry.place(index);
            *tile = self.geometry.tile(place).behind(sample * self.input.step());
            let [row, column] = place.map(|tile| tile * RESULTS);
            *results = TileResults {
                to: sample * self.output_step + row * extent[1] + column,
                height: RESULTS.min(extent[0] - row),
                width: RESULTS.min(extent[1] - column),
            };
        }
        let [rows, width] = self.packed[0].tile();
        let panels = (end - first).div_ceil(width);
        let (tiles, results) = (&tiles[..panels * width], &results[..panels * width]);
        let padded = self.packed[0].blocks() * rows;
        let [read, written] = self.geometry.volumes::<T>(panels);
        let (values, products) = scratch.split_at_mut(read);
        let values = Panels::new(Shared::new(values), inputs, panels, width);
        let products = Panels::new(Shared::new(&mut products[..written]), padded, panels, width);
        let Transforms { input, output, .. } = T::transforms();
        let planes = Planes::new(self.input, self.count, inputs, source);
        let plane = extent[0] * extent[1];
        // SAFETY: the tiles' values are inside the planes, nobody else uses the scratch memory, and the
        // results are inside their planes.
        unsafe {
            input(&planes, tiles, inputs, &values);
            (0..COEFFICIENTS)
                .for_each(|coefficient| self.products(coefficient, &values, &products));
            output(&products, results, outputs, [plane, extent[1]], self.output, self.finish);
        }
    }

    /// The products of one coefficient, summed over the input maps.
    ///
    /// # Safety
    /// The values are there, and nobody else uses the products.
    unsafe fn products(&self, coefficient: usize, values: &Panels<T>, products: &Panels<T>) {
        let packed = &self.packed[coefficient];
        for taps in depths(packed.taps()) {
            for block in 0..packed.blocks() {
                for panel in 0..values.panels() {
                    let values = values.at(coefficient, panel, taps.start);
                    let products = products.at(coefficient, panel, block * packed.tile()[0]);
                    // SAFETY: as the caller promises.
                    unsafe { packed.multiply(block, taps.clone(), values, products) };
                }
            }
        }
    }
}

/// Input maps whose values stay in the first-level cache while all blocks of output maps use them.
fn depths(taps: usize) -> impl Iterator<Item = Range<usize>> {
    const DEPTH: usize = 256;
    (0..taps).step_by(DEPTH).map(move |first| first..taps.min(first + DEPTH))
}

#[cfg(test)]
mod tests {
    use super::super::batch::Write;
    use super::*;

    const INPUTS: usize = 9;
    const OUTPUTS: usize = 11;

    fn numbers<T: Scalar>(count: usize, salt: usize) -> Vec<T> {
        let number = |index| ((index * 7919 + salt * 104_729) % 1000) as f64 / 500.0 - 1.0;
        (0..count).map(|index| T::from_f64(number(index))).collect()
    }

    /// The largest difference to the plain sums, in two samples.
    fn error<T: Scalar + Kernels>(
        source: [usize; 2],
        before: [isize; 2],
        extent: [usize; 2],
    ) -> f64 {
        let [plane, result] = [source, extent].map(|[height, width]| height * width);
        let (values, weights) = (numbers(2 * INPUTS * plane, 1), numbers::<T>(9 * 99, 2));
        let (bias, before_run) = (numbers::<T>(OUTPUTS, 3), numbers::<T>(2 * OUTPUTS * result, 4));
        let weight =
            |output, input, [y, x]: [usize; 2]| weights[(output * INPUTS + input) * 9 + y * 3 + x];
        let winograd = Winograd::new([INPUTS, OUTPUTS], source, before, extent);
        let mut packed = Vec::new();
        winograd.fill(&mut packed, |output, input| {
            std::array::from_fn(|y| std::array::from_fn(|x| weight(output, input, [y, x])))
        });
        let mut scratch = vec![T::from_f64(f64::NAN); winograd.scratch::<T>()];
        let run = |write, relu, scratch: &mut [T]| {
            let mut written = before_run.clone();
            let step = OUTPUTS * result;
            let finish = Finish { bias: Some(bias.as_slice()), relu, write };
            let parameters = &[];
            let pass =
                Pass { parameters, count: 2, parallel: false, seed: None, redirected: false };
            winograd.run(
                &packed,
                &pass,
                Batch::new(&values, INPUTS * plane, INPUTS * plane),
                &mut BatchMut::new(&mut written, step, step),
                finish,
                scratch,
            );
            written
        };
        let set = run(Write::Set, false, &mut scratch);
        let positive = run(Write::Set, true, &mut scratch);
        let added = run(Write::Add, false, &mut scratch);
        let mut error: f64 = 0.0;
        for index in 0..2 * OUTPUTS * result {
            let (sample, output) = (index / result / OUTPUTS, index / result % OUTPUTS);
            let (y, x) = (index % result / extent[1], index % extent[1]);
            let mut sum = bias[output].to_f64();
            for (input, cell) in (0..INPUTS).flat_map(|input| (0..9).map(move |cell| (input, cell)))
            {
                let [row, column] = [y + cell / 3, x + cell % 3];
                let (row, column) = (row as isize - before[0], column as isize - before[1]);
                let inside = |at: isize, extent: usize| (0..extent as isize).contains(&at);
                if inside(row, source[0]) && inside(column, source[1]) {
                    let at = row as usize * source[1] + column as usize;
                    let value: T = values[(sample * INPUTS + input) * plane + at];
                    sum += value.to_f64() * weight(output, input, [cell / 3, cell % 3]).to_f64();
                }
            }
            error = error.max((set[index].to_f64() - sum).abs());
            error = error.max((positive[index].to_f64() - sum.max(0.0)).abs());
            error = error.max((added[index].to_f64() - before_run[index].to_f64() - sum).abs());
        }
        error
    }

    /// The largest difference between the weights' gradients and plain sums, in two samples.
    fn gradient_error<T: Scalar + Kernels>(
        source: [usize; 2],
        before: [isize; 2],
        extent: [usize; 2],
    ) -> f64 {
        let [plane, result] = [source, extent].map(|[height, width]| height * width);
        let values = numbers::<T>(2 * INPUTS * plane, 1);
        let deltas = numbers::<T>(2 * OUTPUTS * result, 2);
        let winograd = Winograd::new([INPUTS, OUTPUTS], source, before, extent);
        let mut gradient = WeightGradient::new(&winograd);
        let mut scratch = vec![T::from_f64(f64::NAN); gradient.scratch(&winograd)];
        let mut weights = vec![T::from_f64(f64::NAN); OUTPUTS * INPUTS * 9];
        let input = Batch::new(&values, INPUTS * plane, INPUTS * plane);
        let delta = Batch::new(&deltas, OUTPUTS * result, OUTPUTS * result);
        gradient.run(&winograd, 2, input, delta, &mut scratch, &mut weights);
        let mut error: f64 = 0.0;
        for (index, weight) in weights.iter().enumerate() {
            let (output, input, cell) = (index / 9 / INPUTS, index / 9 % INPUTS, index % 9);
            let mut sum = 0.0;
            for (sample, at) in (0..2).flat_map(|sample| (0..result).map(move |at| (sample, at))) {
                let (row, column) = (at / extent[1] + cell / 3, at % extent[1] + cell % 3);
                let (row, column) = (row as isize - before[0], column as isize - before[1]);
                let inside = |at: isize, extent: usize| (0..extent as isize).contains(&at);
                if inside(row, source[0]) && inside(column, source[1]) {
                    let from = row as usize * source[1] + column as usize;
                    sum += values[(sample * INPUTS + input) * plane + from].to_f64()
                        * deltas[(sample * OUTPUTS + output) * result + at].to_f64();
                }
            }
            error = error.max((weight.to_f64() - sum).abs());
        }
        error
    }

    #[test]
    fn gradients_of_the_weights_are_those_of_the_plain_sum() {
        for (source, before, extent) in SIZES {
            let single = gradient_error::<f32>(source, before, extent);
            let scale = ((2 * extent[0] * extent[1]) as f64).sqrt();
            assert!(single < 2e-5 * scale, "{source:?} {before:?}: {single}");
            let double = gradient_error::<f64>(source, before, extent);
            assert!(double < 1e-13 * scale, "{source:?} {before:?}: {double}");
        }
    }

    /// Of maps, zeros before them, and results.
    const SIZES: [([usize; 2], [isize; 2], [usize; 2]); 7] = [
        ([8, 8], [1, 1], [8, 8]),
        ([13, 22], [1, 1], [13, 22]),
        ([6, 6], [0, 0], [4, 4]),
        ([5, 9], [2, 2], [7, 11]),
        ([9, 10], [-1, 0], [5, 9]),
        ([1, 1], [1, 1], [1, 1]),
        ([40, 33], [1, 1], [40, 33]),
    ];

    #[test]
    fn results_are_those_of_the_plain_sum() {
        for (source, before, extent) in SIZES {
            let single = error::<f32>(source, before, extent);
            assert!(single < 1e-5, "{source:?} {before:?}: {single}");
            let double = error::<f64>(source, before, extent);
            assert!(double < 1e-13, "{source:?} {before:?}: {double}");
        }
    }
}
