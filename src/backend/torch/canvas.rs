//! A picture and its gradient where libtorch computes.

use tch::{Device, Kind, TchError, Tensor};

use super::cpu::parallel::OpenMp;
use super::cpu::pixels;
use super::cpu::{values, values_mut};
use super::layout::empty_channels_last;
use crate::backend::pixels::{Rolled, climb, magnitude};
use crate::backend::{Normalize, Rectangle, Roll};
use crate::network::Preprocessing;
use crate::picture::Planes;

/// Red, green and blue.
const COLOURS: usize = 3;

/// A picture being climbed, and the gradient of the score with respect to it.
pub struct Canvas {
    height: usize,
    width: usize,
    pixels: Pixels,
}

/// Two planar pictures, each 3×height×width.
enum Pixels {
    Cpu { picture: Planes, gradient: Vec<f32> },
    Device { picture: Tensor, gradient: Tensor },
}

impl Canvas {
    pub(super) fn new(picture: Planes, device: Device) -> Result<Canvas, TchError> {
        let (height, width) = (picture.height(), picture.width());
        let pixels = if device == Device::Cpu {
            let gradient = vec![0.0; picture.data().len()];
            Pixels::Cpu { picture, gradient }
        } else {
            let shape = [1, 3, height as i64, width as i64];
            let picture =
                Tensor::f_from_slice(picture.data())?.f_view(shape)?.f_to_device(device)?;
            let gradient = picture.f_zeros_like()?;
            Pixels::Device { picture, gradient }
        };
        Ok(Canvas { height, width, pixels })
    }

    pub(super) fn whole(&self) -> Rectangle {
        Rectangle::whole(self.height, self.width)
    }

    pub(super) fn finish(self) -> Result<Planes, TchError> {
        match self.pixels {
            Pixels::Cpu { picture, .. } => Ok(picture),
            Pixels::Device { picture, .. } => download(&picture, self.height, self.width),
        }
    }

    pub(super) fn gradient(&self) -> Result<Planes, TchError> {
        match &self.pixels {
            Pixels::Cpu { gradient, .. } => {
                Ok(Planes::new(self.width, self.height, gradient.clone()))
            }
            Pixels::Device { gradient, .. } => download(gradient, self.height, self.width),
        }
    }

    /// A window of the rolled picture, preprocessed, 1×`channels`×height×width in channels-last
    /// memory; one channel is the mean of red, green and blue.
    pub(super) fn take(
        &self,
        roll: Roll,
        window: Rectangle,
        preprocessing: Preprocessing,
        channels: usize,
    ) -> Result<Tensor, TchError> {
        let size = |channels| [1, channels as i64, window.height as i64, window.width as i64];
        match &self.pixels {
            Pixels::Cpu { picture, .. } => {
                let mut input = empty_channels_last(size(channels))?;
                let rolled = self.rolled(roll);
                let output = values_mut(&mut input);
                pixels::take(picture.data(), rolled, window, preprocessing, output);
                Ok(input)
            }
            Pixels::Device { picture, .. } => {
                let (mean, deviation) = constants(preprocessing, channels, picture.device())?;
                let rolled = self.rolled(roll);
                let input = Tensor::f_empty(size(COLOURS), (Kind::Float, picture.device()))?;
                for (from_y, to_y, height) in rolled.row_runs(window.top, window.height) {
                    for (from_x, to_x, width) in rolled.column_runs(window.left, window.width) {
                        let to = [to_y - window.top, to_x - window.left];
                        let extent = [height, width];
                        part(&input, to, extent)?.f_copy_(&part(
                            picture,
                            [from_y, from_x],
                            extent,
                        )?)?;
                    }
                }
                let input = match channels {
                    1 => input.f_mean_dim([1].as_slice(), true, Kind::Float)?,
                    _ => input,
                };
                let input = input.f_sub(&mean)?.f_div_(&deviation)?;
                super::layout::channels_last(&input)
            }
        }
    }

