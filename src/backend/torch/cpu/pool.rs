//! Max pooling on channels-last activations, with one byte per output to find the way back.
//!
//! libtorch keeps an 8-byte index per output and scatters gradients by it. Here the position of the
//! maximum inside its window is one byte, the backward pass gathers (so that it runs in parallel
//! and in vectors of channels), and a ReLU just before the pooling needs no backward pass of its
//! own: where the maximum is not positive, nothing flows back.

use multiversion::multiversion;

use tch::{TchError, Tensor};

use super::{parallel, values, values_mut};
use crate::backend::torch::layout::{channels_last, empty_channels_last};
use crate::network::{Extent, Window};

/// The position that no window has: the gradient stops here.
const NOWHERE: u8 = u8::MAX;

/// Sizes of a pooling: height and width in and out, and the channels of both.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    input: Extent,
    output: Extent,
    channels: usize,
}

/// Whether a window's positions fit the one byte that is kept.
pub fn supports(window: &Window) -> bool {
    window.kernel[0] * window.kernel[1] < usize::from(NOWHERE)
}

/// Where each maximum of a pooling was.
pub struct Positions {
    sizes: Sizes,
    positions: Vec<u8>,
}

/// Pools an activation. With `rectified`, it comes from a ReLU whose backward pass [`backward`]
/// does as well.
pub fn forward(
    window: &Window,
    rectified: bool,
    input: &Tensor,
) -> Result<(Tensor, Positions), TchError> {
    let input = channels_last(input)?;
    let (_, channels, height, width) = input.size4()?;
    let extent = [height as usize, width as usize];
    let sizes = Sizes {
        input: extent,
        output: window
            .output_extent(extent)
            .ok_or_else(|| TchError::Shape("the pooling's window does not fit".into()))?,
        channels: channels as usize,
    };
    let [rows, columns] = sizes.output.map(|size| size as i64);
    let mut output = empty_channels_last([1, channels, rows, columns])?;
    let mut positions = vec![0; output.numel()];
    pool(window, sizes, rectified, values(&input), values_mut(&mut output), &mut positions);
    Ok((output, Positions { sizes, positions }))
}

/// The gradient of the input from that of the output, dense and in channels-last memory.
pub fn backward(
    window: &Window,
    Positions { sizes, positions }: &Positions,
    gradient: &Tensor,
) -> Result<Tensor, TchError> {
    let [height, width] = sizes.input.map(|size| size as i64);
    let mut back = empty_channels_last([1, sizes.channels as i64, height, width])?;
    gather(window, *sizes, values(gradient), positions, values_mut(&mut back));
    Ok(back)
}

/// Pools `input` (height×width×channels) into `output`; `positions`, of the same length, tells
/// where in its window each maximum was. With `rectified`, the input comes from a ReLU whose
/// backward pass is left to [`gather`].
fn pool(
    window: &Window,
    sizes: Sizes,
    rectified: bool,
    input: &[f32],
    output: &mut [f32],
    positions: &mut [u8],
) {
    let row = sizes.output[1] * sizes.channels;
    parallel::for_each_chunk_of_both(output, positions, row, |y, output, positions| {
        for x in 0..sizes.output[1] {
            let cell = x * sizes.channels..(x + 1) * sizes.channels;
            let (output, positions) = (&mut output[cell.clone()], &mut positions[cell]);
            output.fill(f32::NEG_INFINITY);
            for_each_position(window, sizes.input, [y, x], |position, [input_y, input_x]| {
                let start = (input_y * sizes.input[1] + input_x) * sizes.channels;
                keep_larger(&input[start..start + sizes.channels], position, output, positions);
            });
            if rectified {
                forget_zeros(output, positions);
            }
        }
    });
}

/// Gathers the gradient of the input from that of the output.
fn gather(
    window: &Window,
    sizes: Sizes,
    gradient: &[f32],
    positions: &[u8],
    input_gradient: &mut [f32],
) {
    let row = sizes.input[1] * sizes.channels;
    parallel::for_each_chunk(input_gradient, row, |y, row| {
        row.fill(0.0);
        for output_y in covering(window, 0, y, sizes.output[0]) {
            let kernel_y = y + window.padding[0] - output_y * window.stride[0];
            for x in 0..sizes.input[1] {
                let cell = &mut row[x * sizes.channels..(x + 1) * sizes.channels];
                for output_x in covering(window, 1, x, sizes.output[1]) {
                    let kernel_x = x + window.padding[1] - output_x * window.stride[1];
                    let position = (kernel_y * window.kernel[1] + kernel_x) as u8;
                    let start = (output_y * sizes.output[1] + output_x) * sizes.channels;
                    let from = start..start + sizes.channels;
                    add_where(&gradient[from.clone()], &positions[from], position, cell);
                }
            }
        }
    });
}

/// Windows along an axis that cover the input's pixel `at`.
fn covering(window: &Window, axis: usize, at: usize, count: usize) -> std::ops::Range<usize> {
    let (kernel, stride) = (window.kernel[axis], window.stride[axis]);
    let padded = at + window.padding[axis];
    let first = (padded + 1).saturating_sub(kernel).div_ceil(stride);
    first..(padded / stride + 1).min(count)
}

/// Calls `visit` with each position of the window at `output` that lies inside the input.
fn for_each_position(
    window: &Window,
    input: Extent,
    output: Extent,
    mut visit: impl FnMut(u8, Extent),
) {
    for kernel_y in 0..window.kernel[0] {
        let y = (output[0] * window.stride[0] + kernel_y).wrapping_sub(window.padding[0]);
        if y >= input[0] {
            continue;
        }
        for kernel_x in 0..window.kernel[1] {
            let x = (output[1] * window.stride[1] + kernel_x).wrapping_sub(window.padding[1]);
            if x < input[1] {
                visit((kernel_y * window.kernel[1] + kernel_x) as u8, [y, x]);
            }
        }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2+fma"))]
fn keep_larger(input: &[f32], position: u8, output: &mut [f32], positions: &mut [u8]) {
    for ((input, output), kept) in input.iter().zip(output).zip(positions) {
        let larger = *input > *output || input.is_nan();
        *output = if larger { *input } else { *output };
        *kept = if larger { position } else { *kept };
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2+fma"))]
fn forget_zeros(output: &[f32], positions: &mut [u8]) {
    for (output, position) in output.iter().zip(positions) {
        *position = if *output > 0.0 { *position } else { NOWHERE };
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2+fma"))]
fn add_where(gradient: &[f32], positions: &[u8], position: u8, sum: &mut [f32]) {
    for ((gradient, kept), sum) in gradient.iter().zip(positions).zip(sum) {
        *sum += if *kept == position { *gradient } else { 0.0 };
    }
}
