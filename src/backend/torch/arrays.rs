//! Arrays where libtorch computes: pictures in planes, activations as the network leaves them.

use tch::{Device, Kind, TchError, Tensor};

use super::Torch;
use super::cpu::parallel::OpenMp;
use super::cpu::pixels;
use super::cpu::{values, values_mut};
use super::layout::{channels_last, empty_channels_last};
use crate::Size;
use crate::backend::pixels::{self as planes, Placement, Run, add_scaled, clamp, multiply, sums};
use crate::backend::{Arrays, Edge, Error, Rectangle, Sums, View};
use crate::network::{Preprocessing, Shape};
use crate::picture::resize_plane;

/// Red, green and blue.
const COLOURS: usize = 3;

/// Products of columns that are in memory at once.
const PRODUCTS: i64 = 1 << 24;

/// All arrays are 1×channels×height×width.
impl Arrays for Torch {
    type Array<'a> = Tensor;

    fn shape(&self, array: &Tensor) -> Shape {
        shape(array)
    }

    fn upload(&self, shape: Shape, values: Vec<f32>) -> Result<Tensor, Error> {
        self.guard(|| {
            Tensor::f_from_slice(&values)?.f_view(dimensions(shape))?.f_to_device(self.device)
        })
    }

    fn download(&self, array: &Tensor) -> Result<Vec<f32>, Error> {
        self.guard(|| Vec::try_from(array.f_contiguous()?.f_view([-1])?))
    }

    fn add_scaled(&self, array: &mut Tensor, other: &Tensor, factor: f64) -> Result<(), Error> {
        self.guard(|| {
            if planar(array) && planar(other) {
                add_scaled::<OpenMp>(values_mut(array), values(other), factor as f32);
                return Ok(());
            }
            array.f_add_(&other.f_mul_scalar(factor)?).map(drop)
        })
    }

    fn filled(&self, shape: Shape, value: f32) -> Result<Tensor, Error> {
        let options = (Kind::Float, self.device);
        self.guard(|| Tensor::f_full(dimensions(shape), f64::from(value), options))
    }

    fn copy(&self, array: &Tensor) -> Result<Tensor, Error> {
        self.guard(|| {
            let mut copy = Tensor::f_empty_like(array)?;
            copy.f_copy_(array)?;
            Ok(copy)
        })
    }

    fn scale(&self, array: &mut Tensor, factor: f64) -> Result<(), Error> {
        self.guard(|| array.f_mul_scalar_(factor).map(drop))
    }

    fn multiply(&self, array: &mut Tensor, other: &Tensor) -> Result<(), Error> {
        self.guard(|| {
            if planar(array) && planar(other) {
                multiply::<OpenMp>(values_mut(array), values(other));
                return Ok(());
            }
            array.f_mul_(other).map(drop)
        })
    }

    fn clamp(&self, array: &mut Tensor, least: f32, most: f32) -> Result<(), Error> {
        self.guard(|| {
            if planar(array) {
                clamp::<OpenMp>(values_mut(array), least, most);
                return Ok(());
            }
            array.f_clamp_(f64::from(least), f64::from(most)).map(drop)
        })
    }

    fn sums(&self, array: &Tensor) -> Result<Sums, Error> {
        self.guard(|| {
            if planar(array) {
                return Ok(sums::<OpenMp>(values(array)));
            }
            let all = |values: Tensor| values.f_sum(Kind::Float);
            let parts = [array.f_sum(Kind::Float)?, all(array.f_abs()?)?, all(array.f_square()?)?];
            // In one piece: each piece would wait for the device.
            let parts: Vec<f32> = Vec::try_from(Tensor::f_stack(&parts, 0)?)?;
            let [sum, absolute, squares] = [0, 1, 2].map(|index| f64::from(parts[index]));
            Ok(Sums { count: array.numel(), sum, absolute, squares })
        })
    }

