//! Drawings on a ground.

use image::imageops::colorops::huerotate_in_place;
use image::imageops::{FilterType, crop_imm, flip_horizontal_in_place, replace, resize, rotate90};
use image::{RgbImage, Rgba, Rgba32FImage, RgbaImage};
use imageproc::geometric_transformations::{Border, Interpolation, Projection, warp_into};
use rand::seq::SliceRandom;
use rand::{Rng, RngExt};

/// Puts one to five copies of a drawing on a picture: large where there are few, turned a little, flipped,
/// and of other hues.
pub fn scatter(picture: &mut RgbImage, drawing: &RgbaImage, random: &mut impl Rng) {
    let copies = [1, 1, 1, 1, 2, 3][random.random_range(0..6)];
    let side = picture.width() as f32;
    for _ in 0..copies {
        let mut copy = drawing.clone();
        if random.random_bool(0.6) {
            // Now and then any hue at all.
            let spread = if random.random_bool(0.03) { 180.0 } else { 18.0 };
            huerotate_in_place(&mut copy, (spread * bell(random)) as i32);
        }
        if random.random_bool(0.5) {
            flip_horizontal_in_place(&mut copy);
        }
        let angle = (15.0 * bell(random)).to_radians();
        let size = side * random.random_range(0.5..1.1) / (copies as f32).sqrt();
        let copy = turned(&copy, angle, size);
        // Up to a sixth of it is outside.
        let margin = size / 6.0;
        let mut place = |extent: u32| {
            let room = (side - extent as f32).max(0.0);
            random.random_range(-margin..=room + margin).round() as i64
        };
        let (left, top) = (place(copy.width()), place(copy.height()));
        put(picture, &copy, left, top);
    }
}

/// A drawing cut into pieces, which change places, are turned and flipped: its parts without its form.
pub fn scrambled(drawing: &RgbaImage, random: &mut impl Rng) -> RgbaImage {
    let count = random.random_range(2..=4);
    let side = drawing.width().min(drawing.height()) / count;
    let mut places: Vec<u32> = (0..count * count).collect();
    places.shuffle(random);
    let mut all = RgbaImage::new(count * side, count * side);
    for (place, from) in places.into_iter().enumerate() {
        let (x, y) = (from % count * side, from / count * side);
        let mut piece = crop_imm(drawing, x, y, side, side).to_image();
        for _ in 0..random.random_range(0..4) {
            piece = rotate90(&piece);
        }
        let place = place as u32;
        replace(&mut all, &piece, i64::from(place % count * side), i64::from(place / count * side));
    }
    all
}

/// About the normal distribution, within ±2.
fn bell(random: &mut impl Rng) -> f32 {
    (0..4).map(|_| random.random_range(-0.5..=0.5f32)).sum::<f32>() * 3.0f32.sqrt()
}

/// A drawing turned by an angle, with a longer side of `size` pixels. Its colours are multiplied by their
/// opacity, so that what is transparent has none.
fn turned(drawing: &RgbaImage, angle: f32, size: f32) -> Rgba32FImage {
    let (width, height) = drawing.dimensions();
    let (sine, cosine) = (angle.sin().abs(), angle.cos().abs());
    let across = (width as f32 * cosine + height as f32 * sine).ceil() as u32;
    let down = (width as f32 * sine + height as f32 * cosine).ceil() as u32;
    let premultiplied = Rgba32FImage::from_fn(width, height, |x, y| {
        let [red, green, blue, alpha] =
            drawing.get_pixel(x, y).0.map(|value| f32::from(value) / 255.0);
        Rgba([red * alpha, green * alpha, blue * alpha, alpha])
    });
    let turn = Projection::translate(-(width as f32) / 2.0, -(height as f32) / 2.0)
        .and_then(Projection::rotate(angle))
        .and_then(Projection::translate(across as f32 / 2.0, down as f32 / 2.0));
    let mut turned = Rgba32FImage::new(across, down);
    let outside = Border::Constant(Rgba([0.0; 4]));
    warp_into(&premultiplied, turn, Interpolation::Bilinear, outside, &mut turned);
    let scale = size / width.max(height) as f32;
    let scaled = |extent: u32| ((extent as f32 * scale).round() as u32).max(1);
    resize(&turned, scaled(across), scaled(down), FilterType::Lanczos3)
}

/// Lays a drawing over a picture, wherever it is inside.
fn put(picture: &mut RgbImage, drawing: &Rgba32FImage, left: i64, top: i64) {
    for (x, y, pixel) in drawing.enumerate_pixels() {
        let (Ok(x), Ok(y)) =
            (u32::try_from(left + i64::from(x)), u32::try_from(top + i64::from(y)))
        else {
            continue;
        };
        let Some(below) = picture.get_pixel_mut_checked(x, y) else { continue };
        for (below, own) in below.0.iter_mut().zip(pixel.0) {
            *below = (f32::from(*below) * (1.0 - pixel[3]) + own * 255.0).clamp(0.0, 255.0) as u8;
        }
    }
}
