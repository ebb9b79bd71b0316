//! The sitter's face, throat and shoulders: a relief blown up from outlines, in soft light.

use image::{Luma, Rgb32FImage};
use imageproc::filter::gaussian_blur_f32;

use crate::brush::{Mask, draw_stroke};
use crate::curve::{Spot, curve};
use crate::noise::Noise;
use crate::sitter::{FEATURES, Feature};
use crate::studio::{FILL_LIGHT, KEY_LIGHT, RIM_LIGHT, key_direction};
use crate::vector::{Vec3, smoothstep, vec3};

const SKIN: Noise = Noise::new(51);
const BROW: Noise = Noise::new(59);

/// Blows the masks up like a balloon and adds the features of the face.
pub fn relief(face: &Mask, bust: &Mask) -> Mask {
    let (face, bust) = (inflated(face), inflated(bust));
    let heights = Mask::from_fn(face.width(), face.height(), |x, y| {
        let base = face.get_pixel(x, y).0[0] * 1.15 + bust.get_pixel(x, y).0[0] * 0.9;
        Luma([base + features(x as f32, y as f32)])
    });
    gaussian_blur_f32(&heights, 1.6)
}

fn inflated(mask: &Mask) -> Mask {
    const WIDTHS: [(f32, f32); 5] =
        [(4.0, 5.0), (10.0, 10.0), (26.0, 26.0), (60.0, 62.0), (110.0, 90.0)];
    let layers = WIDTHS.map(|(sigma, height)| (gaussian_blur_f32(mask, sigma), height));
    Mask::from_fn(mask.width(), mask.height(), |x, y| {
        let rise = |(layer, height): &(Mask, f32)| {
            height * smoothstep(0.3, 1.0, layer.get_pixel(x, y).0[0])
        };
        Luma([layers.iter().map(rise).sum()])
    })
}

fn features(x: f32, y: f32) -> f32 {
    let bump = |&((cx, cy), (rx, ry), height): &Feature| {
        height * (-((x - cx) / rx).powi(2) - ((y - cy) / ry).powi(2)).exp()
    };
    FEATURES.iter().map(bump).sum()
}

pub fn relief_normal(relief: &Mask, x: u32, y: u32) -> Vec3 {
    let h = |x: u32, y: u32| {
        relief.get_pixel(x.min(relief.width() - 1), y.min(relief.height() - 1)).0[0]
    };
    let (left, up) = (x.saturating_sub(1), y.saturating_sub(1));
    vec3(h(left, y) - h(x + 1, y), h(x, up) - h(x, y + 1), 2.2).normalized()
}

pub fn skin_colour((x, y): Spot, normal: Vec3) -> Vec3 {
    let tone = SKIN.fbm2(x / 60.0, y / 60.0, 5);
    let pores = SKIN.fbm2(x / 3.0, y / 3.0, 3);
    let normal = (normal + vec3(0.05, 0.05, 0.0) * pores).normalized();
    let blush = (-((x - 325.0) / 60.0).powi(2) - ((y - 445.0) / 46.0).powi(2)).exp();
    let lips = lip_colour(x, y);
    let albedo = vec3(0.66, 0.44, 0.33)
        .mix(vec3(0.60, 0.34, 0.24), 0.5 + 0.6 * tone)
        .mix(vec3(0.68, 0.28, 0.22), 0.40 * blush)
        .mix(vec3(0.50, 0.12, 0.11), lips);
    let facing = normal.dot(key_direction());
    let wrapped = vec3(0.30, 0.14, 0.10).map(|wrap| ((facing + wrap) / (1.0 + wrap)).max(0.0));
    let half = (key_direction() + vec3(0.0, 0.0, 1.0)).normalized();
    let shine = normal.dot(half).max(0.0).powf(26.0) * (0.10 + 0.25 * lips);
    let rim = (1.0 - normal.z).powi(2) * 0.30;
    albedo * (KEY_LIGHT * wrapped + FILL_LIGHT * (1.0 - 0.3 * normal.y) + RIM_LIGHT * rim)
        + KEY_LIGHT * shine
}

fn lip_colour(x: f32, y: f32) -> f32 {
    let lip = |cy: f32, ry: f32| {
        let (dx, dy) = ((x - 240.0) / 40.0, (y - cy - (x - 240.0) * 0.08) / ry);
        1.0 - smoothstep(0.45, 1.0, dx * dx + dy * dy)
    };
    0.75 * lip(505.0, 12.0).max(lip(531.0, 15.0))
}

pub fn draw_face_lines(canvas: &mut Rgb32FImage) {
    let ink = vec3(0.035, 0.018, 0.012);
    let lid =
        curve(&[(268.0, 362.0), (277.0, 372.0), (292.0, 377.0), (309.0, 374.0), (322.0, 366.0)]);
    for shift in [0.0, 0.7, 1.4] {
        draw_stroke(canvas, &shifted(&lid, 0.0, shift), |_| ink, 0.8);
    }
    let crease = curve(&[(272.0, 351.0), (286.0, 345.0), (304.0, 347.0), (320.0, 357.0)]);
    draw_stroke(canvas, &crease, |_| vec3(0.20, 0.09, 0.06), 0.45);
    let mouth = curve(&[(247.0, 518.0), (256.0, 517.0), (266.0, 520.0), (277.0, 519.0)]);
    for shift in [0.0, 1.0] {
        draw_stroke(canvas, &shifted(&mouth, 0.0, shift), |_| vec3(0.10, 0.02, 0.02), 0.7);
    }
    draw_lashes(canvas, &lid, ink);
    draw_brow(canvas, ink);
}

fn draw_lashes(canvas: &mut Rgb32FImage, lid: &[Spot], ink: Vec3) {
    for (index, &(x, y)) in lid.iter().enumerate() {
        let along = index as f32 / lid.len() as f32;
        let uneven = 0.8 + 0.4 * BROW.random(index as i32, 0, 3);
        let length = (15.0 - 8.0 * along) * uneven;
        let lean = -(1.15 - 1.1 * along) * length;
        let path =
            curve(&[(x, y), (x + 0.4 * lean, y + 0.5 * length), (x + lean, y + 0.6 * length)]);
        draw_stroke(canvas, &path, |along| ink.mix(Vec3::splat(0.2), along), 0.5);
    }
}

fn draw_brow(canvas: &mut Rgb32FImage, ink: Vec3) {
    let brow = curve(&[(263.0, 326.0), (280.0, 312.0), (305.0, 306.0), (345.0, 318.0)]);
    for hair in 0..230 {
        let random = |property: i32| BROW.random(hair, property, 2);
        let along = random(0);
        let (x, y) = brow[(along * (brow.len() - 1) as f32) as usize];
        let y = y + (random(1) - 0.5) * 11.0 * (1.0 - 0.6 * along);
        let tip = (x + 10.0 + 5.0 * random(2), y - 5.0 + 9.0 * along);
        draw_stroke(canvas, &[(x, y), tip], |_| ink, 0.35);
    }
}

fn shifted(path: &[Spot], dx: f32, dy: f32) -> Vec<Spot> {
    path.iter().map(|&(x, y)| (x + dx, y + dy)).collect()
}
