//! Smooth activation functions, whose derivatives are known from their results.

use tch::{TchError, Tensor};

use crate::network::Activation;

/// The scaled tanh is A · tanh(S·x) (LeCun et al. 1998, equation 6).
const A: f64 = 1.7159;
const S: f64 = 2.0 / 3.0;

/// A function that squashes sums into an interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Squash {
    Sigmoid,
    Tanh,
    ScaledTanh,
    Softsign,
}

impl Squash {
    /// The function that an activation is, unless it is a rectifier.
    pub fn new(activation: Activation) -> Option<Squash> {
        match activation {
            Activation::Sigmoid => Some(Squash::Sigmoid),
            Activation::Tanh => Some(Squash::Tanh),
            Activation::ScaledTanh => Some(Squash::ScaledTanh),
            Activation::Softsign => Some(Squash::Softsign),
            Activation::Relu | Activation::Relu6 => None,
        }
    }

    /// Its result, the argument left as it is.
    pub fn of(self, sum: &Tensor) -> Result<Tensor, TchError> {
        match self {
            Squash::Sigmoid => sum.f_sigmoid(),
            Squash::Tanh => sum.f_tanh(),
            Squash::ScaledTanh => sum.f_mul_scalar(S)?.f_tanh_()?.f_mul_scalar_(A),
            Squash::Softsign => sum.f_div(&sum.f_abs()?.f_add_scalar_(1.0)?),
        }
    }

    /// Its result in place of the argument.
    pub fn apply(self, mut sum: Tensor) -> Result<Tensor, TchError> {
        match self {
            Squash::Sigmoid => sum.f_sigmoid_(),
            Squash::Tanh => sum.f_tanh_(),
            Squash::ScaledTanh => sum.f_mul_scalar_(S)?.f_tanh_()?.f_mul_scalar_(A),
            Squash::Softsign => {
                let divisor = sum.f_abs()?.f_add_scalar_(1.0)?;
                sum.f_div_(&divisor)
            }
        }
    }

    /// Its derivative where the result is a: a(1 − a); 1 − a²; S/A · (A² − a²); (1 − |a|)².
    pub fn derivative(self, result: &Tensor) -> Result<Tensor, TchError> {
        match self {
            Squash::Sigmoid => result.f_rsub_scalar(1.0)?.f_mul_(result),
            Squash::Tanh => result.f_square()?.f_neg_()?.f_add_scalar_(1.0),
            Squash::ScaledTanh => result.f_square()?.f_mul_scalar_(-S / A)?.f_add_scalar_(S * A),
            Squash::Softsign => result.f_abs()?.f_neg_()?.f_add_scalar_(1.0)?.f_square_(),
        }
    }
}
