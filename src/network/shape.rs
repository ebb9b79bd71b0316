//! The shape of every activation of a graph for a picture of a given size.

use crate::Size;

use super::{Convolution, Extent, Graph, NodeId, Op, Window};

/// Channels, height and width of one activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Shape {
    /// Number of channels.
    pub channels: usize,
    /// Rows, in pixels or cells.
    pub height: usize,
    /// Columns, in pixels or cells.
    pub width: usize,
}

impl Shape {
    /// Number of values.
    pub fn volume(self) -> usize {
        self.channels * self.height * self.width
    }

    /// Height and width.
    pub fn size(self) -> Size {
        Size { height: self.height, width: self.width }
    }

    fn extent(self) -> Extent {
        [self.height, self.width]
    }

    fn with_extent(self, [height, width]: Extent) -> Shape {
        Shape { height, width, ..self }
    }
}

/// Why a picture does not fit a network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShapeError {
    /// Nothing of the picture is left at a node.
    #[error(
        "a picture of {width}×{height} pixels is too small for {node}, where nothing of it is left"
    )]
    TooSmall {
        /// The node's name.
        node: String,
        /// Width of the picture, in pixels.
        width: usize,
        /// Height of the picture, in pixels.
        height: usize,
    },
    /// A sum or a concatenation of activations of different sizes.
    #[error("{node} adds or joins activations of different sizes")]
    Mismatch {
        /// The node's name.
        node: String,
    },
    /// A linear layer sees another number of values than it has weights for.
    #[error(
        "{node} takes {wanted} values, and a picture of {width}×{height} pixels gives it {found}: it \
         sees pictures of one size only"
    )]
    WrongVolume {
        /// The node's name.
        node: String,
        /// Values that the layer takes.
        wanted: usize,
        /// Values that it would get.
        found: usize,
        /// Width of the picture, in pixels.
        width: usize,
        /// Height of the picture, in pixels.
        height: usize,
    },
}

/// The shape of each node's activation, by node index, for a picture of `height`×`width`.
///
/// # Errors
/// [`ShapeError::TooSmall`] names the first node whose output would be empty.
pub fn shapes(graph: &Graph, height: usize, width: usize) -> Result<Vec<Shape>, ShapeError> {
    let mut shapes: Vec<Shape> = Vec::with_capacity(graph.nodes().len());
    for node in graph.nodes() {
        let inputs: Vec<Shape> = node.inputs.iter().map(|id: &NodeId| shapes[id.index()]).collect();
        let too_small = || ShapeError::TooSmall { node: node.name.clone(), width, height };
        let mismatch = || ShapeError::Mismatch { node: node.name.clone() };
        let shape = match &node.op {
            Op::Input { channels } => Shape { channels: *channels, height, width },
            Op::Convolution(convolution) => {
                let extent = convolution.output_extent(inputs[0].extent()).ok_or_else(too_small)?;
                Shape { channels: convolution.output, ..inputs[0] }.with_extent(extent)
            }
            Op::PartialConvolution(convolution) => {
                let dense = convolution.dense();
                let extent = dense.output_extent(inputs[0].extent()).ok_or_else(too_small)?;
                Shape { channels: dense.output, ..inputs[0] }.with_extent(extent)
            }
            Op::MaxPool(window) | Op::AveragePool { window, .. } | Op::Subsample { window, .. } => {
                let extent = window.output_extent(inputs[0].extent()).ok_or_else(too_small)?;
                inputs[0].with_extent(extent)
            }
            Op::AdaptiveAveragePool { output } => inputs[0].with_extent(*output),
            Op::Concat => {
                if inputs.iter().any(|input| input.extent() != inputs[0].extent()) {
                    return Err(mismatch());
                }
                Shape { channels: inputs.iter().map(|input| input.channels).sum(), ..inputs[0] }
            }
            Op::Add => {
                if inputs.iter().any(|input| *input != inputs[0]) {
                    return Err(mismatch());
                }
                inputs[0]
            }
            Op::Channels { count, .. } => Shape { channels: *count, ..inputs[0] },
            Op::Flatten => Shape { channels: inputs[0].volume(), height: 1, width: 1 },
            Op::Linear { input, output } => {
                if inputs[0].volume() != *input {
                    return Err(ShapeError::WrongVolume {
                        node: node.name.clone(),
                        wanted: *input,
                        found: inputs[0].volume(),
                        width,
                        height,
                    });
                }
                Shape { channels: *output, height: 1, width: 1 }
            }
            Op::BatchNorm { .. }
            | Op::Activation(_)
            | Op::Softmax
            | Op::LocalResponseNorm { .. }
            | Op::Dropout { .. }
            | Op::Identity => inputs[0],
        };
        if shape.height == 0 || shape.width == 0 {
            return Err(too_small());
        }
        shapes.push(shape);
    }
    Ok(shapes)
}

impl Convolution {
    /// Height and width of the output, or `None` if the kernel does not fit.
    pub fn output_extent(&self, input: Extent) -> Option<Extent> {
        let padded = self.padding.around(input);
        both(|axis| {
            let free = padded[axis].checked_sub(self.kernel[axis])?;
            Some(free / self.stride[axis] + 1)
        })
    }
}

impl Window {
    /// Height and width of the output, or `None` if the window does not fit.
    ///
    /// In ceil mode a last partial window is kept only if it starts inside the input or its left
    /// padding (PyTorch's rule).
    pub fn output_extent(&self, input: Extent) -> Option<Extent> {
        both(|axis| {
            let (stride, padding) = (self.stride[axis], self.padding[axis]);
            let free = (input[axis] + 2 * padding).checked_sub(self.kernel[axis])?;
            if !self.ceil {
                return Some(free / stride + 1);
            }
            let count = free.div_ceil(stride) + 1;
            let starts_outside = (count - 1) * stride >= input[axis] + padding;
            Some(if starts_outside { count - 1 } else { count })
        })
    }
}

/// Applies a rule to both axes.
fn both(rule: impl Fn(usize) -> Option<usize>) -> Option<Extent> {
    Some([rule(0)?, rule(1)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ceil_mode_keeps_a_partial_window_that_starts_inside() {
        assert_eq!(Window::square(3, 2).output_extent([6, 7]), Some([2, 3]));
        assert_eq!(Window::square(3, 2).ceil().output_extent([6, 7]), Some([3, 3]));
    }

    #[test]
    fn ceil_mode_drops_a_window_that_starts_in_the_right_padding() {
        assert_eq!(Window::square(2, 2).padding(1).ceil().output_extent([3, 3]), Some([2, 2]));
    }

    #[test]
    fn a_kernel_larger_than_the_padded_input_does_not_fit() {
        assert_eq!(Convolution::square(1, 1, 7).padding(2).output_extent([2, 9]), None);
    }
}
