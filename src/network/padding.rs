//! Zeros around the input of a convolution.

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
    /// As many on one side as on the other.
    pub fn symmetric(extent: Extent) -> Padding {
        Padding { before: extent, after: extent }
    }

    /// TensorFlow's `SAME` for planes whose size is a multiple of the stride: the output has
    /// size/stride values, and where the zeros do not come out even there is one more after than
    /// before.
    ///
    /// TensorFlow places the windows of other planes half a stride further up and to the left, by
    /// the remainder of their size. Here every plane has one and the same grid, so that a tile's
    /// grid is that of the whole picture, and an octave sees the network that was trained (pictures
    /// of 224×224 are whole multiples at every layer).
    ///
    /// # Panics
    /// If a window does not cover its stride.
    pub fn same(kernel: Extent, stride: Extent) -> Padding {
        let both = [0, 1].map(|axis| kernel[axis] - stride[axis]);
        let before = both.map(|both| both / 2);
        Padding { before, after: [0, 1].map(|axis| both[axis] - before[axis]) }
    }

    pub fn is_symmetric(&self) -> bool {
        self.before == self.after
    }

    /// Height and width of what is padded, with the padding.
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