    /// Stores the kept part of a window's gradient with respect to the preprocessed input; that of
    /// one channel is shared equally by red, green and blue.
    pub(super) fn put(
        &mut self,
        window_gradient: &Tensor,
        roll: Roll,
        window: Rectangle,
        kept: Rectangle,
        preprocessing: Preprocessing,
    ) -> Result<(), TchError> {
        let rolled = self.rolled(roll);
        match &mut self.pixels {
            Pixels::Cpu { gradient, .. } => {
                pixels::put(values(window_gradient), rolled, window, kept, preprocessing, gradient);
                Ok(())
            }
            Pixels::Device { gradient, .. } => {
                let channels = window_gradient.size()[1] as usize;
                let (_, deviation) = constants(preprocessing, channels, gradient.device())?;
                let divisor = deviation.f_mul_scalar((COLOURS / channels) as f64)?;
                let origin = [kept.top - window.top, kept.left - window.left];
                let inner = part(window_gradient, origin, [kept.height, kept.width])?;
                let inner = inner.f_div(&divisor)?;
                for (to_y, from_y, height) in rolled.row_runs(kept.top, kept.height) {
                    for (to_x, from_x, width) in rolled.column_runs(kept.left, kept.width) {
                        let from = [from_y - kept.top, from_x - kept.left];
                        let extent = [height, width];
                        part(gradient, [to_y, to_x], extent)?
                            .f_copy_(&part(&inner, from, extent)?)?;
                    }
                }
                Ok(())
            }
        }
    }

    pub(super) fn magnitude(&self, normalize: Normalize) -> Result<f64, TchError> {
        match &self.pixels {
            Pixels::Cpu { gradient, .. } => Ok(magnitude::<OpenMp>(gradient, normalize)),
            Pixels::Device { gradient, .. } => {
                let mean = || gradient.f_abs()?.f_mean(Kind::Float);
                match normalize {
                    Normalize::Mean => f64::try_from(mean()?),
                    Normalize::Std => f64::try_from(gradient.f_std(true)?),
                    Normalize::None => {
                        let mean = f64::try_from(mean()?)?;
                        Ok(if mean == 0.0 || !mean.is_finite() { mean } else { 1.0 })
                    }
                }
            }
        }
    }

    pub(super) fn climb(&mut self, rate: f64) -> Result<(), TchError> {
        match &mut self.pixels {
            Pixels::Cpu { picture, gradient } => {
                climb::<OpenMp>(picture.data_mut(), gradient, rate as f32);
                Ok(())
            }
            Pixels::Device { picture, gradient } => {
                let step = gradient.f_mul_scalar(rate)?;
                picture.f_add_(&step)?.f_clamp_(0.0, 1.0).map(drop)
            }
        }
    }

    fn rolled(&self, roll: Roll) -> Rolled {
        Rolled { height: self.height, width: self.width, roll }
    }
}

/// A planar picture from a device.
fn download(picture: &Tensor, height: usize, width: usize) -> Result<Planes, TchError> {
    let data = Vec::<f32>::try_from(picture.f_flatten(0, -1)?)?;
    Ok(Planes::new(width, height, data))
}

/// Mean and deviation of the first `channels` as tensors of shape 1×`channels`×1×1.
fn constants(
    preprocessing: Preprocessing,
    channels: usize,
    device: Device,
) -> Result<(Tensor, Tensor), TchError> {
    let tensor = |values: &[f32; COLOURS]| {
        Tensor::f_from_slice(&values[..channels])?.f_view([1, -1, 1, 1])?.f_to_device(device)
    };
    Ok((tensor(&preprocessing.mean)?, tensor(&preprocessing.deviation)?))
}

/// The view of a rectangle of a 1×C×height×width tensor.
fn part(
    tensor: &Tensor,
    [top, left]: [usize; 2],
    [height, width]: [usize; 2],
) -> Result<Tensor, TchError> {
    tensor.f_narrow(2, top as i64, height as i64)?.f_narrow(3, left as i64, width as i64)
}
