//! The canvas in linear light: rendering it on every core, developing it like film, saving it.

use std::num::NonZero;
use std::path::Path;
use std::sync::Mutex;
use std::thread;

use anyhow::{Context, Result, ensure};
use image::codecs::jpeg::JpegEncoder;
use image::{Rgb, Rgb32FImage, RgbImage};
use imageproc::filter::gaussian_blur_f32;

use crate::noise::Noise;
use crate::vector::{Vec3, vec3};

const LARGEST_FILE: usize = 300_000;
const QUALITIES: [u8; 7] = [95, 92, 89, 86, 82, 78, 74];
const GRAIN: Noise = Noise::new(77);

/// Shades each pixel as the mean of `samples` × `samples` points in it.
pub fn render(
    (width, height): (u32, u32),
    samples: u32,
    shade: impl Fn(f32, f32) -> Vec3 + Sync,
) -> Rgb32FImage {
    let mut canvas = Rgb32FImage::new(width, height);
    let rows = Mutex::new(canvas.chunks_mut(3 * width as usize).enumerate());
    let work = || {
        while let Some((y, row)) = { rows.lock().expect("no thread panicked").next() } {
            for (x, pixel) in row.chunks_mut(3).enumerate() {
                let colour = pixel_mean(x as f32, y as f32, samples, &shade);
                pixel.copy_from_slice(&[colour.x, colour.y, colour.z]);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(work);
        }
    });
    canvas
}

fn pixel_mean(x: f32, y: f32, samples: u32, shade: &impl Fn(f32, f32) -> Vec3) -> Vec3 {
    let spacing = 1.0 / samples as f32;
    let mut sum = Vec3::default();
    for j in 0..samples {
        for i in 0..samples {
            let (dx, dy) = (i as f32 + 0.5, j as f32 + 0.5);
            sum = sum + shade(x + dx * spacing, y + dy * spacing);
        }
    }
    sum * (spacing * spacing)
}

/// Develops linear light into a picture: bloom, vignette, tone curve, grain.
pub fn develop(canvas: &Rgb32FImage, exposure: f32) -> RgbImage {
    let bloom = gaussian_blur_f32(canvas, canvas.width() as f32 / 60.0);
    RgbImage::from_fn(canvas.width(), canvas.height(), |x, y| {
        let light = to_vec3(canvas.get_pixel(x, y)).mix(to_vec3(bloom.get_pixel(x, y)), 0.12);
        let light = light * (exposure * vignette(x, y, canvas.dimensions()));
        let grain = (GRAIN.random(x as i32, y as i32, 0) - 0.5) * 0.012;
        let display = saturate(film_curve(light)) + Vec3::splat(grain);
        let byte = |value: f32| (value * 255.0).round().clamp(0.0, 255.0) as u8;
        Rgb([byte(display.x), byte(display.y), byte(display.z)])
    })
}

pub fn to_vec3(pixel: &Rgb<f32>) -> Vec3 {
    vec3(pixel.0[0], pixel.0[1], pixel.0[2])
}

fn vignette(x: u32, y: u32, (width, height): (u32, u32)) -> f32 {
    let from_centre = |at: u32, size: u32| (at as f32 + 0.5) / size as f32 * 2.0 - 1.0;
    let (dx, dy) = (from_centre(x, width), from_centre(y, height));
    1.0 - 0.16 * (dx * dx + dy * dy)
}

/// A soft shoulder in the highlights, display gamma, then a little contrast.
fn film_curve(light: Vec3) -> Vec3 {
    light.map(|value| {
        let display = (1.0 - (-value.max(0.0)).exp()).powf(1.0 / 2.2);
        let contrast = display * display * (3.0 - 2.0 * display);
        display + (contrast - display) * 0.45
    })
}

fn saturate(display: Vec3) -> Vec3 {
    let grey = display.dot(vec3(0.2126, 0.7152, 0.0722));
    Vec3::splat(grey).mix(display, 1.25)
}

/// Writes a JPEG of the best quality that fits the size limit.
pub fn save(picture: &RgbImage, path: &Path) -> Result<()> {
    let mut bytes = Vec::new();
    for quality in QUALITIES {
        bytes.clear();
        picture.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, quality))?;
        if bytes.len() <= LARGEST_FILE {
            break;
        }
    }
    ensure!(bytes.len() <= LARGEST_FILE, "{} would be too large", path.display());
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
