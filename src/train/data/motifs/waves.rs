//! Waves as in woodcuts: rows of leaning crests with lines along them and fingers of foam.

use std::f32::consts::TAU;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::canvas::{Canvas, Motif};
use super::colour::{Colour, Ink, Palette};
use super::geometry::{Point, from_nearest, inside, line, smoothstep};
use super::noise::Noise;
use super::surface::{Drape, paint_surface};

const DRAPE: Drape = Drape { tilt: 0.5, unit: [0.5, 1.5], bend: 0.35 };

pub fn paint(canvas: &mut Canvas, palette: &Palette, rng: &mut ChaCha8Rng) {
    let waves = Waves::random(palette, rng);
    paint_surface(canvas, &DRAPE, rng, waves);
}

/// Waves about one unit long; rows below lie in front.
struct Waves {
    row: f32,
    height: f32,
    /// How far the crests lean over.
    lean: f32,
    lines: f32,
    foam: f32,
    fingers: f32,
    noise: Noise,
    deep: Colour,
    shallow: Colour,
    stripe: Colour,
    white: Colour,
    dark: Colour,
}

impl Waves {
    fn random(palette: &Palette, rng: &mut ChaCha8Rng) -> Self {
        let height = rng.random_range(0.3..0.5);
        Self {
            row: height * rng.random_range(0.75..1.1),
            height,
            lean: rng.random_range(0.5..1.1),
            lines: rng.random_range(7.0..12.0),
            foam: rng.random_range(0.05..0.1),
            fingers: rng.random_range(7.0..13.0),
            noise: Noise::new(rng.random()),
            deep: palette.main.mix(palette.dark, 0.25),
            shallow: palette.second,
            stripe: if rng.random() { palette.accent } else { palette.light },
            white: palette.light,
            dark: palette.dark,
        }
    }

    /// Depth below the surface of a row of waves, and the place along it.
    fn depth(&self, at: Point, row: i32) -> (f32, f32) {
        let shift = self.noise.random(row, 1) + 0.5 * (row & 1) as f32;
        let base = row as f32 * self.row;
        let rise = ((base - at.y) / self.height + 0.5).max(0.0);
        // The higher, the farther forward: crests hang over.
        let along = at.x + shift - self.lean * 0.42 * rise * rise;
        let from_crest = from_nearest(along);
        let uneven = 0.75 + 0.4 * self.noise.random(row, along.round() as i32 + 9);
        let slope = 1.0 - 2.0 * from_crest.abs();
        let profile = slope * slope * (0.4 + 0.6 * slope);
        (at.y - base + self.height * (uneven * profile - 0.5), along)
    }

    fn water(&self, depth: f32, along: f32, pixel: f32) -> Colour {
        let below = depth / self.height;
        let colour = self.shallow.mix(self.deep, smoothstep(0.1, 1.1, below));
        let swell =
            0.06 * (along * TAU).sin() + 0.03 * self.noise.smooth(Point::new(along * 5.0, 3.0));
        let place = (depth + swell) * self.lines;
        let spread = (0.5 - 0.25 * below).clamp(0.12, 0.5);
        let stripe = line(from_nearest(place), spread, (pixel * self.lines * 1.3).min(1.0));
        colour.mix(self.stripe, 0.7 * stripe)
    }
}

impl Motif for Waves {
    fn sample(&self, at: Point, pixel: f32) -> Ink {
        let near = ((at.y + 0.6 * self.height) / self.row).ceil() as i32;
        let pixel = pixel * 1.2;
        for row in (near - 3..=near).rev() {
            let (depth, along) = self.depth(at, row);
            let finger = 0.5 + 0.5 * (along * self.fingers * TAU).cos();
            let foam_depth = self.foam * (0.5 + 0.9 * finger);
            // Fingers of foam reach out over the edge as well.
            let depth = depth + 0.3 * self.foam * finger;
            if depth > 0.0 {
                let foam = inside(depth - foam_depth, pixel);
                let rim = line(depth - foam_depth - 0.015, 0.035, pixel);
                let outline = inside(depth - 0.03, pixel);
                let colour = self
                    .water(depth - foam_depth, along, pixel)
                    .mix(self.dark, 0.8 * rim)
                    .mix(self.white, foam)
                    .mix(self.dark, outline);
                return Ink::opaque(colour);
            }
        }
        Ink::opaque(self.deep.mix(self.dark, 0.5))
    }

    fn reach(&self) -> f32 {
        f32::INFINITY
    }
}
