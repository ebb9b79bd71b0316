//! The activation function at the end of a kernel.

use tch::{TchError, Tensor};

/// What is applied to a kernel's result, in registers where the kernel can.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Epilogue {
    None,
    Relu,
    Relu6,
}

impl Epilogue {
    /// Its result, the argument left as it is.
    pub fn of(self, sum: &Tensor) -> Result<Tensor, TchError> {
        match self {
            Epilogue::None => Ok(sum.shallow_clone()),
            Epilogue::Relu => sum.f_relu(),
            Epilogue::Relu6 => sum.f_clamp(0.0, 6.0),
        }
    }

    /// Applies it in a pass of its own.
    pub fn apply(self, mut sum: Tensor) -> Result<Tensor, TchError> {
        match self {
            Epilogue::None => Ok(sum),
            Epilogue::Relu => sum.f_relu_(),
            Epilogue::Relu6 => sum.f_clamp_(0.0, 6.0),
        }
    }
}
