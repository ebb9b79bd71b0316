//! The modern LeNet: LeNet-5's sequence of convolutions, pooling and hidden layers (LeCun et al.
//! 1998) with max-pooling, fully connected feature maps, and configurable sizes.
//!
//! For 28×28 pixels with the sizes of LeNet-5:
//!
//! | layer   | maps | plane | sees  |
//! | ------- | ---- | ----- | ----- |
//! | conv1   |    6 | 28×28 | 5×5   |
//! | pool1   |    6 | 14×14 | 2×2   |
//! | conv2   |   16 | 10×10 | 5×5   |
//! | pool2   |   16 |   5×5 | 2×2   |
//! | hidden1 |  120 |   1×1 | all   |
//! | hidden2 |   84 |   1×1 | all   |
//! | output  |   10 |   1×1 | all   |

use super::trained::Chain;
use crate::network::{Form, Graph, ShapeError};

/// Default feature maps of the convolutions: those of LeNet-5.
pub const MAPS: [usize; 2] = [6, 16];

/// Default side of the kernels.
pub const KERNEL: usize = 5;

/// Default widths of the hidden layers.
pub const HIDDEN: [usize; 2] = [120, 84];

/// The first convolution pads the picture by half a kernel, the others not at all: 28×28 pixels
/// become LeNet-5's 32×32. The default layer is the second pooling.
pub fn lenet(
    name: &str,
    maps: &[usize],
    kernel: usize,
    hidden: &[usize],
    form: &Form,
) -> Result<Graph, ShapeError> {
    let mut net = Chain::new(name, form);
    for (index, maps) in maps.iter().enumerate() {
        let padding = if index == 0 { kernel / 2 } else { 0 };
        net.convolution(&format!("conv{}", index + 1), *maps, kernel, [padding; 2]);
        net.max_pool(&format!("pool{}", index + 1));
    }
    for (index, width) in hidden.iter().enumerate() {
        net.covering(&format!("hidden{}", index + 1), *width)?;
    }
    net.finish(&format!("pool{}", maps.len().min(2)))
}
