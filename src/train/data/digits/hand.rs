//! How somebody writes: the slips, the slant and the proportions that turn a glyph into lines.

use std::f32::consts::TAU;

use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};

use super::glyphs::{Glyph, Point, Stroke};

/// Points that a curve has between two of its stroke's.
const STEPS: usize = 6;

/// A line as short straight pieces.
pub type Polyline = Vec<Point>;

/// How far a point slips in either direction, relative to the digit's height.
const SLIP: f32 = 0.035;

/// Waves of the elastic distortion.
const WAVES: usize = 3;

/// A hand that writes a digit.
pub struct Hand {
    /// Rows of the matrix of proportions, slant and rotation.
    matrix: [Point; 2],
    waves: [Wave; WAVES],
}

/// A smooth displacement, the sine of a wave that runs over the paper.
struct Wave {
    frequency: Point,
    phase: f32,
    displacement: Point,
}

impl Wave {
    fn random(rng: &mut impl Rng) -> Wave {
        Wave {
            frequency: (normal(rng) * 0.6, normal(rng) * 0.6),
            phase: rng.random_range(0.0..TAU),
            displacement: (normal(rng) * 0.045, normal(rng) * 0.045),
        }
    }
}

impl Hand {
    /// Slender or broad, upright or slanted (most to the right), level or not.
    pub fn random(rng: &mut impl Rng) -> Hand {
        let width = rng.random_range(0.45..1.15);
        let slant = 0.2 + 0.28 * normal(rng);
        let (sine, cosine) = (0.1 * normal(rng)).sin_cos();
        let sheared = [(width, -slant), (0.0, 1.0)];
        let turned = |row: Point| {
            let entry =
                |column: fn(Point) -> f32| row.0 * column(sheared[0]) + row.1 * column(sheared[1]);
            (entry(|row| row.0), entry(|row| row.1))
        };
        Hand {
            matrix: [turned((cosine, -sine)), turned((sine, cosine))],
            waves: std::array::from_fn(|_| Wave::random(rng)),
        }
    }

    /// Writes one of the `glyphs`.
    pub fn write(&self, glyphs: &[Glyph], rng: &mut impl Rng) -> Vec<Polyline> {
        let glyph = glyphs.choose(rng).copied().unwrap_or_default();
        glyph
            .iter()
            .map(|stroke| {
                let curve = curve(&slipped(stroke, rng));
                curve.into_iter().map(|point| self.place(point)).collect()
            })
            .collect()
    }

    fn place(&self, (x, y): Point) -> Point {
        let (mut moved_x, mut moved_y) = (x - 0.5, y - 0.5);
        for wave in &self.waves {
            let angle = TAU * (wave.frequency.0 * x + wave.frequency.1 * y) + wave.phase;
            moved_x += wave.displacement.0 * angle.sin();
            moved_y += wave.displacement.1 * angle.sin();
        }
        let [row_x, row_y] = self.matrix;
        (row_x.0 * moved_x + row_x.1 * moved_y, row_y.0 * moved_x + row_y.1 * moved_y)
    }
}

/// The stroke with each point a little beside its place; the two points of a corner stay together.
fn slipped(stroke: Stroke, rng: &mut impl Rng) -> Polyline {
    let mut slip = (0.0, 0.0);
    let mut before = None;
    let mut points = Vec::with_capacity(stroke.len());
    for point in stroke {
        if before != Some(point) {
            slip = (SLIP * normal(rng), SLIP * normal(rng));
        }
        points.push((point.0 + slip.0, point.1 + slip.1));
        before = Some(point);
    }
    points
}

/// The Catmull-Rom spline through `points`.
fn curve(points: &[Point]) -> Polyline {
    let last = points.len() - 1;
    let mut curve = Vec::with_capacity(last * STEPS + 1);
    for start in 0..last {
        let [before, from, to, after] =
            [start.saturating_sub(1), start, start + 1, (start + 2).min(last)]
                .map(|index| points[index]);
        for step in 0..STEPS {
            let t = step as f32 / STEPS as f32;
            curve.push((
                interpolated([before.0, from.0, to.0, after.0], t),
                interpolated([before.1, from.1, to.1, after.1], t),
            ));
        }
    }
    curve.push(points[last]);
    curve
}

/// The cubic from the second of `values` to the third.
fn interpolated([before, from, to, after]: [f32; 4], t: f32) -> f32 {
    let (start, end) = (0.5 * (to - before), 0.5 * (after - from));
    let (rise, turn) = (to - from, start + end - 2.0 * (to - from));
    from + t * (start + t * (rise - start - turn + t * turn))
}

/// About normally distributed: the sum of four uniform numbers, with deviation 1, within ±3.5.
pub fn normal(rng: &mut impl Rng) -> f32 {
    let sum: f32 = (0..4).map(|_| rng.random::<f32>()).sum();
    (sum - 2.0) * 3f32.sqrt()
}
