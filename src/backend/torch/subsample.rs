//! LeNet-5's trainable sub-sampling, forward and back.

use tch::{Device, TchError, Tensor};

use super::layout::{channels_last, shape_only, signed};
use crate::network::Window;

/// What an average pooling divides its sums by where the sum itself is wanted.
const SUM: i64 = 1;

/// Padding adds zeros to a sum, which nothing divides: whether it counts does not matter.
const COUNT_PADDING: bool = true;

/// `factor · Σ + offset` for each channel, the sum over the window; both are 1×channels×1×1.
pub struct Subsample {
    pub window: Window,
    pub factor: Tensor,
    pub offset: Tensor,
}

impl Subsample {
    pub fn forward(&self, input: &Tensor) -> Result<Tensor, TchError> {
        let Window { kernel, stride, padding, ceil } = self.window;
        let sum = input.f_avg_pool2d(
            signed(kernel),
            signed(stride),
            signed(padding),
            ceil,
            COUNT_PADDING,
            SUM,
        )?;
        sum.f_mul(&self.factor)?.f_add_(&self.offset)
    }

    /// The gradient of an input of the given size.
    pub fn backward(
        &self,
        gradient: &Tensor,
        input_size: &[i64],
        device: Device,
    ) -> Result<Tensor, TchError> {
        let Window { kernel, stride, padding, ceil } = self.window;
        let of_sums = channels_last(&gradient.f_mul(&self.factor)?)?;
        shape_only(input_size, device)?.f_avg_pool2d_backward(
            &of_sums,
            signed(kernel),
            signed(stride),
            signed(padding),
            ceil,
            COUNT_PADDING,
            SUM,
        )
    }
}
