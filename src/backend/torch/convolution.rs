//! A convolution and the gradient of its input.

use tch::{Device, TchError, Tensor};

use super::cpu::phases::Phases;
use super::epilogue::Epilogue;
use super::layout::{channels_last, signed};
use super::onednn::{Geometry, OneDnn};
use crate::network::{self, Padding};

/// cuDNN chooses its algorithm by rule, not by timing: the same run gives the same bytes.
const BENCHMARK: bool = false;
/// Likewise: no sums in an order that varies.
const DETERMINISTIC: bool = true;
/// TensorFloat-32, which keeps 10 bits of each factor, as PyTorch does by default: full float32 takes
/// several times as long. `NVIDIA_TF32_OVERRIDE=0` in the environment turns it off.
const TF32: bool = true;

/// A convolution with its weights on the device.
pub struct Convolution {
    weight: Tensor,
    bias: Option<Tensor>,
    geometry: Geometry,
    /// Zeros that libtorch's operators cannot add, since they are not as many on every side; then
    /// the geometry has none.
    zeros: Option<Padding>,
    back: Back,
    fused: Option<&'static OneDnn>,
}

/// How the gradient of the input is computed.
enum Back {
    /// With stride 1: a convolution of the output's gradient with the kernel turned by 180° and
    /// its channels exchanged.
    Turned(Tensor, Geometry),
    /// With a stride and few input channels: all phases of the input at once.
    Phases(Phases),
    /// libtorch's transposed convolution.
    Transposed,
}

impl Convolution {
    /// `weight` is of shape output × input/groups × height × width.
    pub fn new(
        op: &network::Convolution,
        weight: &Tensor,
        bias: Option<Tensor>,
    ) -> Result<Convolution, TchError> {
        let zeros = (!op.padding.is_symmetric()).then_some(op.padding);
        let geometry = Geometry {
            stride: signed(op.stride),
            padding: if zeros.is_some() { [0; 2] } else { signed(op.padding.before) },
            groups: op.groups as i64,
        };
        let fused = if weight.device() == Device::Cpu { OneDnn::get() } else { None };
        let back =
            if fused.is_some() { Back::new(op, weight, &geometry)? } else { Back::Transposed };
        Ok(Convolution { weight: channels_last(weight)?, bias, geometry, zeros, back, fused })
    }

    /// `epilogue(input ∗ weight + bias)`.
    pub fn forward(&self, input: &Tensor, epilogue: Epilogue) -> Result<Tensor, TchError> {
        match &self.zeros {
            None => self.convolve(input, epilogue),
            Some(zeros) => self.convolve(&padded(input, zeros)?, epilogue),
        }
    }

    fn convolve(&self, input: &Tensor, epilogue: Epilogue) -> Result<Tensor, TchError> {
        if let Some(fused) = self.fused
            && let Ok(result) =
                fused.convolution(input, &self.weight, self.bias.as_ref(), &self.geometry, epilogue)
        {
            // With one input channel oneDNN cannot tell channels-last memory from planes.
            return channels_last(&result);
        }
        // The fused operator tells nothing of why it failed: libtorch's own does, or succeeds.
        let Geometry { stride, padding, groups } = self.geometry;
        let sum = if self.cudnn() {
            let mut sum = input.f_cudnn_convolution(
                &self.weight,
                padding,
                stride,
                [1, 1],
                groups,
                BENCHMARK,
                DETERMINISTIC,
                TF32,
            )?;
            match &self.bias {
                Some(bias) => sum.f_add_(&bias.f_view([1, -1, 1, 1])?)?,
                None => sum,
            }
        } else {
            input.f_conv2d(&self.weight, self.bias.as_ref(), stride, padding, [1, 1], groups)?
        };
        epilogue.apply(sum)
    }

    fn cudnn(&self) -> bool {
        self.weight.device().is_cuda()
    }

