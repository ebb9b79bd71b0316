//! Planar arrays in the machine's own memory: where a view lies in a picture, and what a step does to
//! pixels, on whatever threads an executor has.

use std::ops::Range;

use super::{Edge, Sums, View};
use crate::Size;

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

/// Neighbouring rows or columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The first in the picture, of its own order.
    pub picture: usize,
    /// The first in the view.
    pub view: usize,
    pub count: usize,
    /// Whether the view shows them in the opposite order.
    pub reversed: bool,
}

impl Placement {
    /// The picture's row that is row `y` of the view.
    pub fn row(self, y: usize) -> usize {
        self.view.edges[0].place(self.view.top + y as isize, self.height).0
    }

    /// The view's rows, of `count` from `top` on, that are row `y` of the picture.
    pub fn view_rows(self, y: usize, top: usize, count: usize) -> impl Iterator<Item = usize> {
        self.row_runs(top, count).filter_map(move |run| {
            let distance = y.checked_sub(run.picture).filter(|distance| *distance < run.count)?;
            Some(run.view + if run.reversed { run.count - 1 - distance } else { distance })
        })
    }

    /// The view's columns from `left` on.
    pub fn column_runs(self, left: usize, width: usize) -> Runs {
        Runs::new(self.view.left, self.view.edges[1], self.width, left..left + width)
    }

    /// The view's rows from `top` on.
    pub fn row_runs(self, top: usize, height: usize) -> Runs {
        Runs::new(self.view.top, self.view.edges[0], self.height, top..top + height)
    }
}

/// The runs along one axis of a view.
#[derive(Clone)]
pub struct Runs {
    /// Of the picture's pixels, of which the view's first is this one.
    origin: isize,
    edge: Edge,
    length: usize,
    left: Range<usize>,
}

impl Runs {
    fn new(origin: isize, edge: Edge, length: usize, pixels: Range<usize>) -> Runs {
        Runs { origin, edge, length, left: pixels }
    }
}

impl Iterator for Runs {
    type Item = Run;

    fn next(&mut self) -> Option<Run> {
        let view = self.left.start;
        if self.left.is_empty() {
            return None;
        }
        let (first, reversed) = self.edge.place(self.origin + view as isize, self.length);
        let room = if reversed { first + 1 } else { self.length - first };
        let count = room.min(self.left.len());
        self.left.start += count;
        let picture = if reversed { first + 1 - count } else { first };
        Some(Run { picture, view, count, reversed })
    }
}

impl Edge {
    /// The pixel, of `length`, that is seen at a position, and whether it is seen in a mirror.
    pub(crate) fn place(self, position: isize, length: usize) -> (usize, bool) {
        let wrap = |period: usize| position.rem_euclid(period as isize) as usize;
        match self {
            Edge::Wrap => (wrap(length), false),
            Edge::Mirror => match wrap(2 * length) {
                place if place < length => (place, false),
                place => (2 * length - 1 - place, true),
            },
        }
    }
}

