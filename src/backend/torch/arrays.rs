//! Arrays where libtorch computes: pictures in planes, activations as the network leaves them.

use tch::{Device, Kind, TchError, Tensor};

use super::Torch;
use super::cpu::parallel::OpenMp;
use super::cpu::pixels;
use super::cpu::{values, values_mut};
use super::layout::{channels_last, empty_channels_last};
use crate::Size;
use crate::backend::pixels::{Placement, add_scaled, clamp, multiply, sums};
use crate::backend::{Arrays, Error, Rectangle, Sums, View};
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
        let input = Tensor::f_empty(size(COLOURS), (Kind::Float, picture.device()))?;
        for (from_y, to_y, height) in placement.row_runs(0, view.height) {
            for (from_x, to_x, width) in placement.column_runs(0, view.width) {
                let from = Rectangle { top: from_y, left: from_x, height, width };
                let to = Rectangle { top: to_y, left: to_x, height, width };
                part(&input, Some(to))?.f_copy_(&part(picture, Some(from))?)?;
            }
        }
        let input = match self.channels {
            1 => input.f_mean_dim([1].as_slice(), true, Kind::Float)?,
            _ => input,
        };
        channels_last(&input.f_sub(&self.mean)?.f_div_(&self.std)?)
    }

    /// Stores the kept part of a view's gradient with respect to the preprocessed input; that of one
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
        for (to_y, from_y, height) in placement.row_runs(kept.top, kept.height) {
            for (to_x, from_x, width) in placement.column_runs(kept.left, kept.width) {
                let (top, left) = (from_y - kept.top, from_x - kept.left);
                let from = Rectangle { top, left, height, width };
                let to = Rectangle { top: to_y, left: to_x, height, width };
                part(gradient, Some(to))?.f_copy_(&part(&inner, Some(from))?)?;
            }
        }
        Ok(())
    }
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
