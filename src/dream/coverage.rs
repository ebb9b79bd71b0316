//! Edges are dreamed like everything else, though rims leave less of their gradient.
//!
//! A pixel near an edge is within a rim in many steps, so where its gradient is kept it counts more.

use super::Settings;
use crate::Size;
use crate::backend::Edge;
use crate::picture::Planes;

/// At most so many times the gradient counts at an edge, for each of the two axes. A few large steps in place
/// of many small ones would make dreams collect there.
const MOST: f64 = 1.5;

impl Settings {
    /// What the gradient of each pixel is multiplied by; `None` without rims, where it is 1 everywhere.
    pub(super) fn evening(&self, size: Size) -> Option<Planes> {
        let rims = self.rims(size);
        if rims == [0, 0] {
            return None;
        }
        let [rows, columns] =
            [(rims[0], size.height), (rims[1], size.width)].map(|(rim, length)| {
                let coverage = coverage(length, rim, self.jitter as usize);
                coverage
                    .into_iter()
                    .map(|times| (1.0 / times).min(MOST) as f32)
                    .collect::<Vec<f32>>()
            });
        let plane: Vec<f32> =
            rows.iter().flat_map(|row| columns.iter().map(move |column| row * column)).collect();
        Some(Planes::new(size.width, size.height, plane.repeat(3)))
    }
}

/// How often each of `length` pixels is seen outside the rims, itself or in the mirror, on average over all
/// shifts of at most `jitter`.
fn coverage(length: usize, rim: usize, jitter: usize) -> Vec<f64> {
    let mut times = vec![0usize; length];
    // A picture and its mirror image are over after twice its length.
    let jitter = jitter.min(2 * length) as isize;
    for shift in -jitter..=jitter {
        for seen in rim..length - rim {
            times[Edge::Mirror.place(seen as isize - shift, length).0] += 1;
        }
    }
    let shifts = (2 * jitter + 1) as f64;
    times.into_iter().map(|times| times as f64 / shifts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dream::Border;

    #[test]
    fn pixels_far_from_an_edge_are_seen_once_and_those_at_an_edge_less_often() {
        let times = coverage(200, 20, 32);
        assert!(times[52..148].iter().all(|times| *times == 1.0), "{times:?}");
        // Row 0 is seen where the shift is from 20 to 32, and in the mirror from 21 to 32: in 25 of 65.
        assert!((times[0] - 25.0 / 65.0).abs() < 1e-12);
        assert!((0..200).all(|pixel| (times[pixel] - times[199 - pixel]).abs() < 1e-12));
        assert!(times.windows(2).take(100).all(|pair| pair[0] <= pair[1] + 1e-12), "{times:?}");
    }

    #[test]
    fn the_gradient_counts_more_at_edges_and_most_in_corners() {
        let size = Size { height: 240, width: 320 };
        let evening = Settings::default().evening(size).expect("there are rims");
        let at = |x: usize, y: usize| evening.plane(2)[y * 320 + x];
        assert_eq!([at(160, 120), at(0, 120), at(160, 239), at(319, 0)], [1.0, 1.5, 1.5, 2.25]);
        let wrapped = Settings { border: Border::Wrap, ..Settings::default() };
        assert_eq!(wrapped.evening(size), None);
        assert_eq!(Settings { jitter: 0, ..Settings::default() }.evening(size), None);
    }
}
