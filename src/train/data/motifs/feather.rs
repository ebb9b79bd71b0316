//! Feathers: a shaft, vanes of barbs with splits, bars, and the eye of a peacock's.

use std::f32::consts::PI;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::canvas::{Canvas, Motif};
use super::colour::{Colour, Ink, Palette};
use super::geometry::{Point, inside, line, smoothstep};
use super::layout::{Habit, paint_figures};
use super::noise::Noise;

const HABIT: Habit =
    Habit { tilt: PI, largest: 1.6, repeated: [0.5, 0.95], spacing: [1.1, 0.62], aligned: true };

pub fn paint(canvas: &mut Canvas, palette: &Palette, rng: &mut ChaCha8Rng) {
    paint_figures(canvas, &HABIT, rng, |rng| Feather::random(palette, rng));
}

/// A feather along the x axis, its tip at 1.
struct Feather {
    breadth: f32,
    bend: f32,
    /// How far the barbs lean towards the tip.
    lean: f32,
    barbs: f32,
    splits: f32,
    /// Bars across the vanes per unit of length, 0 for none.
    bars: f32,
    eyed: bool,
    noise: Noise,
    colours: [Colour; 3],
    dark: Colour,
    light: Colour,
}

impl Feather {
    fn random(palette: &Palette, rng: &mut ChaCha8Rng) -> Self {
        let mut colours = [palette.main, palette.second, palette.accent];
        if rng.random_bool(0.4) {
            colours.swap(0, 1);
        }
        let eyed = rng.random_bool(0.14);
        Self {
            breadth: rng.random_range(if eyed { 0.38..0.5 } else { 0.3..0.5 }),
            bend: rng.random_range(-0.25..0.25),
            lean: rng.random_range(0.7..1.4),
            barbs: rng.random_range(9.0..15.0),
            splits: rng.random_range(0.0..0.45),
            bars: if rng.random_bool(0.45) { rng.random_range(2.0..5.0) } else { 0.0 },
            eyed,
            noise: Noise::new(rng.random()),
            colours,
            dark: palette.dark,
            light: palette.light,
        }
    }

    /// Half the width of the vanes.
    fn width(&self, along: f32) -> f32 {
        let t = (along + 0.72) / 1.7;
        if !(0.0..=1.0).contains(&t) {
            return 0.0;
        }
        let base = smoothstep(0.0, 0.3, t);
        self.breadth * (0.35 + 0.65 * base) * base.sqrt() * (1.0 - t.powi(4)).max(0.0).sqrt()
    }

    /// Rings of colour near the tip.
    fn eye(&self, at: Point, pixel: f32) -> Ink {
        let radius = Point::new((at.x - 0.5) * 0.85, at.y).length() / self.breadth;
        let ring = |edge: f32| inside(radius - edge, (pixel / self.breadth).max(0.06));
        let colour = self.colours[2]
            .mix(self.colours[1], ring(0.62))
            .mix(self.light.mix(self.colours[2], 0.3), ring(0.48))
            .mix(self.dark, ring(0.3));
        Ink::new(colour, ring(0.78))
    }
}

impl Motif for Feather {
    fn sample(&self, at: Point, pixel: f32) -> Ink {
        if at.length() > 1.0 {
            return Ink::NONE;
        }
        let at = Point::new(at.x, at.y + self.bend * (at.x * at.x - 0.3));
        let aside = at.y.abs();
        let shaft_width = 0.05 * (1.0 - 0.75 * smoothstep(-0.9, 0.9, at.x));
        let quill = line(at.y, shaft_width, pixel) * inside(at.x - 0.93, pixel);
        let shaft = Ink::new(self.light.mix(self.dark, smoothstep(-0.03, 0.03, at.y) * 0.5), quill);
        if aside > self.breadth {
            return shaft;
        }
        // Where the barb through this point leaves the shaft.
        let root = at.x - self.lean * aside * (1.0 - 0.35 * aside / self.breadth);
        let side = if at.y < 0.0 { 0 } else { 1000 };
        let barb = root * self.barbs;
        let split = self.noise.random((root * 7.0).floor() as i32, side);
        let torn = if split < self.splits {
            let gap = (root * 7.0).fract().abs();
            let depth = 0.45 + 0.5 * self.noise.random((root * 7.0).floor() as i32, side + 1);
            smoothstep(depth, 1.0, aside / self.breadth) * smoothstep(0.55, 0.2, gap)
        } else {
            0.0
        };
        let width = self.width(at.x) * (0.93 + 0.07 * (barb * PI).cos());
        let opacity = inside(aside - width, pixel.max(0.02)) * (1.0 - torn);
        if opacity == 0.0 {
            return shaft;
        }
        let strand = self.noise.smooth(Point::new(root * self.barbs * 2.3, side as f32 + aside));
        let groove = 0.5 + 0.5 * (barb * 2.0 * PI + 2.0 * strand).cos();
        let toward = smoothstep(0.0, 1.0, aside / width.max(0.01));
        let mut colour = self.colours[0].mix(self.colours[1], 0.75 * smoothstep(-0.5, 0.9, at.x));
        if self.bars > 0.0 {
            let bar = (root * self.bars * 2.0 * PI + 3.0 * strand).sin();
            colour = colour.mix(self.dark, 0.75 * smoothstep(-0.1, 0.35, bar));
        } else {
            colour = colour.mix(self.colours[2], 0.6 * smoothstep(0.55, 0.95, toward));
        }
        if self.eyed {
            let eye = self.eye(at, pixel);
            colour = colour.mix(eye.colour, eye.opacity);
        }
        let light = (0.5 + 0.65 * groove) * (if at.y < 0.0 { 1.12 } else { 0.82 });
        let near_shaft = 0.65 + 0.35 * smoothstep(0.0, 0.3, toward);
        shaft.over(Ink::new(colour.lit(light * near_shaft), opacity))
    }
}
