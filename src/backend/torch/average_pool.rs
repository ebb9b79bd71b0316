//! Average pooling, forward and back.

use tch::{Device, Kind, TchError, Tensor};

use super::layout::{channels_last, shape_only, signed};
use crate::network::{Extent, Window};

/// What the sum over a window is divided by.
#[derive(Clone, Copy)]
pub enum Divisor {
    /// The number of values in the window, those of the padding included or not.
    Count { padding: bool },
    /// Nothing: the result is the sum itself.
    One,
}

impl Divisor {
    /// As libtorch's operators take it.
    fn arguments(self) -> (bool, Option<i64>) {
        match self {
            Divisor::Count { padding } => (padding, None),
            Divisor::One => (true, Some(1)),
        }
    }
}

pub fn forward(window: &Window, divisor: Divisor, input: &Tensor) -> Result<Tensor, TchError> {
    let (count_padding, divisor) = divisor.arguments();
    input.f_avg_pool2d(
        signed(window.kernel),
        signed(window.stride),
        signed(window.padding),
        window.ceil,
        count_padding,
        divisor,
    )
}

/// The gradient of an input of the given size.
pub fn backward(
    window: &Window,
    divisor: Divisor,
    gradient: &Tensor,
    input_size: &[i64],
) -> Result<Tensor, TchError> {
    let (count_padding, divisor) = divisor.arguments();
    let (gradient, input) = operands(gradient, input_size)?;
    channels_last(&input.f_avg_pool2d_backward(
        &gradient,
        signed(window.kernel),
        signed(window.stride),
        signed(window.padding),
        window.ceil,
        count_padding,
        divisor,
    )?)
}

/// Averages to an output of a given size.
pub fn adaptive(output: Extent, input: &Tensor) -> Result<Tensor, TchError> {
    input.f_adaptive_avg_pool2d(signed(output))
}

/// The gradient of [`adaptive`]'s input.
pub fn adaptive_backward(gradient: &Tensor, input_size: &[i64]) -> Result<Tensor, TchError> {
    let (gradient, input) = operands(gradient, input_size)?;
    channels_last(&input.f_internal_adaptive_avg_pool2d_backward(&gradient)?)
}

/// The gradient, and a tensor that only tells the shape of the input. On the CPU both lie in
/// channels-last memory. On other devices they do not: there the gradients that libtorch 2.11
/// computes in that memory are wrong, on CUDA where a window has padding (PyTorch's issue 188344),
/// on Metal always (175190).
fn operands(gradient: &Tensor, input_size: &[i64]) -> Result<(Tensor, Tensor), TchError> {
    let device = gradient.device();
    Ok(if device == Device::Cpu {
        (channels_last(gradient)?, shape_only(input_size, device)?)
    } else {
        (gradient.f_contiguous()?, Tensor::f_empty(input_size, (Kind::Float, device))?)
    })
}
