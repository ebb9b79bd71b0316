//! Checks: chessboards and lozenges, flat, bulging, running away or around, with bevels and inlays.

use std::f32::consts::{PI, TAU};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::canvas::{Canvas, Motif};
use super::colour::{Colour, Ink, Palette};
use super::geometry::{Point, from_nearest, inside, smoothstep};
use super::noise::Noise;
use super::surface::{Drape, paint_surface};

const DRAPE: Drape = Drape { tilt: PI, unit: [0.2, 0.7], bend: 1.3, cut: 0.3 };

pub fn paint(canvas: &mut Canvas, palette: &Palette, rng: &mut ChaCha8Rng) {
    let checks = Checks::random(palette, rng);
    paint_surface(canvas, &DRAPE, rng, checks);
}

/// Squares one unit wide.
struct Checks {
    /// Squares around the origin of a polar board, 0 for a straight one.
    around: f32,
    /// How the lozenges are drawn out.
    stretch: f32,
    bevel: f32,
    inlay: f32,
    veined: f32,
    noise: Noise,
    colours: [Colour; 2],
    inlays: [Colour; 2],
}

impl Checks {
    fn random(palette: &Palette, rng: &mut ChaCha8Rng) -> Self {
        let [bright, dim] = match rng.random_range(0..4) {
            0 => [palette.light, palette.dark],
            1 => [palette.light, palette.main.mix(palette.dark, 0.3)],
            2 => [palette.accent.mix(palette.light, 0.3), palette.dark],
            _ => [palette.main.mix(palette.light, 0.4), palette.second.mix(palette.dark, 0.5)],
        };
        Self {
            around: if rng.random_bool(0.15) { rng.random_range(4..9) as f32 * 2.0 } else { 0.0 },
            stretch: if rng.random_bool(0.3) { rng.random_range(1.3..1.8) } else { 1.0 },
            bevel: rng.random_range(0.0..0.4),
            inlay: if rng.random_bool(0.25) { rng.random_range(0.2..0.32) } else { 0.0 },
            veined: rng.random_range(0.0..0.4),
            noise: Noise::new(rng.random()),
            colours: [bright, dim],
            inlays: [palette.accent, palette.second],
        }
    }

    /// Coordinates on the board, and how much finer it is there.
    fn place(&self, at: Point) -> (Point, f32) {
        if self.around == 0.0 {
            return (Point::new(at.x, at.y / self.stretch), 1.0);
        }
        let radius = at.length().max(0.05);
        let rings = radius.ln() * self.around / TAU;
        (Point::new(at.angle() * self.around / TAU, rings), self.around / (TAU * radius))
    }
}

impl Motif for Checks {
    fn sample(&self, at: Point, pixel: f32) -> Ink {
        let (place, finer) = self.place(at);
        let pixel = (pixel * finer).min(1.0);
        let (column, row) = (place.x.floor() as i32, place.y.floor() as i32);
        let within = Point::new(place.x - column as f32 - 0.5, place.y - row as f32 - 0.5);
        // Positive in squares of one colour, negative in the other, 0 on the edges.
        let parity = if (column + row) & 1 == 0 { 1.0 } else { -1.0 };
        let edge = 0.5 - within.x.abs().max(within.y.abs());
        let share = inside(parity * edge, pixel);
        // Too fine to see, the squares melt together.
        let melt = smoothstep(0.5, 1.0, pixel);
        let share = share + (0.5 - share) * melt;
        let kind = usize::from(parity < 0.0);
        let marble = self.noise.cloudy(at * 2.5, 2) - 0.5;
        let own = self.noise.random(column, row) - 0.5;
        let slant = (within.x + within.y) * 2.0;
        let rim = smoothstep(0.22, 0.05, edge);
        let light = 1.0 + self.veined * (marble + 0.4 * own) - self.bevel * rim * slant;
        let mut colour = self.colours[0].mix(self.colours[1], share);
        if self.inlay > 0.0 {
            let diamond = within.x.abs() + within.y.abs() - self.inlay;
            colour = colour.mix(self.inlays[kind], inside(diamond, pixel) * (1.0 - melt));
        }
        let groove =
            inside(from_nearest(place.x).abs().min(from_nearest(place.y).abs()) - 0.02, pixel);
        Ink::opaque(colour.lit(light * (1.0 - 0.5 * self.bevel * groove)))
    }

    fn reach(&self) -> f32 {
        f32::INFINITY
    }
}
