//! What is behind the drawings.

use image::imageops::{FilterType, crop_imm, flip_horizontal_in_place, resize};
use image::{Rgb, RgbImage};
use rand::{Rng, RngExt};

/// A crop of a photograph of any size, or noise as coarse as any; brighter or darker than it was.
pub fn ground(photographs: &[RgbImage], size: u32, random: &mut impl Rng) -> RgbImage {
    let mut ground = if random.random_bool(0.25) {
        let side = *[4, 8, 16, size].get(random.random_range(0..4)).expect("there are four");
        let noise = RgbImage::from_fn(side, side, |_, _| Rgb([(); 3].map(|()| random.random())));
        resize(&noise, size, size, FilterType::CatmullRom)
    } else {
        let photograph = &photographs[random.random_range(0..photographs.len())];
        let (width, height) = photograph.dimensions();
        let side = random.random_range(size.min(width.min(height))..=width.min(height));
        let left = random.random_range(0..=width - side);
        let top = random.random_range(0..=height - side);
        let crop = crop_imm(photograph, left, top, side, side).to_image();
        resize(&crop, size, size, FilterType::Lanczos3)
    };
    if random.random_bool(0.5) {
        flip_horizontal_in_place(&mut ground);
    }
    let brightness: f32 = random.random_range(0.6..1.3);
    for value in ground.iter_mut() {
        *value = (f32::from(*value) * brightness).min(255.0) as u8;
    }
    ground
}
