//! What a step does to pixels in the machine's own memory, whoever computes the gradient: rolling,
//! the gradient's magnitude, the climb.

use super::{Normalize, Roll};

/// An executor's way to share work among its threads.
pub trait Threads {
    /// Cuts `data` into chunks of `size` values (the last may be shorter) and calls `body` with each
    /// chunk's index and values.
    fn for_each_chunk<T: Send>(data: &mut [T], size: usize, body: impl Fn(usize, &mut [T]) + Sync);
}

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
    /// The picture's row that is row `y` of the rolled picture.
    pub fn row(self, y: usize) -> usize {
        wrap(y as isize - self.roll.down, self.height)
    }

    /// The rolled picture's row that is row `y` of the picture.
    pub fn rolled_row(self, y: usize) -> usize {
        wrap(y as isize + self.roll.down, self.height)
    }

    /// Runs of neighbouring columns: (first in the picture, first in the rolled picture, length),
    /// for the rolled picture's columns from `left`.
    pub fn column_runs(self, left: usize, width: usize) -> [(usize, usize, usize); 2] {
        runs(left, width, self.roll.right, self.width)
    }

    /// Runs of neighbouring rows, likewise.
    #[cfg(feature = "torch")]
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

/// What `normalize` divides a gradient by, as [`crate::backend::Backend::magnitude`] says.
pub fn magnitude<P: Threads>(gradient: &[f32], normalize: Normalize) -> f64 {
    let count = gradient.len() as f64;
    let [sum, absolute, squares] = sums::<P>(gradient);
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
fn sums<P: Threads>(gradient: &[f32]) -> [f64; 3] {
    let mut parts = vec![[0.0f64; 3]; gradient.len().div_ceil(CHUNK)];
    P::for_each_chunk(&mut parts, 1, |index, part| {
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
pub fn climb<P: Threads>(picture: &mut [f32], gradient: &[f32], rate: f32) {
    P::for_each_chunk(picture, CHUNK, |index, picture| {
        let gradient = &gradient[index * CHUNK..][..picture.len()];
        for (pixel, gradient) in picture.iter_mut().zip(gradient) {
            *pixel = (*pixel + rate * gradient).clamp(0.0, 1.0);
        }
    });
}
