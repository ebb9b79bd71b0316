//! Zero padding of a convolution.

use super::Extent;

/// Rows and columns of zeros around an activation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Padding {
    /// Above and to the left.
    pub before: Extent,
    /// Below and to the right.
    pub after: Extent,
}

impl Padding {
    /// The same on both sides.
    pub fn symmetric(extent: Extent) -> Padding {
        Padding { before: extent, after: extent }
    }

    /// TensorFlow's `SAME` for planes whose size is a multiple of the stride: the output has
    /// size/stride values, and an odd number of zeros has the extra one at the end.
    ///
    /// For other planes TensorFlow shifts the windows up and to the left by half the remainder of
    /// their size. Here every plane has the same grid, so that the grid of a tile is that of the
    /// whole picture, and an octave sees the network that was trained (pictures of 224×224 are
    /// whole multiples at every layer).
    ///
    /// # Panics
    /// If the window is smaller than its stride.
    pub fn same(kernel: Extent, stride: Extent) -> Padding {
        let both = [0, 1].map(|axis| kernel[axis] - stride[axis]);
        let before = both.map(|both| both / 2);
        Padding { before, after: [0, 1].map(|axis| both[axis] - before[axis]) }
    }

    /// Whether opposite sides have the same padding, as all operations but convolutions need it.
    pub fn is_symmetric(&self) -> bool {
        self.before == self.after
    }

    /// Height and width of a plane with its padding.
    pub fn around(&self, extent: Extent) -> Extent {
        [0, 1].map(|axis| self.before[axis] + extent[axis] + self.after[axis])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Convolution;

    /// As `tf.nn.conv2d` documents: max((⌈in/stride⌉ − 1) · stride + kernel − in, 0) zeros, half of
    /// them, rounded down, before.
    fn tensorflow(kernel: usize, stride: usize, input: usize) -> [usize; 2] {
        let covered = (input.div_ceil(stride) - 1) * stride + kernel;
        let both = covered.saturating_sub(input);
        [both / 2, both - both / 2]
    }

    #[test]
    fn same_padding_is_tensorflows_for_multiples_of_the_stride() {
        for (kernel, stride) in [(7, 2), (3, 2), (3, 1), (5, 1), (1, 1), (2, 2), (8, 3)] {
            let Padding { before, after } = Padding::same([kernel; 2], [stride; 2]);
            for multiple in 4..9 {
                assert_eq!([before[0], after[0]], tensorflow(kernel, stride, multiple * stride));
            }
        }
    }

    #[test]
    fn same_padding_keeps_a_multiple_of_the_stride_in_proportion() {
        let convolution = Convolution::square(3, 64, 7).stride(2).same();
        assert_eq!(convolution.output_extent([224, 96]), Some([112, 48]));
    }
}
