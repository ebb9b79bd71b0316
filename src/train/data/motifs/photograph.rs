//! What a camera makes of a painting: light, exposure, blur, noise, JPEG.

use std::f32::consts::TAU;

use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::{DynamicImage, ExtendedColorType};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::colour::Colour;
use super::geometry::Point;
use super::noise::Noise;

/// Standard deviation that the channels of a photograph have at least, on average.
const LEAST_CONTRAST: f32 = 0.09;

/// Takes a photograph of `size` × `size` pixels; gives 8-bit values, row by row, RGB.
pub fn take(pixels: &[Colour], size: usize, rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut pixels = pixels.to_vec();
    light(&mut pixels, size, rng);
    blur(&mut pixels, size, rng);
    expose(&mut pixels, rng);
    let bytes = develop(&pixels, rng);
    if rng.random_bool(0.4) { compress(bytes, size, rng.random_range(35..92)) } else { bytes }
}

/// Light from one side, and the shadows of things that are not in the picture.
fn light(pixels: &mut [Colour], size: usize, rng: &mut ChaCha8Rng) {
    let direction = Point::polar(rng.random_range(0.0..0.3), rng.random_range(0.0..TAU));
    let shadow = if rng.random_bool(0.3) { rng.random_range(0.1..0.5) } else { 0.0 };
    let noise = Noise::new(rng.random());
    for (index, pixel) in pixels.iter_mut().enumerate() {
        let at = Point::new((index % size) as f32, (index / size) as f32) * (2.0 / size as f32);
        let mut strength = 1.0 + direction.dot(at - Point::new(1.0, 1.0));
        if shadow > 0.0 {
            strength *= 1.0 - shadow * noise.smooth(at * 1.3);
        }
        *pixel = pixel.lit(strength);
    }
}

/// A Gaussian blur, sometimes.
fn blur(pixels: &mut [Colour], size: usize, rng: &mut ChaCha8Rng) {
    if rng.random_bool(0.4) {
        return;
    }
    let sigma = rng.random_range(0.3..0.85) * size as f32 / 64.0;
    let weight = |distance: f32| (-distance * distance / (2.0 * sigma * sigma)).exp();
    let weights = [1.0, weight(1.0), weight(2.0)];
    let total = weights[0] + 2.0 * (weights[1] + weights[2]);
    let kernel = [2, 1, 0, 1, 2].map(|distance: usize| weights[distance] / total);
    for (stride, across) in [(1, size), (size, 1)] {
        let before = pixels.to_vec();
        for line in 0..size {
            for place in 0..size {
                let mut sum = [0.0; 3];
                for (offset, weight) in kernel.iter().enumerate() {
                    let near = (place + offset).saturating_sub(2).min(size - 1);
                    let value = before[line * across + near * stride].0;
                    for channel in 0..3 {
                        sum[channel] += weight * value[channel];
                    }
                }
                pixels[line * across + place * stride] = Colour(sum);
            }
        }
    }
}

/// Changes brightness, contrast and saturation, keeping a least contrast.
fn expose(pixels: &mut [Colour], rng: &mut ChaCha8Rng) {
    let count = pixels.len() as f32;
    let mut mean = [0.0; 3];
    let mut square = 0.0;
    for pixel in pixels.iter() {
        for (sum, value) in mean.iter_mut().zip(pixel.0) {
            *sum += value / count;
            square += value * value / (3.0 * count);
        }
    }
    let variance = square - mean.iter().map(|value| value * value / 3.0).sum::<f32>();
    let contrast: f32 = rng.random_range(0.8..1.25);
    // Almost nothing to see is left as it is rather than blown up into noise.
    let stretched = contrast.max((LEAST_CONTRAST / variance.max(1e-6).sqrt()).min(4.0));
    let brightness: f32 = rng.random_range(-0.08..0.14);
    let saturation: f32 = rng.random_range(0.95..1.4);
    for pixel in pixels.iter_mut() {
        let luma = pixel.luma();
        for (value, middle) in pixel.0.iter_mut().zip(mean) {
            let vivid = luma + (*value - luma) * saturation;
            *value = middle + (vivid - middle) * stretched + brightness;
        }
    }
}

/// To 8 bits a value, with the noise of a sensor.
fn develop(pixels: &[Colour], rng: &mut ChaCha8Rng) -> Vec<u8> {
    let strength = if rng.random_bool(0.6) { rng.random_range(0.0..0.05) } else { 0.0 };
    let noise = Noise::new(rng.random());
    let value = |index: usize, channel: usize| {
        let grey = noise.random(index as i32, 3) - 0.5;
        let own = noise.random(index as i32, channel as i32) - 0.5;
        let value = pixels[index].0[channel] + strength * (grey + own);
        (value * 255.0).round().clamp(0.0, 255.0) as u8
    };
    (0..pixels.len()).flat_map(|index| [0, 1, 2].map(|channel| value(index, channel))).collect()
}

/// There and back through a JPEG of this quality.
fn compress(bytes: Vec<u8>, size: usize, quality: u8) -> Vec<u8> {
    let mut file = Vec::new();
    let side = size as u32;
    JpegEncoder::new_with_quality(&mut file, quality)
        .encode(&bytes, side, side, ExtendedColorType::Rgb8)
        .ok()
        .and_then(|()| JpegDecoder::new(std::io::Cursor::new(file)).ok())
        .and_then(|decoder| DynamicImage::from_decoder(decoder).ok())
        .map_or(bytes, |picture| picture.into_rgb8().into_raw())
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn a_faint_picture_gains_contrast() {
        let faint: Vec<Colour> =
            (0..64).map(|index| Colour([0.5 + 0.06 * (index % 2) as f32; 3])).collect();
        let mut exposed = faint.clone();
        expose(&mut exposed, &mut ChaCha8Rng::seed_from_u64(1));
        let span = exposed[1].0[0] - exposed[0].0[0];
        assert!((span - 2.0 * LEAST_CONTRAST).abs() < 0.01, "{span}");
    }

    #[test]
    fn a_jpeg_stays_close_to_the_picture() {
        let bytes: Vec<u8> = (0..3 * 32 * 32).map(|index| (index / 12) as u8).collect();
        let compressed = compress(bytes.clone(), 32, 90);
        assert_eq!(compressed.len(), bytes.len());
        assert_ne!(compressed, bytes);
        let pairs = bytes.iter().zip(&compressed);
        let apart: u32 = pairs.map(|(one, other)| u32::from(one.abs_diff(*other))).sum();
        assert!(apart < 20 * bytes.len() as u32);
    }
}
