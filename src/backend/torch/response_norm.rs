//! Local response normalisation across channels, forward and back.

use tch::{TchError, Tensor};

/// y = x / s^beta with s = k + alpha/size · Σ x², the sum over `size` channels around each: as
/// PyTorch has it, ⌊size/2⌋ before and ⌊(size − 1)/2⌋ after. Channels beyond the ends count as zeros.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ResponseNorm {
    pub size: usize,
    pub alpha: f64,
    pub beta: f64,
    pub k: f64,
}

/// What the way back needs: the input x and the scales s.
pub struct Scales {
    input: Tensor,
    scale: Tensor,
}

impl ResponseNorm {
    fn before(&self) -> i64 {
        self.size as i64 / 2
    }

    fn after(&self) -> i64 {
        (self.size as i64 - 1) / 2
    }

    /// alpha/size.
    fn share(&self) -> f64 {
        self.alpha / self.size as f64
    }

    pub fn forward(&self, input: &Tensor) -> Result<(Tensor, Scales), TchError> {
        let scale = sum_around(&input.f_square()?, self.before(), self.after())?
            .f_mul_scalar_(self.share())?
            .f_add_scalar_(self.k)?;
        let result = scale.f_pow_tensor_scalar(-self.beta)?.f_mul_(input)?;
        Ok((result, Scales { input: input.shallow_clone(), scale }))
    }

    /// ∂/∂xₘ = gₘ · sₘ^−beta − 2 · alpha/size · beta · xₘ · Σᵢ gᵢ · xᵢ · sᵢ^(−beta − 1), the sum over
    /// the channels i that see m.
    pub fn backward(&self, scales: &Scales, gradient: &Tensor) -> Result<Tensor, TchError> {
        let Scales { input, scale } = scales;
        let direct = scale.f_pow_tensor_scalar(-self.beta)?.f_mul_(gradient)?;
        let seen = direct.f_mul(input)?.f_div_(scale)?;
        let through_scales = sum_around(&seen, self.after(), self.before())?
            .f_mul_(input)?
            .f_mul_scalar_(-2.0 * self.share() * self.beta)?;
        let mut direct = direct;
        direct.f_add_(&through_scales)
    }
}

/// For each channel the sum over the channels from `before` before it to `after` after it.
fn sum_around(values: &Tensor, before: i64, after: i64) -> Result<Tensor, TchError> {
    let channels = values.size()[1];
    let sum = values.f_zeros_like()?;
    for shift in -before.min(channels - 1)..=after.min(channels - 1) {
        let count = channels - shift.abs();
        let shifted = values.f_narrow(1, shift.max(0), count)?;
        let _ = sum.f_narrow(1, (-shift).max(0), count)?.f_add_(&shifted)?;
    }
    Ok(sum)
}
