//! A portrait in profile: the figure in her dress, before a garden at dusk.

use image::{Luma, Rgb, Rgb32FImage, RgbImage};
use imageproc::drawing::draw_filled_circle_mut;
use imageproc::filter::gaussian_blur_f32;

use crate::brush::{Mask, outline_mask};
use crate::canvas::{develop, render, to_vec3};
use crate::curve::Spot;
use crate::face::{draw_face_lines, relief, relief_normal, skin_colour};
use crate::hair::{hair_shadow, with_hair};
use crate::noise::Noise;
use crate::sitter::{BUST, DRESS, FACE};
use crate::studio::{FILL_LIGHT, KEY_LIGHT};
use crate::vector::{Vec3, smoothstep, vec3};

const SIZE: (u32, u32) = (768, 960);
const FABRIC: Noise = Noise::new(53);
const GARDEN: Noise = Noise::new(61);

pub fn draw() -> RgbImage {
    let face = outline_mask(SIZE, &FACE);
    let figure = union(&face, &outline_mask(SIZE, &BUST));
    let relief = relief(&face, &figure);
    let shadow = hair_shadow(SIZE);
    let backdrop = backdrop();
    let [face, figure, dress] =
        [face, figure, outline_mask(SIZE, &DRESS)].map(|mask| gaussian_blur_f32(&mask, 1.0));
    let mut canvas = render(SIZE, 1, |x, y| {
        let (column, row) = (x as u32, y as u32);
        let at = |mask: &Mask| mask.get_pixel(column, row).0[0];
        let lit = 1.0 - 0.8 * at(&shadow) * (1.0 - 0.35 * at(&face));
        let chin_shadow = 0.62 + 0.38 * at(&face).max(smoothstep(600.0, 800.0, y));
        let skin = skin_colour((x, y), relief_normal(&relief, column, row)) * chin_shadow;
        let body = skin.mix(dress_colour((x, y)), at(&dress)) * lit;
        to_vec3(backdrop.get_pixel(column, row)).mix(body, at(&figure))
    });
    draw_face_lines(&mut canvas);
    develop(&with_hair(&canvas), 1.0)
}

fn union(a: &Mask, b: &Mask) -> Mask {
    let at = |mask: &Mask, x, y| mask.get_pixel(x, y).0[0];
    Mask::from_fn(SIZE.0, SIZE.1, |x, y| Luma([at(a, x, y).max(at(b, x, y))]))
}

/// Dark velvet in folds, with a woven pattern of gold.
fn dress_colour((x, y): Spot) -> Vec3 {
    let warp = 26.0 * FABRIC.fbm2(x / 120.0, y / 120.0, 3);
    let fold = |x: f32| FABRIC.ridged2((x + warp) / 85.0, (y + 2.0 * warp) / 260.0, 4);
    let slope = fold(x + 2.0) - fold(x - 2.0);
    let light = (0.42 + 5.0 * slope).clamp(0.06, 1.6) * (1.25 - x / 900.0);
    let weave = 0.85 + 0.3 * FABRIC.fbm2(x / 2.0, y / 2.0, 2);
    let scroll = (1.0 - FABRIC.fbm2((x + warp) / 34.0, (y - warp) / 34.0, 2).abs()).powi(14);
    let velvet = vec3(0.035, 0.13, 0.17);
    let gold = vec3(0.55, 0.33, 0.10);
    velvet.mix(gold, 0.75 * scroll) * KEY_LIGHT * (light * weave) + velvet * FILL_LIGHT
}

/// A garden at dusk, far out of focus.
fn backdrop() -> Rgb32FImage {
    let mut canvas = render(SIZE, 1, |x, y| {
        let leaves = GARDEN.fbm2(x / 150.0, y / 150.0, 5);
        let glow = (-((x - 90.0) / 330.0).powi(2) - ((y - 300.0) / 380.0).powi(2)).exp();
        let dusk = vec3(0.035, 0.085, 0.095).mix(vec3(0.10, 0.15, 0.06), 0.5 + leaves);
        dusk + vec3(0.55, 0.31, 0.12) * (glow * (0.75 + 0.6 * leaves))
    });
    for index in 0..70 {
        let random = |property: i32| GARDEN.random(index, property, 1);
        let centre = ((random(0) * 768.0) as i32, (random(1) * 800.0) as i32);
        let colour = vec3(0.95, 0.50, 0.16).mix(vec3(0.20, 0.42, 0.32), random(2).powi(2));
        let under = to_vec3(canvas.get_pixel(centre.0 as u32, centre.1 as u32));
        let Vec3 { x, y, z } = under + colour * (0.08 + 0.30 * random(4) * random(4));
        let radius = (9.0 + 26.0 * random(3)) as i32;
        draw_filled_circle_mut(&mut canvas, centre, radius, Rgb([x, y, z]));
    }
    gaussian_blur_f32(&canvas, 3.0)
}