    fn dot(&self, a: &Tensor, b: &Tensor, cells: Option<Rectangle>) -> Result<f64, Error> {
        // Not `norm`, of an array with itself: it adds up float32 values one by one, and loses the
        // fourth digit.
        self.guard(|| {
            let product = part(a, cells)?.f_mul(&part(b, cells)?)?;
            f64::try_from(product.f_sum(Kind::Float)?)
        })
    }

    fn resize(&self, array: &Tensor, height: usize, width: usize) -> Result<Tensor, Error> {
        let Shape { channels, height: from_height, width: from_width } = shape(array);
        if self.device != Device::Cpu {
            let size = [height as i64, width as i64];
            return self.guard(|| array.f_internal_upsample_bilinear2d_aa(size, false, None, None));
        }
        let from = Size { height: from_height, width: from_width };
        let own = self.guard(|| array.f_contiguous())?;
        let resized = (values(&own).chunks_exact(from.pixels()).take(channels))
            .flat_map(|plane| resize_plane(plane, from, Size { height, width }))
            .collect();
        self.upload(Shape { channels, height, width }, resized)
    }

    fn window(&self, array: &Tensor, view: View) -> Result<Tensor, Error> {
        self.guard(|| window(array, view))
    }

    fn smooth(&self, array: &Tensor, deviation: f64, edges: [Edge; 2]) -> Result<Tensor, Error> {
        let Shape { height, width, .. } = shape(array);
        if planar(array) {
            let mut smooth = self.guard(|| array.f_empty_like())?;
            let size = Size { height, width };
            planes::smooth::<OpenMp>(
                values(array),
                size,
                deviation,
                edges,
                values_mut(&mut smooth),
            );
            return Ok(smooth);
        }
        let kernel = planes::gaussian(deviation);
        let reach = kernel.len() / 2;
        let [top, left] = [-(reach as isize); 2];
        let [height, width] = [height, width].map(|length| length + 2 * reach);
        let padded = self.window(array, View { top, left, height, width, edges })?;
        self.guard(|| {
            let weights = Tensor::f_from_slice(&kernel)?.f_to_device(array.device())?;
            // Each channel by itself.
            let mut smooth = padded.f_transpose(0, 1)?;
            for form in [[1, 1, -1, 1], [1, 1, 1, -1]] {
                let kernel = weights.f_view(form)?;
                smooth = smooth.f_conv2d(&kernel, None::<Tensor>, [1, 1], [0, 0], [1, 1], 1)?;
            }
            smooth.f_transpose(0, 1)?.f_contiguous()
        })
    }

    fn channel_sums(&self, array: &Tensor, cells: Option<Rectangle>) -> Result<Vec<f64>, Error> {
        self.guard(|| {
            let sums =
                part(array, cells)?.f_sum_dim_intlist([2, 3].as_slice(), false, Kind::Float)?;
            let sums: Vec<f32> = Vec::try_from(sums.f_view([-1])?)?;
            Ok(sums.into_iter().map(f64::from).collect())
        })
    }

    fn per_channel(&self, shape: Shape, values: &[f32]) -> Result<Tensor, Error> {
        self.guard(|| {
            let values = Tensor::f_from_slice(values)?.f_view([1, -1, 1, 1])?;
            let mut array = Tensor::f_empty(dimensions(shape), (Kind::Float, self.device))?;
            array.f_copy_(&values.f_expand(dimensions(shape), false)?)?;
            Ok(array)
        })
    }

    fn peaks(&self, array: &Tensor, cells: Option<Rectangle>) -> Result<Vec<f32>, Error> {
        self.guard(|| {
            Vec::try_from(part(array, cells)?.f_amax([2, 3].as_slice(), false)?.f_view([-1])?)
        })
    }

    fn at_least(&self, array: &Tensor, least: &[f32]) -> Result<Tensor, Error> {
        self.guard(|| {
            let least = Tensor::f_from_slice(least)?.f_view([1, -1, 1, 1])?;
            array.f_ge_tensor(&least.f_to_device(array.device())?)?.f_to_kind(Kind::Float)
        })
    }

