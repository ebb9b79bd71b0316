//! The activation function at the end of a kernel.

use tch::{TchError, Tensor};

use super::squash::Squash;
use crate::network::{Activation, Op};

/// What is applied to a kernel's result, in registers where the kernel can.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Epilogue {
    None,
    Relu,
    Relu6,
    Squash(Squash),
}

impl Epilogue {
    /// The epilogue that an operation is, if it is an activation function.
    pub fn new(op: &Op) -> Option<Epilogue> {
        match op {
            Op::Activation(Activation::Relu) => Some(Epilogue::Relu),
            Op::Activation(Activation::Relu6) => Some(Epilogue::Relu6),
            Op::Activation(activation) => Squash::new(*activation).map(Epilogue::Squash),
            _ => None,
        }
    }

    /// Its result, the argument left as it is.
    pub fn of(self, sum: &Tensor) -> Result<Tensor, TchError> {
        match self {
            Epilogue::None => Ok(sum.shallow_clone()),
            Epilogue::Relu => sum.f_relu(),
            Epilogue::Relu6 => sum.f_clamp(0.0, 6.0),
            Epilogue::Squash(squash) => squash.of(sum),
        }
    }

    /// Applies it in a pass of its own.
    pub fn apply(self, mut sum: Tensor) -> Result<Tensor, TchError> {
        match self {
            Epilogue::None => Ok(sum),
            Epilogue::Relu => sum.f_relu_(),
            Epilogue::Relu6 => sum.f_clamp_(0.0, 6.0),
            Epilogue::Squash(squash) => squash.apply(sum),
        }
    }
}
