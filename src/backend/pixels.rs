//! Planar arrays in the machine's own memory: where a view lies in a picture, and what a step does to
//! pixels, on whatever threads an executor has.

use super::{Sums, View};

/// An executor's way to share work among its threads.
pub trait Threads {
    /// Cuts `data` into chunks of `size` values (the last may be shorter) and calls `body` with each
    /// chunk's index and values.
    fn for_each_chunk<T: Send>(data: &mut [T], size: usize, body: impl Fn(usize, &mut [T]) + Sync);
}

/// Values per piece of work in loops over whole planes.
const CHUNK: usize = 1 << 16;

/// Where the pixels of a view lie in a picture of height×width.
#[derive(Clone, Copy)]
pub struct Placement {
    pub height: usize,
    pub width: usize,
    pub view: View,
}

/// Neighbouring rows or columns: the first in the picture, the first in the view, and their number.
pub type Run = (usize, usize, usize);

impl Placement {
    /// The picture's row that is row `y` of the view.
    pub fn row(self, y: usize) -> usize {
        wrap(self.view.top + y as isize, self.height)
    }

    /// The view's row that is row `y` of the picture; beyond the view's height if there is none.
    pub fn view_row(self, y: usize) -> usize {
        wrap(y as isize - self.view.top, self.height)
    }

    /// The view's columns from `left` on.
    pub fn column_runs(self, left: usize, width: usize) -> [Run; 2] {
        runs(self.view.left, left, width, self.width)
    }

    /// The view's rows from `top` on.
    #[cfg(feature = "torch")]
    pub fn row_runs(self, top: usize, height: usize) -> [Run; 2] {
        runs(self.view.top, top, height, self.height)
    }
}

fn runs(origin: isize, from: usize, count: usize, length: usize) -> [Run; 2] {
    let start = wrap(origin + from as isize, length);
    let first = count.min(length - start);
    [(start, from, first), (0, from + first, count - first)]
}

fn wrap(position: isize, length: usize) -> usize {
    position.rem_euclid(length as isize) as usize
}

/// Σv, Σ|v| and Σv² in a fixed order, whatever the number of threads.
pub fn sums<P: Threads>(values: &[f32]) -> Sums {
    let mut parts = vec![[0.0f64; 3]; values.len().div_ceil(CHUNK)];
    P::for_each_chunk(&mut parts, 1, |index, part| {
        let chunk = &values[index * CHUNK..values.len().min((index + 1) * CHUNK)];
        part[0] = chunk_sums(chunk);
    });
    let [sum, absolute, squares] = parts
        .iter()
        .fold([0.0; 3], |total, part| [0, 1, 2].map(|index| total[index] + part[index]));
    Sums { count: values.len(), sum, absolute, squares }
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

/// values ← values + factor · others
pub fn add_scaled<P: Threads>(values: &mut [f32], others: &[f32], factor: f32) {
    zip::<P>(values, others, |value, other| *value += factor * other);
}

/// values ← factor · values
pub fn scale<P: Threads>(values: &mut [f32], factor: f32) {
    P::for_each_chunk(values, CHUNK, |_, values| {
        values.iter_mut().for_each(|value| *value *= factor);
    });
}

/// values ← values · others
pub fn multiply<P: Threads>(values: &mut [f32], others: &[f32]) {
    zip::<P>(values, others, |value, other| *value *= other);
}

fn zip<P: Threads>(values: &mut [f32], others: &[f32], change: impl Fn(&mut f32, f32) + Sync) {
    assert_eq!(values.len(), others.len(), "both arrays have one shape");
    P::for_each_chunk(values, CHUNK, |index, values| {
        let others = &others[index * CHUNK..][..values.len()];
        values.iter_mut().zip(others).for_each(|(value, other)| change(value, *other));
    });
}

/// values ← values limited to `least`..`most`
pub fn clamp<P: Threads>(values: &mut [f32], least: f32, most: f32) {
    P::for_each_chunk(values, CHUNK, |_, values| {
        values.iter_mut().for_each(|value| *value = value.clamp(least, most));
    });
}
