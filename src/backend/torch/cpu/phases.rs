//! The way back through a strided convolution with few input channels.
//!
//! With stride s, input pixel i receives only from the kernel positions k ≡ i + padding (mod s). The
//! s×s phases of the input are therefore s×s ordinary convolutions of the output's gradient, with
//! every s-th kernel position each; side by side they are one convolution with s·s·C output
//! channels, which fills vector registers where C = 3 alone would leave most of them empty. Then the
//! phases are put back into their places (a pixel shuffle; Shi et al. 2016, arXiv:1609.05158).

use tch::{TchError, Tensor};

use super::super::epilogue::Epilogue;
use super::super::layout::{channels_last, empty_channels_last};
use super::super::onednn::{Geometry, OneDnn};
use super::{parallel, values, values_mut};
use crate::network::{Convolution, Extent};

/// Most input channels for which this is worth while.
const FEW: usize = 4;

/// A convolution's weights, sorted by phase.
pub struct Phases {
    /// (s·s·C) × output channels × ⌈kernel/s⌉ × ⌈kernel/s⌉, in channels-last memory.
    weight: Tensor,
    geometry: Geometry,
    grid: Grid,
    channels: usize,
}

/// Where input pixels are among the phases.
#[derive(Clone, Copy)]
struct Grid {
    stride: Extent,
    padding: Extent,
}

impl Grid {
    /// Position and phase of an input pixel along an axis.
    fn place(self, axis: usize, pixel: usize) -> (usize, usize) {
        let padded = pixel + self.padding[axis];
        (padded / self.stride[axis], padded % self.stride[axis])
    }
}

impl Phases {
    /// `weight` is the convolution's own, in row-major order; `None` where this does not pay.
    pub fn new(op: &Convolution, weight: &Tensor) -> Result<Option<Phases>, TchError> {
        if op.stride == [1, 1] || op.groups != 1 || op.input > FEW {
            return Ok(None);
        }
        let reach = [0, 1].map(|axis| op.kernel[axis].div_ceil(op.stride[axis]));
        let sorted = sort(op, reach, values(&weight.f_contiguous()?));
        let shape = [op.stride[0] * op.stride[1] * op.input, op.output, reach[0], reach[1]]
            .map(|size| size as i64);
        Ok(Some(Phases {
            weight: channels_last(&Tensor::f_from_slice(&sorted)?.f_view(shape)?)?,
            geometry: Geometry {
                stride: [1, 1],
                padding: reach.map(|reach| reach as i64 - 1),
                groups: 1,
            },
            grid: Grid { stride: op.stride, padding: op.padding.before },
            channels: op.input,
        }))
    }

    /// The gradient of an input of that height and width.
    pub fn backward(
        &self,
        onednn: &OneDnn,
        gradient: &Tensor,
        [height, width]: Extent,
    ) -> Result<Tensor, TchError> {
        let phases =
            onednn.convolution(gradient, &self.weight, None, &self.geometry, Epilogue::None)?;
        let phases = channels_last(&phases)?;
        let (_, depth, rows, columns) = phases.size4()?;
        let (depth, rows, columns) = (depth as usize, rows as usize, columns as usize);
        let from = values(&phases);
        let (grid, channels) = (self.grid, self.channels);
        let mut back = empty_channels_last([1, channels as i64, height as i64, width as i64])?;
        parallel::for_each_chunk(values_mut(&mut back), width * channels, |y, line| {
            let (row, phase_y) = grid.place(0, y);
            if row >= rows {
                return line.fill(0.0);
            }
            for (x, pixel) in line.chunks_exact_mut(channels).enumerate() {
                let (column, phase_x) = grid.place(1, x);
                if column >= columns {
                    pixel.fill(0.0);
                    continue;
                }
                let phase = (phase_y * grid.stride[1] + phase_x) * channels;
                let start = (row * columns + column) * depth + phase;
                pixel.copy_from_slice(&from[start..start + channels]);
            }
        });
        Ok(back)
    }
}

/// Kernel position r + s·m of each axis goes to phase r, turned: position reach − 1 − m.
fn sort(op: &Convolution, reach: Extent, weight: &[f32]) -> Vec<f32> {
    let [stride_y, stride_x] = op.stride;
    let [kernel_y, kernel_x] = op.kernel;
    let mut sorted = vec![0.0; stride_y * stride_x * op.input * op.output * reach[0] * reach[1]];
    for output in 0..op.output {
        for input in 0..op.input {
            for y in 0..kernel_y {
                for x in 0..kernel_x {
                    let phase = (y % stride_y) * stride_x + x % stride_x;
                    let row = reach[0] - 1 - y / stride_y;
                    let column = reach[1] - 1 - x / stride_x;
                    let to = (((phase * op.input + input) * op.output + output) * reach[0] + row)
                        * reach[1]
                        + column;
                    let from = ((output * op.input + input) * kernel_y + y) * kernel_x + x;
                    sorted[to] = weight[from];
                }
            }
        }
    }
    sorted
}
