//! Scales of fish and reptiles: overlapping rows with lit rims and shadows.

use std::f32::consts::PI;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::canvas::{Canvas, Motif};
use super::colour::{Colour, Ink, Palette};
use super::geometry::{Point, inside, smoothstep};
use super::noise::Noise;
use super::surface::{Drape, paint_surface};

const DRAPE: Drape = Drape { tilt: PI, unit: [0.24, 0.85], bend: 1.0, cut: 0.4 };

pub fn paint(canvas: &mut Canvas, palette: &Palette, rng: &mut ChaCha8Rng) {
    let scales = Scales::random(palette, rng);
    paint_surface(canvas, &DRAPE, rng, scales);
}

struct Scales {
    /// Distance from row to row; from scale to scale it is 1.
    row: f32,
    /// How pointed a scale is, 0 (round) to 1.
    point: f32,
    rays: f32,
    keel: f32,
    /// Strength of the colours that vary over the whole skin.
    marking: f32,
    noise: Noise,
    base: Colour,
    mark: Colour,
    rim: Colour,
    gap: Colour,
}

impl Scales {
    fn random(palette: &Palette, rng: &mut ChaCha8Rng) -> Self {
        let rim = if rng.random_bool(0.6) { palette.light } else { palette.accent };
        Self {
            row: rng.random_range(0.42..0.62),
            point: if rng.random_bool(0.4) { rng.random_range(0.3..1.0) } else { 0.0 },
            rays: if rng.random_bool(0.5) { rng.random_range(0.1..0.35) } else { 0.0 },
            keel: if rng.random_bool(0.35) { rng.random_range(0.2..0.6) } else { 0.0 },
            marking: rng.random_range(0.0..1.0),
            noise: Noise::new(rng.random()),
            base: palette.main,
            mark: if rng.random_bool(0.5) { palette.second } else { palette.accent },
            rim,
            gap: palette.dark,
        }
    }

    /// Colour at `offset` from a scale's centre, its free edge pointing down.
    fn scale(&self, offset: Point, radius: f32, row: i32, column: i32, pixel: f32) -> Colour {
        let own = self.noise.random(row, column);
        let place = Point::new(column as f32, row as f32 * self.row) * 0.35;
        let marked = smoothstep(0.4, 0.6, self.noise.smooth(place + Point::new(7.0, 3.0)));
        let colour = self.base.mix(self.mark, marked * self.marking).lit(0.8 + 0.35 * own);
        // From its hidden root to its free edge.
        let rise = smoothstep(-0.35, 0.5, offset.y);
        let rays = 1.0 - self.rays * (0.5 + 0.5 * (26.0 * offset.x / (offset.y + 1.1)).cos());
        let keel =
            1.0 + self.keel * (1.0 - smoothstep(0.0, 0.12, offset.x.abs())) - 0.3 * self.keel;
        let side = 1.0 - 0.35 * offset.x;
        let colour = colour.lit((0.5 + 0.65 * rise) * rays * keel * side);
        let rim = smoothstep(0.76, 0.84, radius) * (1.0 - smoothstep(0.88, 0.94, radius));
        let colour = colour.mix(self.rim, 0.75 * rim);
        colour.mix(self.gap, inside(0.94 - radius, pixel.max(0.06)))
    }
}

impl Motif for Scales {
    fn sample(&self, at: Point, pixel: f32) -> Ink {
        let row = (at.y / self.row).floor() as i32;
        // The scales of the rows above lie on those below.
        for row in row - 1..=row + 2 {
            let shift = 0.5 * (row & 1) as f32;
            let column = (at.x - shift).round();
            let offset = Point::new(at.x - shift - column, at.y - row as f32 * self.row);
            let low = offset.y.max(0.0);
            let narrow = 1.0 + self.point * 0.7 * low;
            let radius =
                Point::new(offset.x * narrow, offset.y * (1.0 - 0.22 * self.point)).length() / 0.58;
            if radius < 1.0 {
                return Ink::opaque(self.scale(offset, radius, row, column as i32, pixel));
            }
        }
        Ink::opaque(self.gap)
    }

    fn reach(&self) -> f32 {
        f32::INFINITY
    }
}
