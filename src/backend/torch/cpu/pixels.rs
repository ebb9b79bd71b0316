//! Pixels between the picture's planes and the network's channels-last input, and the step itself.

use super::parallel;
use crate::backend::{Normalize, Rectangle, Roll};
use crate::network::Preprocessing;

/// Values per piece of work in loops over whole planes.
const CHUNK: usize = 1 << 16;

/// Where the pixels of a rolled picture lie in the picture itself.
#[derive(Clone, Copy)]
pub struct Rolled {
    pub height: usize,
    pub width: usize,
    pub roll: Roll,
}

impl Rolled {
    fn row(self, y: usize) -> usize {
        wrap(y as isize - self.roll.down, self.height)
    }

    /// Runs of neighbouring columns: (first in the picture, first in the rolled picture, length),
    /// for the rolled picture's columns from `left`.
    pub fn column_runs(self, left: usize, width: usize) -> [(usize, usize, usize); 2] {
        runs(left, width, self.roll.right, self.width)
    }

    /// Runs of neighbouring rows, likewise.
    pub fn row_runs(self, top: usize, height: usize) -> [(usize, usize, usize); 2] {
        runs(top, height, self.roll.down, self.height)
    }
}

fn runs(from: usize, count: usize, roll: isize, length: usize) -> [(usize, usize, usize); 2] {
    let start = wrap(from as isize - roll, length);
    let first = count.min(length - start);
    [(start, from, first), (0, from + first, count - first)]
}

fn wrap(position: isize, length: usize) -> usize {
    position.rem_euclid(length as isize) as usize
}

/// Writes the window of the rolled picture into `output` (height×width×3, or height×width for the
/// mean of red, green and blue), preprocessed.
pub fn take(
    picture: &[f32],
    rolled: Rolled,
    window: Rectangle,
    preprocessing: Preprocessing,
    output: &mut [f32],
) {
    let plane = rolled.height * rolled.width;
    let channels = output.len() / window.area();
    let preprocess = if channels == 1 { grey } else { colours };
    parallel::for_each_chunk(output, window.width * channels, |y, output| {
        let row = rolled.row(window.top + y) * rolled.width;
        for (from, to, length) in rolled.column_runs(window.left, window.width) {
            let start = to - window.left;
            let pixels = &mut output[start * channels..(start + length) * channels];
            let planes = [0, 1, 2].map(|channel| {
                &picture[channel * plane + row + from..channel * plane + row + from + length]
            });
            preprocess(planes, preprocessing, pixels);
        }
    });
}

fn colours(planes: [&[f32]; 3], preprocessing: Preprocessing, pixels: &mut [f32]) {
    let Preprocessing { mean, deviation } = preprocessing;
    for (x, pixel) in pixels.as_chunks_mut::<3>().0.iter_mut().enumerate() {
        for channel in 0..3 {
            pixel[channel] = (planes[channel][x] - mean[channel]) / deviation[channel];
        }
    }
}

fn grey([red, green, blue]: [&[f32]; 3], preprocessing: Preprocessing, pixels: &mut [f32]) {
    let ([mean, ..], [deviation, ..]) = (preprocessing.mean, preprocessing.deviation);
    for (((pixel, red), green), blue) in pixels.iter_mut().zip(red).zip(green).zip(blue) {
        *pixel = ((red + green + blue) / 3.0 - mean) / deviation;
    }
}

/// Writes the kept part of a window's gradient (height×width×3 or height×width, with respect to the
/// preprocessed input) into the picture's gradient planes.
pub fn put(
    gradient: &[f32],
    rolled: Rolled,
    window: Rectangle,
    kept: Rectangle,
    preprocessing: Preprocessing,
    planes: &mut [f32],
) {
    let plane = rolled.height * rolled.width;
    let channels = gradient.len() / window.area();
    let (red, rest) = planes.split_at_mut(plane);
    let (green, blue) = rest.split_at_mut(plane);
    for (colour, plane) in [red, green, blue].into_iter().enumerate() {
        let channel = if channels == 1 { 0 } else { colour };
        let divisor = preprocessing.deviation[channel] * (3 / channels) as f32;
        parallel::for_each_chunk(plane, rolled.width, |picture_y, row| {
            let y = wrap(picture_y as isize + rolled.roll.down, rolled.height);
            if !(kept.top..kept.top + kept.height).contains(&y) {
                return;
            }
            let values = window.width * channels;
            let line = &gradient[(y - window.top) * values..][..values];
            for (to, from, length) in rolled.column_runs(kept.left, kept.width) {
                let start = from - window.left;
                let pixels = &line[start * channels..(start + length) * channels];
                let row = &mut row[to..to + length];
                match channels {
                    1 => divide::<1>(pixels, channel, divisor, row),
                    _ => divide::<3>(pixels, channel, divisor, row),
                }
            }
        });
    }
}

/// One channel of pixels of `N` values, divided.
fn divide<const N: usize>(pixels: &[f32], channel: usize, divisor: f32, output: &mut [f32]) {
    for (value, pixel) in output.iter_mut().zip(pixels.as_chunks::<N>().0) {
        *value = pixel[channel] / divisor;
    }
}

/// What `normalize` divides a gradient by, as [`crate::backend::Backend::magnitude`] says.
pub fn magnitude(gradient: &[f32], normalize: Normalize) -> f64 {
    let count = gradient.len() as f64;
    let [sum, absolute, squares] = sums(gradient);
    match normalize {
        Normalize::Mean => absolute / count,
        Normalize::Std => {
            let variance = (squares - sum * sum / count) / (count - 1.0);
            // Not `max`, which makes a zero of what is not a number.
            if variance < 0.0 { 0.0 } else { variance.sqrt() }
        }
        Normalize::None if absolute == 0.0 || !absolute.is_finite() => absolute,
        Normalize::None => 1.0,
    }
}

/// Σg, Σ|g| and Σg² in a fixed order, whatever the number of threads.
fn sums(gradient: &[f32]) -> [f64; 3] {
    let mut parts = vec![[0.0f64; 3]; gradient.len().div_ceil(CHUNK)];
    parallel::for_each_chunk(&mut parts, 1, |index, part| {
        let chunk = &gradient[index * CHUNK..gradient.len().min((index + 1) * CHUNK)];
        part[0] = chunk_sums(chunk);
    });
    parts.iter().fold([0.0; 3], |total, part| [0, 1, 2].map(|index| total[index] + part[index]))
}

fn chunk_sums(chunk: &[f32]) -> [f64; 3] {
    const LANES: usize = 8;
    let mut lanes = [[0.0f64; LANES]; 3];
    let (groups, rest) = chunk.as_chunks::<LANES>();
    let mut add = |lane: usize, value: f32| {
        let value = f64::from(value);
        lanes[0][lane] += value;
        lanes[1][lane] += value.abs();
        lanes[2][lane] += value * value;
    };
    for group in groups {
        group.iter().enumerate().for_each(|(lane, value)| add(lane, *value));
    }
    rest.iter().enumerate().for_each(|(lane, value)| add(lane, *value));
    lanes.map(|lane| lane.iter().sum())
}

/// picture ← clamp(picture + rate · gradient, 0, 1).
pub fn climb(picture: &mut [f32], gradient: &[f32], rate: f32) {
    parallel::for_each_chunk(picture, CHUNK, |index, picture| {
        let gradient = &gradient[index * CHUNK..][..picture.len()];
        for (pixel, gradient) in picture.iter_mut().zip(gradient) {
            *pixel = (*pixel + rate * gradient).clamp(0.0, 1.0);
        }
    });
}