    fn standing_out(&self, array: &Tensor, radius: [usize; 2]) -> Result<Tensor, Error> {
        self.guard(|| {
            let (_, _, height, width) = array.size4()?;
            let radius = [0, 1].map(|axis| radius[axis].min([height, width][axis] as usize) as i64);
            let side = radius.map(|radius| 2 * radius + 1);
            let largest = array.f_amax([1].as_slice(), true)?.f_clamp_min(0.0)?;
            let peaks = largest.f_max_pool2d(side, [1, 1], radius, [1, 1], false)?;
            let positive = array.f_clamp_min(0.0)?;
            positive.f_mul(&array.f_ge_tensor(&peaks)?.f_to_kind(Kind::Float)?)
        })
    }

    fn columns(&self, arrays: &[(Tensor, Option<Rectangle>)]) -> Result<Tensor, Error> {
        self.guard(|| {
            let parts = arrays
                .iter()
                .map(|(array, cells)| part(array, *cells)?.f_flatten(2, -1)?.f_unsqueeze(-1))
                .collect::<Result<Vec<_>, _>>()?;
            Tensor::f_cat(&parts, 2)
        })
    }

    fn strongest_columns(&self, array: &Tensor, columns: &Tensor) -> Result<Tensor, Error> {
        let Shape { channels, height, width } = shape(array);
        let [channels, height, width] = [channels, height, width].map(|side| side as i64);
        self.guard(|| {
            // Count×channels, and channels×count.
            let places = array.f_permute([0, 2, 3, 1])?.f_reshape([-1, channels])?;
            let columns = columns.f_view([channels, -1])?;
            let choices = columns.f_transpose(0, 1)?.f_contiguous()?;
            let at_once = (PRODUCTS / columns.size()[1]).max(1);
            let mut chosen = Vec::new();
            let mut start = 0;
            while start < height * width {
                let count = at_once.min(height * width - start);
                let products = places.f_narrow(0, start, count)?.f_matmul(&columns)?;
                let (_, strongest) = products.f_max_dim(1, false)?;
                chosen.push(choices.f_index_select(0, &strongest)?);
                start += count;
            }
            let chosen = Tensor::f_cat(&chosen, 0)?;
            chosen.f_view([1, height, width, channels])?.f_permute([0, 3, 1, 2])
        })
    }
}

/// How a network takes its input.
pub struct Input {
    preprocessing: Preprocessing,
    channels: usize,
    /// 1×channels×1×1, on the device.
    mean: Tensor,
    std: Tensor,
}

// SAFETY: the tensors are only read once they are made, which libtorch's operators may do from several
// threads at once; their reference counts are atomic.
unsafe impl Sync for Input {}

impl Input {
    pub fn new(
        preprocessing: Preprocessing,
        channels: usize,
        device: Device,
    ) -> Result<Input, TchError> {
        let tensor = |values: &[f32; COLOURS]| {
            Tensor::f_from_slice(&values[..channels])?.f_view([1, -1, 1, 1])?.f_to_device(device)
        };
        let (mean, std) = (tensor(&preprocessing.mean)?, tensor(&preprocessing.std)?);
        Ok(Input { preprocessing, channels, mean, std })
    }

    /// A view of a picture, preprocessed, 1×channels×height×width in channels-last memory; one channel
    /// is the mean of red, green and blue.
    pub fn take(&self, picture: &Tensor, view: View) -> Result<Tensor, TchError> {
        let size = |channels| [1, channels as i64, view.height as i64, view.width as i64];
        let placement = placement(picture, view);
        if planar(picture) {
            let mut input = empty_channels_last(size(self.channels))?;
            let output = values_mut(&mut input);
            pixels::take(values(picture), placement, self.preprocessing, output);
            return Ok(input);
        }
        let input = window(picture, view)?;
        let input = match self.channels {
            1 => input.f_mean_dim([1].as_slice(), true, Kind::Float)?,
            _ => input,
        };
        channels_last(&input.f_sub(&self.mean)?.f_div_(&self.std)?)
    }

