//! Things that are no motif: pieces of other backdrops with plain edges, and stray strokes.

use std::f32::consts::TAU;

use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use super::backdrop::Backdrop;
use super::canvas::{Canvas, Motif};
use super::colour::{Colour, Ink, Palette};
use super::geometry::{Frame, Point, smoothstep};

/// Distances outside the edge of each shape, which has a radius of about 1.
const SHAPES: [fn(Point) -> f32; 6] = [
    |at| at.x,
    |at| at.length() - 0.8,
    |at| (at.x.abs() - 0.75).max(at.y.abs() - 0.5),
    |at| (at.y - 0.5).max(0.87 * at.x.abs() - 0.5 * at.y - 0.5),
    |at| at.y.abs() - 0.3,
    |at| (at.y + 0.4 * at.x * at.x).abs() - 0.08,
];

struct Piece {
    shape: fn(Point) -> f32,
    frame: Frame,
    softness: f32,
    filling: Backdrop,
}

/// Paints up to `most` pieces.
pub fn paint_pieces(canvas: &mut Canvas, palette: &Palette, most: usize, rng: &mut ChaCha8Rng) {
    for _ in 0..rng.random_range(0..=most) {
        let centre = Point::new(rng.random_range(-1.0..1.0), rng.random_range(-1.0..1.0));
        let colours = [palette.main, palette.second, palette.accent, palette.dark, palette.light];
        let colour = |rng: &mut ChaCha8Rng| -> Colour {
            let near = palette.ground[rng.random_range(0..2)];
            near.mix(*colours.choose(rng).expect("there are colours"), rng.random_range(0.2..0.9))
        };
        let piece = Piece {
            shape: *SHAPES.choose(rng).expect("there are shapes"),
            frame: Frame::new(centre, rng.random_range(0.25..1.0), rng.random_range(0.0..TAU)),
            softness: rng.random_range(0.02..0.3),
            filling: Backdrop::of_colours([colour(rng), colour(rng)], rng),
        };
        canvas.paint(&Frame::PATCH, &piece);
    }
}

impl Motif for Piece {
    fn sample(&self, at: Point, pixel: f32) -> Ink {
        let outside = (self.shape)(self.frame.local(at)) * self.frame.scale;
        let softness = self.softness.max(pixel);
        let opacity = 1.0 - smoothstep(-softness / 2.0, softness / 2.0, outside);
        if opacity == 0.0 {
            return Ink::NONE;
        }
        Ink::new(self.filling.sample(at, pixel).colour, opacity)
    }

    fn reach(&self) -> f32 {
        f32::INFINITY
    }
}
