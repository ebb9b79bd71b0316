//! Arrays in the machine's own memory, computed on rayon's threads.

use std::borrow::Cow;

use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;

use super::batch::Write;
use super::executor::Core;
use super::linear::{Matrix, MatrixMut, product};
use crate::Size;
use crate::backend::pixels::{self, Placement, Threads};
use crate::backend::{Arrays, Edge, Error, Rectangle, Sums, View};
use crate::network::Shape;
use crate::picture::resize_plane;

/// Products of columns that are in memory at once.
const PRODUCTS: usize = 1 << 22;

/// Values of an array, row-major: its own, or those that a forward pass has left in the network.
#[derive(Clone, Debug)]
pub struct Array<'a> {
    pub(super) shape: Shape,
    pub(super) values: Cow<'a, [f32]>,
}

impl Array<'_> {
    fn owned(shape: Shape, values: Vec<f32>) -> Array<'static> {
        Array { shape, values: Cow::Owned(values) }
    }

    fn all_cells(&self) -> Rectangle {
        Rectangle::whole(self.shape.height, self.shape.width)
    }

    /// The values of a rectangle, line by line and channel after channel.
    fn lines(&self, cells: Option<Rectangle>) -> impl Iterator<Item = &[f32]> {
        let cells = cells.unwrap_or(self.all_cells());
        let Shape { height, width, .. } = self.shape;
        self.values
            .chunks_exact(width)
            .enumerate()
            .filter(move |(line, _)| {
                (cells.top..cells.top + cells.height).contains(&(line % height))
            })
            .map(move |(_, line)| &line[cells.left..cells.left + cells.width])
    }
}

impl AsRef<[f32]> for Array<'_> {
    fn as_ref(&self) -> &[f32] {
        &self.values
    }
}

/// rayon's threads.
pub(super) struct Rayon;

impl Threads for Rayon {
    fn for_each_chunk<T: Send>(data: &mut [T], size: usize, body: impl Fn(usize, &mut [T]) + Sync) {
        data.par_chunks_mut(size).enumerate().for_each(|(index, chunk)| body(index, chunk));
    }
}

impl Arrays for Core {
    type Array<'a> = Array<'a>;

    fn shape(&self, array: &Array) -> Shape {
        array.shape
    }