    /// Adds the kept part of a view's gradient with respect to the preprocessed input; that of one
    /// channel is shared equally by red, green and blue.
    pub fn put(
        &self,
        view_gradient: &Tensor,
        view: View,
        kept: Rectangle,
        gradient: &mut Tensor,
    ) -> Result<(), TchError> {
        let placement = placement(gradient, view);
        if planar(gradient) {
            let planes = values_mut(gradient);
            pixels::put(values(view_gradient), placement, kept, self.preprocessing, planes);
            return Ok(());
        }
        let divisor = self.std.f_mul_scalar((COLOURS / self.channels) as f64)?;
        let inner = part(view_gradient, Some(kept))?.f_div(&divisor)?;
        for_each_run(placement, kept, |to, from, runs| {
            let (top, left) = (from.top - kept.top, from.left - kept.left);
            let from = part(&inner, Some(Rectangle { top, left, ..from }))?;
            part(gradient, Some(to))?.f_add_(&flipped(&from, runs)?).map(drop)
        })
    }
}

/// Calls `work` with each rectangle of a picture, the one of the view's `cells` where it is seen, and its
/// rows and columns.
fn for_each_run(
    placement: Placement,
    cells: Rectangle,
    mut work: impl FnMut(Rectangle, Rectangle, [Run; 2]) -> Result<(), TchError>,
) -> Result<(), TchError> {
    for rows in placement.row_runs(cells.top, cells.height) {
        for columns in placement.column_runs(cells.left, cells.width) {
            let rectangle = |top, left| {
                let (height, width) = (rows.count, columns.count);
                Rectangle { top, left, height, width }
            };
            let picture = rectangle(rows.picture, columns.picture);
            let view = rectangle(rows.view, columns.view);
            work(picture, view, [rows, columns])?;
        }
    }
    Ok(())
}

/// A view of every channel.
fn window(array: &Tensor, view: View) -> Result<Tensor, TchError> {
    let View { height, width, .. } = view;
    let of_window = Shape { height, width, ..shape(array) };
    let values = Tensor::f_empty(dimensions(of_window), (Kind::Float, array.device()))?;
    let all = Rectangle::whole(height, width);
    for_each_run(placement(array, view), all, |from, to, runs| {
        part(&values, Some(to))?.f_copy_(&flipped(&part(array, Some(from))?, runs)?)
    })?;
    Ok(values)
}

/// An array mirrored along those of its axes that are seen so.
fn flipped(array: &Tensor, [rows, columns]: [Run; 2]) -> Result<Tensor, TchError> {
    let axes = [(rows, 2), (columns, 3)];
    let axes: Vec<i64> =
        axes.iter().filter(|(run, _)| run.reversed).map(|(_, axis)| *axis).collect();
    if axes.is_empty() { Ok(array.shallow_clone()) } else { array.f_flip(axes) }
}

/// Whether our own loops can run through it: row-major in the machine's memory.
fn planar(array: &Tensor) -> bool {
    array.device() == Device::Cpu && array.is_contiguous()
}

fn placement(picture: &Tensor, view: View) -> Placement {
    let Shape { height, width, .. } = shape(picture);
    Placement { height, width, view }
}

fn shape(array: &Tensor) -> Shape {
    let size = array.size();
    let [channels, height, width] = [1, 2, 3].map(|axis| size[axis] as usize);
    Shape { channels, height, width }
}

fn dimensions(shape: Shape) -> [i64; 4] {
    [1, shape.channels as i64, shape.height as i64, shape.width as i64]
}

/// A rectangle of every channel, which shares the array's memory; all of it without one.
fn part(array: &Tensor, cells: Option<Rectangle>) -> Result<Tensor, TchError> {
    match cells {
        None => Ok(array.shallow_clone()),
        Some(Rectangle { top, left, height, width }) => {
            array.f_narrow(2, top as i64, height as i64)?.f_narrow(3, left as i64, width as i64)
        }
    }
}
