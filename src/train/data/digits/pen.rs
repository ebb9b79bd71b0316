//! The pen: lines become grey pixels.

use std::f32::consts::PI;

use rand::{Rng, RngExt};

use super::glyphs::Point;
use super::hand::{Polyline, normal};

/// A pen, in pixels.
pub struct Pen {
    /// Half the width of its mean line.
    radius: f32,
    /// Width over which ink fades into paper.
    softness: f32,
    /// How much wider a line is across the nib than along it, as a share of its width.
    breadth: f32,
    /// The nib's direction, in radians.
    direction: f32,
}

impl Pen {
    /// From a fine liner to a marker; `scale` is the picture's side relative to MNIST's.
    pub fn random(scale: f32, rng: &mut impl Rng) -> Pen {
        let radius = 1.25 * (0.3 * normal(rng)).exp();
        Pen {
            radius: scale * radius.clamp(0.6, 2.1),
            softness: scale * rng.random_range(0.8..1.5),
            breadth: rng.random_range(0.0..0.3),
            direction: rng.random_range(0.0..PI),
        }
    }

    /// Draws the lines into `canvas` (`side`×`side`, 0 to 1), as large as fits into a box of that
    /// size, the centre of mass (to whole pixels) in the middle.
    pub fn draw(&self, lines: &[Polyline], size: f32, canvas: &mut [f32], side: usize) {
        let points = || lines.iter().flatten();
        let (left, right) = range(points().map(|point| point.0));
        let (top, bottom) = range(points().map(|point| point.1));
        let scale = (size - 2.0 * self.radius) / (right - left).max(bottom - top);
        let middle = (side as f32 - 1.0) / 2.0;
        let centre = ((left + right) / 2.0, (top + bottom) / 2.0);
        let place = |point: Point, shift: Point| {
            let x = (point.0 - centre.0) * scale + middle + shift.0;
            (x, (point.1 - centre.1) * scale + middle + shift.1)
        };
        let mut draw = |shift: Point| {
            canvas.fill(0.0);
            for piece in lines.iter().flat_map(|line| line.windows(2)) {
                self.piece([place(piece[0], shift), place(piece[1], shift)], canvas, side);
            }
            let mass = centre_of_mass(canvas, side);
            ((middle - mass.0).round(), (middle - mass.1).round())
        };
        let shift = draw((0.0, 0.0));
        if shift != (0.0, 0.0) {
            draw(shift);
        }
    }

    /// Draws a straight piece with round ends over what is there.
    fn piece(&self, [from, to]: [Point; 2], canvas: &mut [f32], side: usize) {
        let along = (to.0 - from.0, to.1 - from.1);
        let length_squared = (along.0 * along.0 + along.1 * along.1).max(1e-12);
        let angle = along.1.atan2(along.0);
        let radius = self.radius * (1.0 - self.breadth * (2.0 * (angle - self.direction)).cos());
        let reach = radius + self.softness / 2.0;
        let columns = pixels(from.0.min(to.0) - reach, from.0.max(to.0) + reach, side);
        for y in pixels(from.1.min(to.1) - reach, from.1.max(to.1) + reach, side) {
            for x in columns.clone() {
                let offset = (x as f32 - from.0, y as f32 - from.1);
                let dot = offset.0 * along.0 + offset.1 * along.1;
                let nearest = (dot / length_squared).clamp(0.0, 1.0);
                let apart = (offset.0 - nearest * along.0, offset.1 - nearest * along.1);
                let distance = (apart.0 * apart.0 + apart.1 * apart.1).sqrt();
                let ink = (0.5 + (radius - distance) / self.softness).clamp(0.0, 1.0);
                let pixel = &mut canvas[y * side + x];
                *pixel = pixel.max(ink);
            }
        }
    }
}

fn range(values: impl Iterator<Item = f32>) -> (f32, f32) {
    values.fold((f32::MAX, f32::MIN), |(low, high), value| (low.min(value), high.max(value)))
}

/// Whole pixels between two places.
fn pixels(from: f32, to: f32, side: usize) -> std::ops::Range<usize> {
    from.ceil().max(0.0) as usize..((to.floor() + 1.0).max(0.0) as usize).min(side)
}

fn centre_of_mass(canvas: &[f32], side: usize) -> Point {
    let (mut mass, mut x_moment, mut y_moment) = (0.0, 0.0, 0.0);
    for (y, row) in canvas.chunks_exact(side).enumerate() {
        for (x, ink) in row.iter().enumerate() {
            mass += ink;
            x_moment += ink * x as f32;
            y_moment += ink * y as f32;
        }
    }
    (x_moment / mass, y_moment / mass)
}
