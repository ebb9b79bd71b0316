//! Encoding a picture in memory.
//!
//! Values are rounded to the nearest level, without dithering; values outside 0..1 are clamped, and
//! NaN becomes 0.

use super::metadata::{MetadataError, PNG_KEYWORD, add_to_jpeg};
use super::{Depth, Format, Picture};
use image::codecs::{bmp::BmpEncoder, jpeg::JpegEncoder, tiff::TiffEncoder, webp::WebPEncoder};
use image::{ExtendedColorType, ImageEncoder};
use std::io::Cursor;

/// Why a picture could not be encoded.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// A side is longer than the format allows.
    #[error(
        "a {format} picture can be at most {} pixels on a side, and this one is {width}×{height}; choose PNG",
        format.max_side()
    )]
    TooLarge {
        /// The format.
        format: Format,
        /// Width of the picture, in pixels.
        width: usize,
        /// Height of the picture, in pixels.
        height: usize,
    },
    /// PNG encoding failed.
    #[error("the picture could not be encoded as PNG: {0}; choose another format")]
    Png(#[from] png::EncodingError),
    /// Encoding in another format failed.
    #[error("the picture could not be encoded: {0}; choose another format")]
    Image(#[from] image::ImageError),
    /// The settings could not be added.
    #[error(transparent)]
    Settings(#[from] MetadataError),
}

/// The content of a `format` file showing `picture`.
///
/// `settings` is embedded in PNG and JPEG files, and dropped for other formats. `jpeg_quality` is
/// 1..=100.
///
/// # Errors
/// [`EncodeError`] if the format cannot hold the picture.
pub fn encode(
    picture: &Picture,
    settings: Option<&str>,
    format: Format,
    jpeg_quality: u8,
) -> Result<Vec<u8>, EncodeError> {
    let (width, height) = (picture.planes.width(), picture.planes.height());
    if width.max(height) > format.max_side() {
        return Err(EncodeError::TooLarge { format, width, height });
    }
    let raster = Raster::new(picture, format);
    let mut file = Vec::new();
    match format {
        Format::Png => raster.write_png(settings, &mut file)?,
        Format::Jpeg => {
            raster.write_image(JpegEncoder::new_with_quality(&mut file, jpeg_quality))?;
            if let Some(settings) = settings {
                file = add_to_jpeg(file, settings)?;
            }
        }
        Format::WebP => raster.write_image(WebPEncoder::new_lossless(&mut file))?,
        Format::Tiff => raster.write_image(TiffEncoder::new(Cursor::new(&mut file)))?,
        Format::Bmp => raster.write_image(BmpEncoder::new(&mut file))?,
    }
    Ok(file)
}

/// A picture's levels, interleaved for an encoder.
struct Raster {
    width: u32,
    height: u32,
    has_alpha: bool,
    depth: Depth,
    /// Native-endian if 16 bits, but big-endian for PNG.
    bytes: Vec<u8>,
}

impl Raster {
    /// The levels of `picture` at the depth and channels that `format` supports.
    fn new(picture: &Picture, format: Format) -> Self {
        let planes = &picture.planes;
        let alpha = picture.alpha.as_deref().filter(|_| format.has_alpha());
        let channels: Vec<&[f32]> = (0..3).map(|c| planes.plane(c)).chain(alpha).collect();
        let depth = format.depth(picture.depth);
        let bytes = match (depth, format) {
            (Depth::Eight, _) => interleave(&channels, |value| [level_of_8_bits(value)]),
            (_, Format::Png) => interleave(&channels, |v| level_of_16_bits(v).to_be_bytes()),
            _ => interleave(&channels, |v| level_of_16_bits(v).to_ne_bytes()),
        };
        Self {
            width: planes.width() as u32,
            height: planes.height() as u32,
            has_alpha: alpha.is_some(),
            depth,
            bytes,
        }
    }

    fn write_image(&self, encoder: impl ImageEncoder) -> Result<(), image::ImageError> {
        let color = match (self.depth, self.has_alpha) {
            (Depth::Eight, false) => ExtendedColorType::Rgb8,
            (Depth::Eight, true) => ExtendedColorType::Rgba8,
            (Depth::Sixteen, false) => ExtendedColorType::Rgb16,
            (Depth::Sixteen, true) => ExtendedColorType::Rgba16,
        };
        encoder.write_image(&self.bytes, self.width, self.height, color)
    }

    fn write_png(
        &self,
        settings: Option<&str>,
        file: &mut Vec<u8>,
    ) -> Result<(), png::EncodingError> {
        let mut encoder = png::Encoder::new(file, self.width, self.height);
        encoder.set_color(if self.has_alpha { png::ColorType::Rgba } else { png::ColorType::Rgb });
        encoder.set_depth(match self.depth {
            Depth::Eight => png::BitDepth::Eight,
            Depth::Sixteen => png::BitDepth::Sixteen,
        });
        encoder.set_compression(png::Compression::Fast);
        encoder.set_source_srgb(png::SrgbRenderingIntent::Perceptual);
        if let Some(settings) = settings {
            encoder.add_itxt_chunk(PNG_KEYWORD.to_owned(), settings.to_owned())?;
        }
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.bytes)?;
        writer.finish()
    }
}

fn interleave<const N: usize>(channels: &[&[f32]], level: impl Fn(f32) -> [u8; N]) -> Vec<u8> {
    let pixels = channels[0].len();
    let mut bytes = Vec::with_capacity(pixels * channels.len() * N);
    for pixel in 0..pixels {
        for channel in channels {
            bytes.extend(level(channel[pixel]));
        }
    }
    bytes
}

/// The nearest of 256 levels. A cast to an integer saturates, and turns NaN into 0.
fn level_of_8_bits(value: f32) -> u8 {
    (value * 255.0).round() as u8
}

/// The nearest of 65536 levels.
fn level_of_16_bits(value: f32) -> u16 {
    (value * 65535.0).round() as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Planes;

    #[test]
    fn every_level_survives_a_round_trip() {
        assert!((0..=u8::MAX).all(|n| level_of_8_bits(f32::from(n) / 255.0) == n));
        assert!((0..=u16::MAX).all(|n| level_of_16_bits(f32::from(n) / 65535.0) == n));
    }

    #[test]
    fn values_are_rounded_to_the_nearest_level_and_clamped() {
        assert_eq!(level_of_8_bits(0.4999 / 255.0), 0);
        assert_eq!(level_of_8_bits(0.5001 / 255.0), 1);
        assert_eq!(level_of_8_bits(-5.0), 0);
        assert_eq!(level_of_8_bits(f32::INFINITY), 255);
        assert_eq!(level_of_16_bits(f32::NAN), 0);
    }

    #[test]
    fn a_picture_too_long_for_its_format_is_an_error_that_names_one_that_fits() {
        let planes = Planes::filled(1, 70_000, 0.5);
        let picture = Picture { planes, alpha: None, depth: Depth::Eight };
        let message = encode(&picture, None, Format::Jpeg, 95).unwrap_err().to_string();
        assert!(message.contains("at most 65535") && message.contains("PNG"), "{message}");
        assert!(encode(&picture, None, Format::Png, 95).is_ok());
    }
}
