//! Flowers: layers of petals with veins around a disc of stamens.

use std::f32::consts::{PI, TAU};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::canvas::{Canvas, Motif};
use super::colour::{Colour, Ink, Palette};
use super::geometry::{Point, from_nearest, inside, smoothstep};
use super::layout::{Habit, paint_figures};
use super::noise::Noise;

const HABIT: Habit =
    Habit { tilt: PI, largest: 1.3, repeated: [0.34, 0.62], spacing: [1.85, 1.65], aligned: false };

pub fn paint(canvas: &mut Canvas, palette: &Palette, rng: &mut ChaCha8Rng) {
    paint_figures(canvas, &HABIT, rng, |rng| Flower::random(palette, rng));
}

struct Flower {
    petals: i32,
    layers: i32,
    /// Half the width of a petal at its widest, and where along it that is.
    breadth: f32,
    widest: f32,
    notch: f32,
    veins: f32,
    disc: f32,
    /// Dots around the disc, 0 for none.
    anthers: f32,
    noise: Noise,
    base: Colour,
    tip: Colour,
    heart: Colour,
    dark: Colour,
    light: Colour,
}

impl Flower {
    fn random(palette: &Palette, rng: &mut ChaCha8Rng) -> Self {
        let many = rng.random_bool(0.5);
        let petals = if many { rng.random_range(9..17) } else { rng.random_range(5..8) };
        let layers = if many { rng.random_range(1..5) } else { rng.random_range(1..3) };
        let sector = TAU / petals as f32;
        let [base, heart] = if rng.random() {
            [palette.second, palette.accent]
        } else {
            [palette.accent, palette.second]
        };
        Self {
            petals,
            layers,
            breadth: sector * rng.random_range(0.42..0.62) * if many { 0.75 } else { 0.72 },
            widest: rng.random_range(0.5..0.78),
            notch: if rng.random_bool(0.3) { rng.random_range(0.08..0.2) } else { 0.0 },
            veins: rng.random_range(0.1..0.5),
            disc: rng.random_range(0.14..0.3),
            anthers: if rng.random_bool(0.4) { rng.random_range(6..14) as f32 } else { 0.0 },
            noise: Noise::new(rng.random()),
            base,
            tip: palette.main,
            heart,
            dark: palette.dark,
            light: palette.light,
        }
    }

    /// The petal at `along` 0..1 from the centre and `aside` of its middle, if it reaches there.
    fn petal(&self, along: f32, aside: f32, number: i32, layer: i32, pixel: f32) -> Ink {
        let notch = self.notch * (1.0 - aside.abs() / 0.12).max(0.0);
        let along = along + notch;
        if along >= 1.0 {
            return Ink::NONE;
        }
        let width = if along < self.widest {
            let t = along / self.widest;
            self.breadth * (0.25 + 0.75 * t * (2.0 - t))
        } else {
            let t = (along - self.widest) / (1.0 - self.widest);
            self.breadth * (1.0 - t * t).sqrt()
        };
        let across = aside / width.max(1e-3);
        let opacity = inside(aside.abs() - width, pixel);
        if opacity == 0.0 {
            return Ink::NONE;
        }
        let own = 0.85 + 0.3 * self.noise.random(number, layer);
        let colour = self.base.mix(self.tip, smoothstep(0.15, 0.7, along));
        let vein = (0.5 + 0.5 * (across * 11.0).cos()) * smoothstep(1.0, 0.4, along);
        let trough = 1.0 - 0.35 * (1.0 - smoothstep(0.0, 0.25, across.abs()));
        let side = 1.0 - 0.22 * across;
        let deep = 0.5 + 0.5 * smoothstep(0.1, 0.75, along);
        let colour = colour.lit(own * trough * side * deep);
        let colour = colour.mix(self.dark, self.veins * vein);
        let lip = smoothstep(0.72, 0.9, across.abs()) + smoothstep(0.9, 0.98, along);
        let colour = colour.mix(self.light, 0.4 * lip.min(1.0));
        let edge = smoothstep(0.9, 1.0, across.abs()) * 0.7;
        Ink::new(colour.mix(self.dark, edge), opacity)
    }

    fn layer(&self, radius: f32, angle: f32, layer: i32, pixel: f32) -> Ink {
        // Inner layers lie on top.
        let size = 1.0 - 0.2 * (self.layers - 1 - layer) as f32;
        if radius > size {
            return Ink::NONE;
        }
        let sector = TAU / self.petals as f32;
        let place = angle / sector + 0.5 * layer as f32;
        let nearest = place.round();
        let neighbour = nearest + if place > nearest { 1.0 } else { -1.0 };
        let petal = |number: f32| {
            let (sine, cosine) = ((place - number) * sector).sin_cos();
            let wrapped = (number as i32).rem_euclid(self.petals);
            self.petal(radius * cosine / size, radius * sine / size, wrapped, layer, pixel / size)
        };
        petal(nearest.max(neighbour)).over(petal(nearest.min(neighbour)))
    }

    /// The disc, its florets in two families of spirals.
    fn disc(&self, radius: f32, angle: f32, pixel: f32) -> Ink {
        let r = radius / self.disc;
        let winding = r.sqrt() * 2.2;
        let left = (8.0 * angle + TAU * winding).cos();
        let right = (13.0 * angle - TAU * winding).cos();
        let floret = smoothstep(-0.3, 0.9, left * right);
        let dome = 1.15 - 0.6 * r * r;
        let colour = self.heart.lit(dome).mix(self.dark, 0.65 * floret);
        let colour = colour.mix(self.dark, 0.8 * smoothstep(0.82, 1.0, r));
        Ink::new(colour, inside(radius - self.disc, pixel))
    }

    fn anther(&self, radius: f32, angle: f32, pixel: f32) -> Ink {
        if self.anthers == 0.0 {
            return Ink::NONE;
        }
        let ring = self.disc + 0.13;
        let aside = from_nearest(angle / TAU * self.anthers) * TAU / self.anthers * radius;
        let dot = inside(Point::new(aside, radius - ring).length() - 0.045, pixel);
        let thread = if radius < ring { inside(aside.abs() - 0.012, pixel) } else { 0.0 };
        Ink::new(self.heart.mix(self.light, 0.4), dot.max(0.7 * thread))
    }
}

impl Motif for Flower {
    fn sample(&self, at: Point, pixel: f32) -> Ink {
        let radius = at.length();
        if radius > 1.0 {
            return Ink::NONE;
        }
        let angle = at.angle();
        let mut ink = self.disc(radius, angle, pixel);
        if ink.opacity < 1.0 {
            ink = ink.over(self.anther(radius, angle, pixel));
        }
        for layer in 0..self.layers {
            if ink.opacity >= 1.0 {
                break;
            }
            let petals = self.layer(radius, angle, layer, pixel);
            // Each layer throws a shadow on the next.
            let depth = 1.0 - 0.08 * layer as f32;
            ink = ink.over(Ink::new(petals.colour.lit(depth), petals.opacity));
        }
        ink
    }
}
