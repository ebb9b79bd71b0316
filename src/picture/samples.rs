//! Decoded samples of any width and channel count, as rows of float RGB and alpha.

use super::Depth;
use image::ColorType;

/// The memory layout of a decoded picture's samples: interleaved, native-endian.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    channels: usize,
    bytes_per_sample: usize,
}

impl From<ColorType> for Layout {
    fn from(color: ColorType) -> Self {
        let channels = usize::from(color.channel_count());
        Self { channels, bytes_per_sample: usize::from(color.bytes_per_pixel()) / channels }
    }
}

impl Layout {
    /// Bytes per pixel.
    pub fn bytes_per_pixel(self) -> usize {
        self.channels * self.bytes_per_sample
    }

    /// Whether the last channel is alpha.
    pub fn has_alpha(self) -> bool {
        self.channels.is_multiple_of(2)
    }

    /// The depth that preserves the samples' precision.
    pub fn depth(self) -> Depth {
        if self.bytes_per_sample == 1 { Depth::Eight } else { Depth::Sixteen }
    }

    /// Reads one row of `bytes` into `samples`, channels × width values, 0..1.
    pub fn read_row(self, bytes: &[u8], samples: &mut Vec<f32>) {
        samples.clear();
        match self.bytes_per_sample {
            1 => samples.extend(bytes.iter().map(|&byte| f32::from(byte) / 255.0)),
            2 => samples
                .extend(chunks::<2>(bytes).map(|c| f32::from(u16::from_ne_bytes(c)) / 65535.0)),
            _ => samples.extend(chunks::<4>(bytes).map(|c| unit(f32::from_ne_bytes(c)))),
        }
    }

    /// Copies the colours of a row of `samples` to `rgb`, width × 3 values; grey is repeated.
    pub fn colours(self, samples: &[f32], rgb: &mut Vec<f32>) {
        rgb.clear();
        for pixel in samples.chunks_exact(self.channels) {
            match pixel {
                [red, green, blue, ..] => rgb.extend([red, green, blue]),
                _ => rgb.extend([pixel[0]; 3]),
            }
        }
    }

    /// The last channel of a row of `samples`.
    pub fn last_channel(self, samples: &[f32]) -> impl Iterator<Item = f32> {
        samples.iter().copied().skip(self.channels - 1).step_by(self.channels)
    }
}

/// `value` clamped to 0..1; 0 for NaN.
pub(super) fn unit(value: f32) -> f32 {
    if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) }
}

fn chunks<const N: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; N]> {
    bytes.as_chunks().0.iter().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(color: ColorType, bytes: &[u8]) -> (Vec<f32>, Vec<f32>) {
        let layout = Layout::from(color);
        let (mut samples, mut rgb) = (Vec::new(), Vec::new());
        layout.read_row(bytes, &mut samples);
        layout.colours(&samples, &mut rgb);
        let alpha =
            if layout.has_alpha() { layout.last_channel(&samples).collect() } else { vec![] };
        (rgb, alpha)
    }

    #[test]
    fn grey_is_repeated_in_all_three_channels() {
        assert_eq!(row(ColorType::L8, &[255, 0]), (vec![1.0, 1.0, 1.0, 0.0, 0.0, 0.0], vec![]));
    }

    #[test]
    fn alpha_is_the_last_of_two_or_four_channels() {
        assert_eq!(row(ColorType::La8, &[0, 255]), (vec![0.0; 3], vec![1.0]));
        assert_eq!(row(ColorType::Rgba8, &[0, 0, 255, 51]), (vec![0.0, 0.0, 1.0], vec![0.2]));
    }

    #[test]
    fn sixteen_bits_keep_their_precision() {
        let bytes = 12345u16.to_ne_bytes();
        assert_eq!(row(ColorType::L16, &bytes).0[0], 12345.0 / 65535.0);
        assert_eq!(Layout::from(ColorType::L16).depth(), Depth::Sixteen);
    }

    #[test]
    fn float_samples_are_clamped_to_the_unit_range() {
        let bytes: Vec<u8> = [f32::NAN, -3.0, 7.0].into_iter().flat_map(f32::to_ne_bytes).collect();
        assert_eq!(row(ColorType::Rgb32F, &bytes).0, [0.0, 0.0, 1.0]);
    }
}
