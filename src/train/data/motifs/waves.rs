//! Waves as in woodcuts: claws of water that curl over hollows, lines that follow them, fingers of
//! foam and spray.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::canvas::{Canvas, Motif};
use super::colour::{Colour, Ink, Palette};
use super::geometry::{Point, from_nearest, inside, line, smoothstep};
use super::noise::Noise;
use super::surface::{Drape, paint_surface};

const DRAPE: Drape = Drape { tilt: 0.35, unit: [0.62, 1.8], bend: 0.35, cut: 0.12 };

/// Where along a wave its crest is, and half the width of the crest's front.
const CREST: f32 = 0.56;
const FRONT: f32 = 0.4;

pub fn paint(canvas: &mut Canvas, palette: &Palette, rng: &mut ChaCha8Rng) {
    let waves = Waves::random(palette, rng);
    paint_surface(canvas, &DRAPE, rng, waves);
}

/// Waves one unit long in rows, of which the lower ones lie in front.
struct Waves {
    row: f32,
    height: f32,
    /// The round hollow under the claw.
    hollow: Point,
    radius: f32,
    lines: f32,
    foam: f32,
    fingers: f32,
    spray: f32,
    /// The row behind which there is no more water.
    horizon: i32,
    noise: Noise,
    bodies: [Colour; 2],
    stripe: Colour,
    white: Colour,
    dark: Colour,
}

impl Waves {
    fn random(palette: &Palette, rng: &mut ChaCha8Rng) -> Self {
        let height = rng.random_range(0.5..0.75);
        let stripe = if rng.random() { palette.light } else { palette.accent };
        Self {
            row: height * rng.random_range(0.6..0.95),
            height,
            hollow: Point::new(rng.random_range(0.74..0.8), height * rng.random_range(0.42..0.5)),
            radius: height * rng.random_range(0.27..0.33),
            lines: rng.random_range(6.0..10.0),
            foam: rng.random_range(0.04..0.085),
            fingers: rng.random_range(2.0..4.5),
            spray: if rng.random_bool(0.5) { rng.random_range(0.1..0.3) } else { 0.0 },
            horizon: if rng.random_bool(0.7) { rng.random_range(-2..1) } else { i32::MIN },
            noise: Noise::new(rng.random()),
            bodies: [palette.main, palette.main.mix(palette.second, 0.4)],
            stripe,
            white: palette.light.mix(Colour([1.0; 3]), 0.3),
            dark: palette.dark,
        }
    }

    /// Height of a wave above its foot, without the hollow.
    fn crest(&self, along: f32) -> f32 {
        if along < CREST {
            let rise = along / CREST;
            return self.height * rise * rise * (1.6 - 0.6 * rise);
        }
        let fall = (along - CREST) / FRONT;
        self.height * (1.0 - fall * fall).max(0.0).sqrt()
    }

    /// The wave at `along` 0..1 and `up` above its foot.
    fn wave(&self, along: f32, up: f32, body: Colour, pixel: f32) -> Ink {
        let place = Point::new(along, up) - self.hollow;
        let outside = place.length() - self.radius;
        let below = 0.75 * (self.crest(along) - up);
        let finger = 0.5 + 0.5 * (self.fingers * place.angle() * 4.0).cos();
        // The fingers reach out of the water's edge.
        let reach = self.foam * (0.2 + finger);
        let clawed = smoothstep(0.15, 0.6, up / self.height);
        let depth = below.min(outside + 0.6 * reach * clawed);
        let opacity = if up < 0.0 { 1.0 } else { inside(-depth, pixel) };
        if opacity == 0.0 {
            return Ink::NONE;
        }
        let round = (outside - 0.25 * up.min(0.1)) * self.lines;
        let fade = smoothstep(0.0, 0.06, depth) * smoothstep(-0.2, 0.2, up);
        let stripe = line(from_nearest(round), 0.34, (pixel * self.lines).min(1.0)) * fade;
        let tone = 0.58 + 0.6 * smoothstep(-0.25 * self.height, 0.8 * self.height, up);
        let colour = body.lit(tone).mix(self.stripe, 0.75 * stripe);
        let front = smoothstep(CREST - 0.35, CREST, along);
        let foam_depth = (0.4 * self.foam + reach) * clawed * front;
        let rim = line(depth - foam_depth - 0.012, 0.03, pixel) * clawed * front;
        let colour =
            colour.mix(self.dark, 0.8 * rim).mix(self.white, inside(depth - foam_depth, pixel));
        let thickness = 0.008 + 0.018 * front;
        let outline = inside(depth - thickness, pixel) * smoothstep(-0.02, 0.1, up);
        Ink::new(colour.mix(self.dark, 0.9 * outline), opacity)
    }

    /// Drops above the crests.
    fn drops(&self, at: Point, pixel: f32) -> Ink {
        let place = at * 9.0;
        let (column, row) = (place.x.floor(), place.y.floor());
        let random = |property: i32| self.noise.random(column as i32 + 300 * property, row as i32);
        if random(1) > self.spray {
            return Ink::NONE;
        }
        let centre = Point::new(column + 0.3 + 0.4 * random(2), row + 0.3 + 0.4 * random(3));
        let distance = (place - centre).length() / 9.0;
        Ink::new(self.white, inside(distance - 0.02, pixel))
    }
}

impl Motif for Waves {
    fn sample(&self, at: Point, pixel: f32) -> Ink {
        let near = ((at.y + self.height) / self.row).ceil() as i32;
        let mut ink = Ink::NONE;
        for row in (near.max(self.horizon) - 3..=near).rev() {
            if row < self.horizon {
                break;
            }
            let up = row as f32 * self.row - at.y;
            let shift = 0.45 * row as f32 + 0.3 * self.noise.random(row, 1);
            let along = at.x + shift;
            let wave = along.floor();
            let along = along - wave;
            let lower = 0.22 * self.noise.random(row, wave as i32 + 9) * smoothstep(0.0, 0.3, up);
            let body = self.bodies[(row & 1) as usize];
            ink = ink.over(self.wave(along, up * (1.0 + lower), body, pixel));
            if ink.opacity >= 1.0 {
                return ink;
            }
        }
        ink.over(self.drops(at, pixel))
    }

    fn reach(&self) -> f32 {
        f32::INFINITY
    }
}