/// Copies values, in the opposite order if they are `reversed`, changing each.
pub fn copy_run(
    reversed: bool,
    output: &mut [f32],
    values: impl DoubleEndedIterator<Item = f32>,
    change: impl Fn(&mut f32, f32),
) {
    match reversed {
        false => output.iter_mut().zip(values).for_each(|(output, value)| change(output, value)),
        true => {
            output.iter_mut().zip(values.rev()).for_each(|(output, value)| change(output, value));
        }
    }
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

/// A view of a plane.
pub fn window(plane: &[f32], placement: Placement) -> Vec<f32> {
    let View { height, width, .. } = placement.view;
    let mut values = Vec::with_capacity(height * width);
    for y in 0..height {
        let row = &plane[placement.row(y) * placement.width..][..placement.width];
        let columns = placement.column_runs(0, width).flat_map(pixels_of);
        values.extend(columns.map(|x| row[x]));
    }
    values
}

/// Planes convolved with a Gaussian of that standard deviation, cut off at three of them.
pub fn smooth<P: Threads>(
    planes: &[f32],
    Size { height, width }: Size,
    deviation: f64,
    edges: [Edge; 2],
    smooth: &mut [f32],
) {
    // Rows that are worth a thread's while.
    const ROWS: usize = 16;
    let kernel = gaussian(deviation);
    let reach = kernel.len() / 2;
    let (middle, sides) = (kernel[reach], &kernel[reach + 1..]);
    P::for_each_chunk(smooth, ROWS * width, |chunk, rows| {
        // A row smoothed from top to bottom, with what lies on its left and right.
        let mut padded = vec![0.0; width + 2 * reach];
        for (index, output) in rows.chunks_exact_mut(width).enumerate() {
            let (plane, y) = ((chunk * ROWS + index) / height, (chunk * ROWS + index) % height);
            let row = |y: isize| {
                let row = plane * height + edges[0].place(y, height).0;
                &planes[row * width..][..width]
            };
            let column = &mut padded[reach..][..width];
            let y = y as isize;
            column.iter_mut().zip(row(y)).for_each(|(sum, value)| *sum = middle * value);
            for (weight, away) in sides.iter().zip(1..) {
                let both = row(y - away).iter().zip(row(y + away));
                column.iter_mut().zip(both).for_each(|(sum, (a, b))| *sum += weight * (a + b));
            }
            for x in (0..reach).chain(width + reach..width + 2 * reach) {
                padded[x] = padded[reach + edges[1].place(x as isize - reach as isize, width).0];
            }
            let values = output.iter_mut().zip(&padded[reach..]);
            values.for_each(|(sum, value)| *sum = middle * value);
            for (weight, away) in sides.iter().zip(1..) {
                let both = padded[reach - away..].iter().zip(&padded[reach + away..]);
                output.iter_mut().zip(both).for_each(|(sum, (a, b))| *sum += weight * (a + b));
            }
        }
    });
}

/// The picture's pixels of a run, in the view's order.
fn pixels_of(run: Run) -> impl Iterator<Item = usize> {
    let Run { picture, count, reversed, .. } = run;
    (0..count).map(move |index| picture + if reversed { count - 1 - index } else { index })
}

/// The weights of a Gaussian, which add up to 1: an odd number of them.
pub fn gaussian(deviation: f64) -> Vec<f32> {
    let reach = (3.0 * deviation).ceil() as i64;
    let weight = |at: i64| (-0.5 * (at as f64 / deviation).powi(2)).exp();
    let weights: Vec<f64> = (-reach..=reach).map(weight).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| (weight / sum) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pixels(edge: Edge, origin: isize, length: usize, count: usize) -> Vec<usize> {
        Runs::new(origin, edge, length, 0..count).flat_map(pixels_of).collect()
    }

    #[test]
    fn a_picture_goes_on_beyond_its_edges_again_or_mirrored() {
        assert_eq!(pixels(Edge::Wrap, -2, 4, 7), [2, 3, 0, 1, 2, 3, 0]);
        assert_eq!(pixels(Edge::Mirror, -2, 4, 8), [1, 0, 0, 1, 2, 3, 3, 2]);
        // Several times over.
        assert_eq!(pixels(Edge::Mirror, -3, 2, 9), [1, 1, 0, 0, 1, 1, 0, 0, 1].map(|x| x as usize));
    }

    #[test]
    fn a_row_of_the_picture_is_found_wherever_the_view_shows_it() {
        let edges = [Edge::Mirror; 2];
        let view = View { top: -2, left: 0, height: 4, width: 4, edges };
        let placement = Placement { height: 4, width: 4, view };
        let rows = |y| placement.view_rows(y, 0, 4).collect::<Vec<_>>();
        let seen = [vec![1, 2], vec![0, 3], vec![]];
        assert_eq!([rows(0), rows(1), rows(2)], seen);
        assert_eq!(placement.view_rows(0, 2, 2).collect::<Vec<_>>(), [2]);
        assert_eq!([0, 1, 2, 3].map(|y| placement.row(y)), [1, 0, 0, 1]);
    }
}
