//! Gradients on their way back: which may be changed in place.

use tch::{TchError, Tensor};

use crate::backend::torch::epilogue::Epilogue;
use crate::backend::torch::layout::channels_last;

/// The gradient of an activation.
pub enum Gradient {
    /// Dense, in channels-last memory, and referred to by nothing else.
    Own(Tensor),
    /// A view of another tensor, or in use elsewhere.
    Shared(Tensor),
}

impl Gradient {
    pub fn tensor(&self) -> &Tensor {
        match self {
            Gradient::Own(tensor) | Gradient::Shared(tensor) => tensor,
        }
    }

    /// The gradient before an activation function, given the function's result.
    pub fn through(self, epilogue: Epilogue, result: &Tensor) -> Result<Gradient, TchError> {
        Ok(match (epilogue, self) {
            (Epilogue::None, gradient) => gradient,
            (Epilogue::Relu, Gradient::Own(gradient)) => {
                let _ = result.f_threshold_backward_grad_input(&gradient, &gradient, 0.0)?;
                Gradient::Own(gradient)
            }
            (Epilogue::Relu, Gradient::Shared(gradient)) => {
                Gradient::Own(result.f_threshold_backward(&gradient, 0.0)?)
            }
            (Epilogue::Relu6, gradient) => {
                Gradient::Own(result.f_hardtanh_backward(gradient.tensor(), 0.0, 6.0)?)
            }
            (Epilogue::Squash(squash), gradient) => {
                Gradient::Own(squash.derivative(result)?.f_mul_(gradient.tensor())?)
            }
        })
    }

    /// Likewise, but a rectifier that is silent everywhere lets the positive part pass; with
    /// `by_channel`, each channel of it that is.
    pub fn redirected(
        self,
        epilogue: Epilogue,
        result: Option<&Tensor>,
        by_channel: bool,
    ) -> Result<Gradient, TchError> {
        let Some(result) = result else { return Ok(self) };
        let (Epilogue::Relu | Epilogue::Relu6) = epilogue else {
            return self.through(epilogue, result);
        };
        let group: &[i64] = if by_channel { &[2, 3] } else { &[1, 2, 3] };
        let silent = result.f_amax(group, true)?.f_le(0.0)?;
        let mut waking = self.tensor().f_clamp_min(0.0)?.f_mul(&silent)?;
        let through = Gradient::Shared(self.tensor().shallow_clone()).through(epilogue, result)?;
        Ok(Gradient::Own(channels_last(&waking.f_add_(through.tensor())?)?))
    }

    /// The gradient in dense channels-last memory, to be read only.
    pub fn into_dense(self) -> Result<Tensor, TchError> {
        channels_last(self.tensor())
    }
}

/// Adds a gradient to a sum that may not have begun yet.
pub fn add(sum: &mut Option<Gradient>, more: Gradient) -> Result<(), TchError> {
    *sum = Some(match (sum.take(), more) {
        (None, more) => more,
        (Some(Gradient::Own(mut sum)), more) => Gradient::Own(sum.f_add_(more.tensor())?),
        (Some(Gradient::Shared(sum)), Gradient::Own(mut more)) => Gradient::Own(more.f_add_(&sum)?),
        (Some(Gradient::Shared(sum)), Gradient::Shared(more)) => {
            Gradient::Own(channels_last(&sum.f_add(&more)?)?)
        }
    });
    Ok(())
}
