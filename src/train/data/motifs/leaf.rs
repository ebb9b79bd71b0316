//! Leaves: a midrib, side veins, blades that bulge between them; smooth, toothed or lobed, single or
//! in fans and pinnate rows.

use std::f32::consts::PI;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::canvas::{Canvas, Motif};
use super::colour::{Colour, Ink, Palette};
use super::geometry::{Frame, Point, from_nearest, inside, line, smoothstep};
use super::layout::{Habit, paint_figures};
use super::noise::Noise;

const HABIT: Habit =
    Habit { tilt: PI, largest: 1.5, repeated: [0.38, 0.7], spacing: [1.5, 1.15], aligned: false };

pub fn paint(canvas: &mut Canvas, palette: &Palette, rng: &mut ChaCha8Rng) {
    let arrangement: fn(&mut ChaCha8Rng) -> Vec<Frame> =
        [lone, lone, lone, fan, pinnate][rng.random_range(0..5)];
    paint_figures(canvas, &HABIT, rng, |rng| Leaves {
        blades: arrangement(rng),
        blade: Blade::random(palette, rng),
    });
}

/// Blades alike, the first on top.
struct Leaves {
    blades: Vec<Frame>,
    blade: Blade,
}

fn lone(_: &mut ChaCha8Rng) -> Vec<Frame> {
    vec![Frame::PATCH]
}

/// Blades from one point, like a maple's or a chestnut's.
fn fan(rng: &mut ChaCha8Rng) -> Vec<Frame> {
    let count: i32 = rng.random_range(2..=3);
    let spread = rng.random_range(0.65..0.95);
    let root = Point::new(-0.45, 0.0);
    (-count..=count)
        .map(|number| {
            let scale = 0.72 - 0.1 * number.abs() as f32;
            let angle = number as f32 * spread;
            Frame::new(root + Point::polar(0.85 * scale, angle), scale, angle)
        })
        .collect()
}

/// Pairs of blades along a stalk, and one at its end.
fn pinnate(rng: &mut ChaCha8Rng) -> Vec<Frame> {
    let pairs = rng.random_range(2..=4);
    let lean = rng.random_range(0.75..1.15);
    let mut frames = vec![Frame::new(Point::new(0.58, 0.0), 0.4, 0.0)];
    for pair in 0..pairs {
        let along = 0.25 - 1.05 * pair as f32 / pairs as f32;
        for side in [-1.0, 1.0] {
            let centre = Point::new(along, 0.0) + Point::polar(0.36, side * lean);
            frames.push(Frame::new(centre, 0.4, side * lean));
        }
    }
    frames
}

impl Motif for Leaves {
    fn sample(&self, at: Point, pixel: f32) -> Ink {
        if at.length() > 1.0 {
            return Ink::NONE;
        }
        let mut ink = Ink::NONE;
        for frame in &self.blades {
            ink = ink.over(self.blade.sample(frame.local(at), pixel / frame.scale));
            if ink.opacity >= 1.0 {
                return ink;
            }
        }
        if self.blades.len() > 1 {
            let stalk = line(at.y, 0.05, pixel) * inside(at.x - 0.4, pixel);
            ink = ink.over(Ink::new(self.blade.vein, stalk));
        }
        ink
    }
}

/// A blade along the x axis, its tip at 1.
struct Blade {
    breadth: f32,
    /// Where it is widest, 0 (root) to 1 (tip).
    widest: f32,
    veins: f32,
    lean: f32,
    /// Depth of teeth, one for each side vein or several.
    teeth: f32,
    teeth_per_vein: f32,
    bend: f32,
    noise: Noise,
    colour: Colour,
    other: Colour,
    vein: Colour,
    dark: Colour,
}

impl Blade {
    fn random(palette: &Palette, rng: &mut ChaCha8Rng) -> Self {
        let lobed = rng.random_bool(0.25);
        let toothed = lobed || rng.random_bool(0.4);
        let vein = if rng.random_bool(0.65) { palette.light } else { palette.dark };
        Self {
            breadth: rng.random_range(0.3..0.58),
            widest: rng.random_range(0.3..0.55),
            veins: rng.random_range(2.6..4.6),
            lean: rng.random_range(0.45..0.95),
            teeth: if lobed {
                rng.random_range(0.25..0.45)
            } else if toothed {
                rng.random_range(0.06..0.14)
            } else {
                0.0
            },
            teeth_per_vein: if lobed { 1.0 } else { rng.random_range(1..4) as f32 },
            bend: rng.random_range(-0.2..0.2),
            noise: Noise::new(rng.random()),
            colour: palette.main,
            other: palette.main.mix(palette.second, rng.random_range(0.3..1.0)),
            vein: vein.mix(palette.accent, rng.random_range(0.0..0.4)),
            dark: palette.dark,
        }
    }

    /// Half the width of the blade.
    fn width(&self, along: f32) -> f32 {
        let t = (along + 0.75) / 1.73;
        if !(0.0..=1.0).contains(&t) {
            return 0.0;
        }
        let profile = if t < self.widest {
            (1.0 - (1.0 - t / self.widest).powi(2)).sqrt()
        } else {
            let s = (t - self.widest) / (1.0 - self.widest);
            (1.0 - s) * (1.0 + s)
        };
        self.breadth * profile
    }

    fn sample(&self, at: Point, pixel: f32) -> Ink {
        if at.x.abs() > 1.05 || at.y.abs() > 0.8 {
            return Ink::NONE;
        }
        let at = Point::new(at.x, at.y + self.bend * (at.x * at.x - 0.3));
        let aside = at.y.abs();
        let stalk = line(at.y, 0.055, pixel) * inside(at.x.abs() - 0.97, pixel);
        let root = (at.x - self.lean * aside * (1.0 - 0.4 * aside)) * self.veins;
        let tooth = 0.5 - 0.5 * (root * self.teeth_per_vein * 2.0 * PI).cos();
        let width = self.width(at.x) * (1.0 - self.teeth * tooth);
        let distance = aside - width;
        let opacity = inside(distance, pixel);
        if opacity == 0.0 {
            return Ink::new(self.vein.mix(self.dark, 0.3), if at.x < 0.0 { stalk } else { 0.0 });
        }
        // Halfway between two veins the blade bulges towards the light.
        let from_vein = from_nearest(root + 0.5).abs();
        let bulge = smoothstep(0.05, 0.5, from_vein);
        let toward = (aside / width.max(0.01)).min(1.0);
        let side = if at.y < 0.0 { 1.15 } else { 0.75 };
        let mottled = 0.85 + 0.3 * self.noise.smooth(at * 6.0);
        let colour = self.colour.mix(self.other, smoothstep(0.2, 1.0, toward));
        let colour = colour.lit((0.62 + 0.45 * bulge) * side * mottled);
        let thin = 0.05 * (1.0 - 0.6 * toward);
        let vein = line(from_nearest(root + 0.5) / (self.veins * 1.2), thin, pixel);
        let rib = line(at.y, 0.085 * (1.0 - 0.6 * smoothstep(-0.7, 0.9, at.x)), pixel);
        let colour = colour.mix(self.vein, (0.7 * vein).max(rib));
        let edge = inside(-distance - 0.035, pixel.max(0.03));
        Ink::new(colour.mix(self.dark, 0.75 * edge), opacity)
    }
}
