//! The pictures in a colour font.

use ab_glyph::{Font, FontRef, GlyphImageFormat};
use image::{ImageFormat, RgbaImage};

/// Pixels per em of the bitmaps that are asked for.
const SIZE: u16 = 109;

/// The drawing of an emoji, without what is transparent around it.
pub fn drawing(font: &FontRef, emoji: char) -> Option<RgbaImage> {
    let image = font.glyph_raster_image2(font.glyph_id(emoji), SIZE)?;
    if !matches!(image.format, GlyphImageFormat::Png) {
        return None;
    }
    let drawing = image::load_from_memory_with_format(image.data, ImageFormat::Png).ok()?;
    Some(trimmed(&drawing.into_rgba8()))
}

fn trimmed(drawing: &RgbaImage) -> RgbaImage {
    let opaque = || drawing.enumerate_pixels().filter(|(_, _, pixel)| pixel[3] > 0);
    let Some(left) = opaque().map(|(x, _, _)| x).min() else { return drawing.clone() };
    let right = opaque().map(|(x, _, _)| x).max().unwrap_or(left);
    let top = opaque().map(|(_, y, _)| y).min().unwrap_or(0);
    let bottom = opaque().map(|(_, y, _)| y).max().unwrap_or(top);
    let (width, height) = (right - left + 1, bottom - top + 1);
    image::imageops::crop_imm(drawing, left, top, width, height).to_image()
}

#[cfg(test)]
mod tests {
    use image::Rgba;

    use super::*;

    #[test]
    fn what_is_transparent_around_a_drawing_goes() {
        let mut drawing = RgbaImage::new(9, 7);
        drawing.put_pixel(2, 3, Rgba([1, 2, 3, 255]));
        drawing.put_pixel(5, 4, Rgba([4, 5, 6, 1]));
        let trimmed = trimmed(&drawing);
        assert_eq!(trimmed.dimensions(), (4, 2));
        assert_eq!((trimmed.get_pixel(0, 0)[0], trimmed.get_pixel(3, 1)[0]), (1, 4));
    }
}
