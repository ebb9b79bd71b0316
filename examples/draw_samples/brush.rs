//! Filled outlines and fine strokes.

use image::imageops::crop_imm;
use image::{GrayImage, ImageBuffer, Luma, Rgb, Rgb32FImage};
use imageproc::drawing::{draw_antialiased_line_segment_mut, draw_polygon_mut};
use imageproc::point::Point;

use crate::canvas::to_vec3;
use crate::curve::{Spot, closed_curve};
use crate::vector::Vec3;

pub type Mask = ImageBuffer<Luma<f32>, Vec<f32>>;

/// How far an outline may reach beyond the picture.
const MARGIN: u32 = 200;

/// 1 inside the closed curve through `spots`, 0 outside.
pub fn outline_mask((width, height): (u32, u32), spots: &[Spot]) -> Mask {
    let mut mask = GrayImage::new(width + 2 * MARGIN, height + 2 * MARGIN);
    let corner = |&(x, y): &Spot| Point::new(x as i32 + MARGIN as i32, y as i32 + MARGIN as i32);
    let mut corners: Vec<_> = closed_curve(spots).iter().map(corner).collect();
    corners.dedup();
    draw_polygon_mut(&mut mask, &corners, Luma([255]));
    let mask = crop_imm(&mask, MARGIN, MARGIN, width, height).to_image();
    Mask::from_fn(width, height, |x, y| Luma([f32::from(mask.get_pixel(x, y).0[0]) / 255.0]))
}

/// Draws `path` in the colour for each place along it, from 0 at its start to 1 at its end.
pub fn draw_stroke(
    canvas: &mut Rgb32FImage,
    path: &[Spot],
    colour: impl Fn(f32) -> Vec3,
    opacity: f32,
) {
    let pixel = |(x, y): Spot| (x.round() as i32, y.round() as i32);
    for (index, ends) in path.windows(2).enumerate() {
        let Vec3 { x, y, z } = colour(index as f32 / path.len() as f32);
        draw_antialiased_line_segment_mut(
            canvas,
            pixel(ends[0]),
            pixel(ends[1]),
            Rgb([x, y, z]),
            |line, below, weight| blend(line, below, weight * opacity),
        );
    }
}

fn blend(line: Rgb<f32>, below: Rgb<f32>, weight: f32) -> Rgb<f32> {
    let Vec3 { x, y, z } = to_vec3(&below).mix(to_vec3(&line), weight);
    Rgb([x, y, z])
}
