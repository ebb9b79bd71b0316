//! Spiders' webs: radial threads, sagging spiral threads, drops of dew.

use std::f32::consts::{PI, TAU};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::canvas::{Canvas, Motif};
use super::colour::{Colour, Ink, Palette};
use super::geometry::{Point, from_nearest, inside, line, smoothstep};
use super::layout::{Habit, paint_figures};
use super::noise::Noise;

const HABIT: Habit =
    Habit { tilt: PI, largest: 1.7, repeated: [0.45, 0.8], spacing: [1.85, 1.6], aligned: false };

pub fn paint(canvas: &mut Canvas, palette: &Palette, rng: &mut ChaCha8Rng) {
    paint_figures(canvas, &HABIT, rng, |rng| Web::random(palette, rng));
}

struct Web {
    /// Angles of the radial threads in turns, ascending, the first once more at the end.
    radials: Vec<f32>,
    /// Turns of the spiral from the centre to the edge.
    turns: f32,
    sag: f32,
    thickness: f32,
    dew: f32,
    noise: Noise,
    thread: Colour,
    shade: Colour,
    drop: Colour,
}

impl Web {
    fn random(palette: &Palette, rng: &mut ChaCha8Rng) -> Self {
        let count = rng.random_range(8..16);
        let mut radials: Vec<f32> = (0..count)
            .map(|number| (number as f32 + rng.random_range(-0.25..0.25)) / count as f32)
            .map(|turn| turn.max(0.0))
            .collect();
        radials.push(radials[0] + 1.0);
        let tinted = palette.line.mix(palette.accent, rng.random_range(0.0..0.35));
        let other = if palette.line == palette.light { palette.dark } else { palette.light };
        Self {
            radials,
            turns: rng.random_range(5.0..9.0),
            sag: rng.random_range(0.4..1.0),
            thickness: rng.random_range(0.035..0.055),
            dew: if rng.random_bool(0.4) { rng.random_range(0.15..0.5) } else { 0.0 },
            noise: Noise::new(rng.random()),
            thread: tinted,
            shade: palette.ground[0].mix(other, 0.5),
            drop: palette.accent.mix(palette.light, 0.5),
        }
    }
}

impl Motif for Web {
    fn sample(&self, at: Point, pixel: f32) -> Ink {
        let radius = at.length();
        if radius > 1.0 {
            return Ink::NONE;
        }
        let first = self.radials[0];
        let turn = (at.angle() / TAU - first).rem_euclid(1.0) + first;
        let after =
            self.radials.partition_point(|&radial| radial <= turn).clamp(1, self.radials.len() - 1);
        let (start, end) = (self.radials[after - 1], self.radials[after]);
        let sector = end - start;
        let within = (turn - start) / sector;
        let nearest = (turn - start).min(end - turn) * TAU * radius;
        let uneven = 0.9 + 0.2 * self.noise.random(after as i32, 0);
        // Threads hang from radial to radial, bowed towards the centre.
        let bow = 1.0 + self.sag * sector * 2.2 * (PI * within).sin();
        // No more turns than can be told apart.
        let turns = self.turns.min(0.27 / pixel).max(3.0);
        let wound = radius * bow * uneven * turns - turn;
        let spacing = 1.0 / (turns * bow);
        let strand = from_nearest(wound) * spacing;
        let fade = 1.0 - smoothstep(0.9, 0.99, radius);
        let hub = smoothstep(0.06, 0.1, radius) * inside(wound.round() - turns + 0.9, 0.1);
        let thickness = self.thickness.max(pixel * 1.1);
        let spiral = line(strand, thickness * 0.85, pixel) * hub;
        let radial = line(nearest, thickness, pixel);
        let thread = spiral.max(radial) * fade;
        let halo =
            (1.0 - smoothstep(0.0, 0.09, nearest.min(strand.abs() + 1.0 - hub))) * 0.35 * fade;
        let mut ink = Ink::new(self.thread, thread).over(Ink::new(self.shade, halo));
        if self.dew > 0.0 {
            let bead =
                self.noise.random((within * 3.0) as i32 + 100 * after as i32, wound.round() as i32);
            let along = from_nearest(within * 3.0 - 0.5) * sector / 3.0 * TAU * radius;
            let size = if bead < self.dew { 0.035 + 0.5 * pixel } else { -1.0 };
            let drop = inside(Point::new(along, strand).length() - size, pixel) * hub * fade;
            ink = Ink::new(self.drop, drop).over(ink);
        }
        ink
    }
}
