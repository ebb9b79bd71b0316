//! The sitter's long wavy hair, strand by strand.

use image::Rgb32FImage;
use image::imageops::{FilterType, resize};
use imageproc::filter::gaussian_blur_f32;

use crate::brush::{Mask, draw_stroke, outline_mask};
use crate::curve::{Spot, curve};
use crate::noise::Noise;
use crate::sitter::LOCKS;
use crate::studio::{FILL_LIGHT, KEY_LIGHT, RIM_LIGHT};
use crate::vector::{Vec3, smoothstep, vec3};

/// Hair is drawn this many times larger than the picture, for fine strands.
const SCALE: u32 = 2;
const STRANDS: i32 = 6500;
const HAIR: Noise = Noise::new(59);

/// Where the hair keeps light from the skin.
pub fn hair_shadow(size: (u32, u32)) -> Mask {
    let back = LOCKS[LOCKS.len() - 1].iter().rev();
    let edge: Vec<Spot> = LOCKS[0].iter().chain(back).copied().collect();
    gaussian_blur_f32(&outline_mask(size, &edge), 18.0)
}

pub fn with_hair(canvas: &Rgb32FImage) -> Rgb32FImage {
    let (width, height) = (canvas.width() * SCALE, canvas.height() * SCALE);
    let mut large = resize(canvas, width, height, FilterType::Triangle);
    let locks = LOCKS.map(|lock| curve(&lock));
    for strand in 0..STRANDS {
        draw_hair(&mut large, &locks, strand);
    }
    resize(&large, canvas.width(), canvas.height(), FilterType::Triangle)
}

/// Strands are drawn from the dark ones underneath to the bright ones on top.
fn draw_hair(canvas: &mut Rgb32FImage, locks: &[Vec<Spot>], strand: i32) {
    let random = |property: i32| HAIR.random(strand, property, 0);
    let layer = strand as f32 / STRANDS as f32;
    let across = random(0);
    let stray = if random(1) > 0.965 { 34.0 } else { 8.0 };
    let path = strand_path(locks, across, (random(2), random(3)), stray);
    let tone = random(4);
    let colour = vec3(0.16, 0.055, 0.018).mix(vec3(0.42, 0.19, 0.06), tone * tone);
    let depth = 0.12 + 0.88 * layer.powf(1.5);
    let shade = |along: f32| colour * hair_light(across, along, tone) * depth;
    draw_stroke(canvas, &path, shade, 0.80);
}

fn strand_path(locks: &[Vec<Spot>], across: f32, phase: Spot, stray: f32) -> Vec<Spot> {
    let position = across * (locks.len() - 1) as f32;
    let index = (position as usize).min(locks.len() - 2);
    let share = position - index as f32;
    let ends = 0.62 + 0.38 * phase.0;
    let length = (locks[0].len() as f32 * ends) as usize;
    let scale = SCALE as f32;
    (0..length)
        .map(|step| {
            let ((ax, ay), (bx, by)) = (locks[index][step], locks[index + 1][step]);
            let (x, y) = (ax + (bx - ax) * share, ay + (by - ay) * share);
            let along = step as f32 / locks[0].len() as f32;
            let clump = HAIR.at2(across * 11.0, along * 2.4) * 44.0 * along;
            let wave = (along * 24.0 + 5.0 * HAIR.at2(across * 3.5, 0.5)).sin() * 22.0 * along;
            let own = HAIR.at2(phase.1 * 90.0, along * 5.0) * stray * smoothstep(0.0, 0.3, along);
            ((x + clump + wave + own) * scale, (y + 0.35 * clump + own) * scale)
        })
        .collect()
}

/// Bands of shine across the waves, brighter towards the key light and along the back's rim.
fn hair_light(across: f32, along: f32, tone: f32) -> Vec3 {
    let wave = HAIR.at2(across * 3.0, along * 7.0 + 0.25 * tone);
    let crown = (-((along - 0.17) / 0.07).powi(2)).exp();
    let shine = smoothstep(0.1, 0.75, wave) + 1.1 * crown * (1.0 - 0.5 * across);
    let rim = smoothstep(0.90, 1.0, across);
    FILL_LIGHT * 1.1
        + KEY_LIGHT * (0.30 + 0.9 * shine) * (1.0 - 0.55 * across)
        + RIM_LIGHT * (1.6 * rim)
}
