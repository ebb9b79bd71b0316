//! LeNet-5's trainable sub-sampling, forward and back.

use tch::{TchError, Tensor};

use super::average_pool::{self, Divisor};
use crate::network::Window;

/// `factor · Σ + offset` for each channel, the sum over the window; both are 1×channels×1×1.
pub struct Subsample {
    pub window: Window,
    pub factor: Tensor,
    pub offset: Tensor,
}

impl Subsample {
    pub fn forward(&self, input: &Tensor) -> Result<Tensor, TchError> {
        let sum = average_pool::forward(&self.window, Divisor::One, input)?;
        sum.f_mul(&self.factor)?.f_add_(&self.offset)
    }

    /// The gradient of an input of the given size.
    pub fn backward(&self, gradient: &Tensor, input_size: &[i64]) -> Result<Tensor, TchError> {
        let of_sums = gradient.f_mul(&self.factor)?;
        average_pool::backward(&self.window, Divisor::One, &of_sums, input_size)
    }
}