    /// The gradient of an input of the given size.
    pub fn backward(&self, gradient: &Tensor, input_size: &[i64]) -> Result<Tensor, TchError> {
        let fused = match (&self.back, self.fused) {
            (Back::Turned(weight, geometry), Some(fused)) => {
                fused.convolution(gradient, weight, None, geometry, Epilogue::None).ok()
            }
            (Back::Phases(phases), Some(fused)) => {
                let extent = [input_size[2] as usize, input_size[3] as usize];
                phases.backward(fused, gradient, extent).ok()
            }
            _ => None,
        };
        // As in `convolve`, libtorch's own operator tells why where the fused one fails.
        if let Some(back) = fused {
            return Ok(back);
        }
        match &self.zeros {
            None => self.transposed(gradient, input_size),
            Some(zeros) => {
                let extent = [input_size[2] as usize, input_size[3] as usize];
                let [height, width] = signed(zeros.around(extent));
                let size = [input_size[0], input_size[1], height, width];
                let [top, left] = signed(zeros.before);
                let back = self.transposed(gradient, &size)?;
                channels_last(&back.f_narrow(2, top, input_size[2])?.f_narrow(
                    3,
                    left,
                    input_size[3],
                )?)
            }
        }
    }

    /// Adds the gradient of the input to `sum` and returns whether that could be done in one pass;
    /// where not, `sum` is as it was.
    pub fn accumulate(&self, gradient: &Tensor, sum: &Tensor) -> bool {
        let (Back::Turned(weight, geometry), Some(fused)) = (&self.back, self.fused) else {
            return false;
        };
        fused.accumulate(sum, gradient, weight, geometry).is_ok()
    }

    fn transposed(&self, gradient: &Tensor, input_size: &[i64]) -> Result<Tensor, TchError> {
        let Geometry { stride, padding, groups } = self.geometry;
        let kernel = &self.weight.size()[2..];
        let size = gradient.size();
        let rest = [0, 1].map(|axis| {
            let reached = (size[axis + 2] - 1) * stride[axis] - 2 * padding[axis] + kernel[axis];
            input_size[axis + 2] - reached
        });
        if self.cudnn() {
            return gradient.f_cudnn_convolution_transpose(
                &self.weight,
                padding,
                rest,
                stride,
                [1, 1],
                groups,
                BENCHMARK,
                DETERMINISTIC,
                TF32,
            );
        }
        let bias = None::<Tensor>;
        gradient.f_conv_transpose2d(&self.weight, bias, stride, padding, rest, groups, [1, 1])
    }
}

impl Back {
    fn new(
        op: &network::Convolution,
        weight: &Tensor,
        geometry: &Geometry,
    ) -> Result<Back, TchError> {
        let Padding { before, .. } = op.padding;
        let covers = (0..2).all(|axis| before[axis] < op.kernel[axis]);
        if op.stride == [1, 1] && covers && op.padding.is_symmetric() {
            let padding = [0, 1].map(|axis| (op.kernel[axis] - 1 - before[axis]) as i64);
            return Ok(Back::Turned(turn(op, weight)?, Geometry { padding, ..*geometry }));
        }
        Ok(Phases::new(op, weight)?.map_or(Back::Transposed, Back::Phases))
    }
}

/// The input with zeros around it, in channels-last memory.
fn padded(input: &Tensor, zeros: &Padding) -> Result<Tensor, TchError> {
    let ([top, left], [bottom, right]) = (signed(zeros.before), signed(zeros.after));
    channels_last(&input.f_constant_pad_nd([left, right, top, bottom])?)
}

/// The kernel turned by 180°, output and input channels exchanged within each group.
fn turn(op: &network::Convolution, weight: &Tensor) -> Result<Tensor, TchError> {
    let groups = op.groups as i64;
    let (output, input) = (op.output as i64 / groups, op.input as i64 / groups);
    let [height, width] = signed(op.kernel);
    let turned = weight
        .f_view([groups, output, input, height, width])?
        .f_transpose(1, 2)?
        .f_reshape([groups * input, output, height, width])?
        .f_flip([2, 3])?;
    channels_last(&turned)
}