    fn upload(&self, shape: Shape, values: Vec<f32>) -> Result<Array<'static>, Error> {
        Ok(Array::owned(shape, values))
    }

    fn download(&self, array: &Array) -> Result<Vec<f32>, Error> {
        Ok(array.values.to_vec())
    }

    fn add_scaled(
        &self,
        array: &mut Array<'static>,
        other: &Array,
        factor: f64,
    ) -> Result<(), Error> {
        pixels::add_scaled::<Rayon>(array.values.to_mut(), &other.values, factor as f32);
        Ok(())
    }

    fn filled(&self, shape: Shape, value: f32) -> Result<Array<'static>, Error> {
        Ok(Array::owned(shape, vec![value; shape.volume()]))
    }

    fn copy(&self, array: &Array) -> Result<Array<'static>, Error> {
        Ok(Array::owned(array.shape, array.values.to_vec()))
    }

    fn scale(&self, array: &mut Array<'static>, factor: f64) -> Result<(), Error> {
        pixels::scale::<Rayon>(array.values.to_mut(), factor as f32);
        Ok(())
    }

    fn multiply(&self, array: &mut Array<'static>, other: &Array) -> Result<(), Error> {
        pixels::multiply::<Rayon>(array.values.to_mut(), &other.values);
        Ok(())
    }

    fn clamp(&self, array: &mut Array<'static>, least: f32, most: f32) -> Result<(), Error> {
        pixels::clamp::<Rayon>(array.values.to_mut(), least, most);
        Ok(())
    }

    fn sums(&self, array: &Array) -> Result<Sums, Error> {
        Ok(pixels::sums::<Rayon>(&array.values))
    }

    fn dot(&self, a: &Array, b: &Array, cells: Option<Rectangle>) -> Result<f64, Error> {
        Ok(a.lines(cells).zip(b.lines(cells)).map(|(a, b)| products(a, b)).sum())
    }

    fn resize(&self, array: &Array, height: usize, width: usize) -> Result<Array<'static>, Error> {
        let Shape { channels, height: from_height, width: from_width } = array.shape;
        let from = Size { height: from_height, width: from_width };
        let resized = (array.values.chunks_exact(from.pixels()))
            .flat_map(|plane| resize_plane(plane, from, Size { height, width }))
            .collect();
        Ok(Array::owned(Shape { channels, height, width }, resized))
    }

    fn window(&self, array: &Array, view: View) -> Result<Array<'static>, Error> {
        let Shape { channels, height, width } = array.shape;
        let placement = Placement { height, width, view };
        let planes = array.values.chunks_exact(height * width);
        let values = planes.flat_map(|plane| pixels::window(plane, placement)).collect();
        let View { height, width, .. } = view;
        Ok(Array::owned(Shape { channels, height, width }, values))
    }

    fn smooth(
        &self,
        array: &Array,
        deviation: f64,
        edges: [Edge; 2],
    ) -> Result<Array<'static>, Error> {
        let Shape { height, width, .. } = array.shape;
        let mut smooth = vec![0.0; array.values.len()];
        let size = Size { height, width };
        pixels::smooth::<Rayon>(&array.values, size, deviation, edges, &mut smooth);
        Ok(Array::owned(array.shape, smooth))
    }

    fn channel_sums(&self, array: &Array, cells: Option<Rectangle>) -> Result<Vec<f64>, Error> {
        let mut sums = vec![0.0; array.shape.channels];
        let height = cells.unwrap_or(array.all_cells()).height;
        for (index, line) in array.lines(cells).enumerate() {
            sums[index / height] += line.iter().copied().map(f64::from).sum::<f64>();
        }
        Ok(sums)
    }

    fn per_channel(&self, shape: Shape, values: &[f32]) -> Result<Array<'static>, Error> {
        let plane = shape.height * shape.width;
        let values = values.iter().flat_map(|value| std::iter::repeat_n(*value, plane)).collect();
        Ok(Array::owned(shape, values))
    }

    fn peaks(&self, array: &Array, cells: Option<Rectangle>) -> Result<Vec<f32>, Error> {
        let mut peaks = vec![f32::NEG_INFINITY; array.shape.channels];
        let height = cells.unwrap_or(array.all_cells()).height;
        for (index, line) in array.lines(cells).enumerate() {
            let peak = &mut peaks[index / height];
            *peak = line.iter().copied().fold(*peak, f32::max);
        }
        Ok(peaks)
    }

    fn at_least(&self, array: &Array, least: &[f32]) -> Result<Array<'static>, Error> {
        let Shape { height, width, .. } = array.shape;
        let mut marks = array.values.to_vec();
        Rayon::for_each_chunk(&mut marks, height * width, |channel, plane| {
            let mark = |value: &mut f32| *value = f32::from(u8::from(*value >= least[channel]));
            plane.iter_mut().for_each(mark);
        });
        Ok(Array::owned(array.shape, marks))
    }

    fn standing_out(&self, array: &Array, radius: [usize; 2]) -> Result<Array<'static>, Error> {
        let Shape { height, width, .. } = array.shape;
        let mut largest = vec![0.0f32; height * width];
        for plane in array.values.chunks_exact(height * width) {
            largest
                .iter_mut()
                .zip(plane)
                .for_each(|(largest, value)| *largest = largest.max(*value));
        }
        let around = |at: usize, radius: usize, extent: usize| {
            at.saturating_sub(radius)..extent.min(at.saturating_add(radius).saturating_add(1))
        };
        let across: Vec<f32> = (0..height * width)
            .map(|cell| {
                let line = &largest[cell / width * width..][..width];
                line[around(cell % width, radius[1], width)].iter().copied().fold(0.0, f32::max)
            })
            .collect();
        let peaks: Vec<f32> = (0..height * width)
            .map(|cell| {
                let rows = around(cell / width, radius[0], height);
                rows.map(|row| across[row * width + cell % width]).fold(0.0, f32::max)
            })
            .collect();
        let mut values = array.values.to_vec();
        Rayon::for_each_chunk(&mut values, height * width, |_, plane| {
            for (value, peak) in plane.iter_mut().zip(&peaks) {
                if *value <= 0.0 || *value < *peak {
                    *value = 0.0;
                }
            }
        });
        Ok(Array::owned(array.shape, values))
    }

    fn columns(&self, arrays: &[(Array, Option<Rectangle>)]) -> Result<Array<'static>, Error> {
        let channels = arrays[0].0.shape.channels;
        let count =
            arrays.iter().map(|(array, cells)| cells.unwrap_or(array.all_cells()).area()).sum();
        let mut values = Vec::with_capacity(channels * count);
        for channel in 0..channels {
            for (array, cells) in arrays {
                let height = cells.unwrap_or(array.all_cells()).height;
                let lines = array.lines(*cells).skip(channel * height).take(height);
                lines.for_each(|line| values.extend_from_slice(line));
            }
        }
        Ok(Array::owned(Shape { channels, height: count, width: 1 }, values))
    }

    fn strongest_columns(&self, array: &Array, columns: &Array) -> Result<Array<'static>, Error> {
        let Shape { channels, height, width } = array.shape;
        let (places, choices) = (height * width, columns.shape.height * columns.shape.width);
        let at_once = (PRODUCTS / choices).max(1);
        let mut products = vec![0.0f32; choices * at_once.min(places)];
        let mut strongest = vec![0usize; places];
        for (index, strongest) in strongest.chunks_mut(at_once).enumerate() {
            let start = index * at_once;
            product(
                true,
                [strongest.len(), choices, channels],
                Matrix::columns(&array.values[start..], places),
                Matrix::rows(&columns.values, choices),
                MatrixMut { data: &mut products, step: choices },
                Write::Set,
            );
            Rayon::for_each_chunk(strongest, 1, |place, strongest| {
                strongest[0] = first_largest(&products[place * choices..][..choices]);
            });
        }
        let mut values = vec![0.0; channels * places];
        Rayon::for_each_chunk(&mut values, places, |channel, values| {
            let choices = &columns.values[channel * choices..][..choices];
            for (value, strongest) in values.iter_mut().zip(&strongest) {
                *value = choices[*strongest];
            }
        });
        Ok(Array::owned(array.shape, values))
    }
}

fn first_largest(values: &[f32]) -> usize {
    let larger =
        |best: usize, index: usize| if values[index] > values[best] { index } else { best };
    (0..values.len()).fold(0, larger)
}

/// Σ a·b, added up in float64.
fn products(a: &[f32], b: &[f32]) -> f64 {
    const LANES: usize = 8;
    let mut lanes = [0.0f64; LANES];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += f64::from(*a) * f64::from(*b);
        }
    }
    let rest = a_rest.iter().zip(b_rest).map(|(a, b)| f64::from(*a) * f64::from(*b));
    lanes.iter().sum::<f64>() + rest.sum::<f64>()
}
