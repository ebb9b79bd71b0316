//! Arcades: arches of wedge-shaped stones on pillars, storey upon storey.

use std::f32::consts::PI;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::canvas::{Canvas, Motif};
use super::colour::{Colour, Ink, Palette};
use super::geometry::{Point, from_nearest, inside, line, smoothstep};
use super::noise::Noise;
use super::surface::{Drape, paint_surface};

const DRAPE: Drape = Drape { tilt: 0.3, unit: [0.42, 1.5], bend: 0.6, cut: 0.15 };

pub fn paint(canvas: &mut Canvas, palette: &Palette, rng: &mut ChaCha8Rng) {
    let arcade = Arcade::random(palette, rng);
    paint_surface(canvas, &DRAPE, rng, arcade);
}

/// Arches one unit apart.
struct Arcade {
    /// Height of a storey, and of the springing line above its floor.
    storey: f32,
    springing: f32,
    /// Half the width of an opening.
    opening: f32,
    /// Thickness of the ring of stones.
    ring: f32,
    stones: f32,
    /// 0 for a round arch; how far the centres of a pointed one lie beyond the middle.
    point: f32,
    /// Whether smaller arches are seen within, one behind the other.
    vault: bool,
    noise: Noise,
    wall: Colour,
    wedges: [Colour; 2],
    deep: Colour,
    beyond: Colour,
    mortar: Colour,
    light: Colour,
}

impl Arcade {
    fn random(palette: &Palette, rng: &mut ChaCha8Rng) -> Self {
        let opening = rng.random_range(0.26..0.34);
        let ring = rng.random_range(0.1..0.15);
        let springing = rng.random_range(0.45..0.85);
        let point = if rng.random_bool(0.35) { rng.random_range(0.08..0.22) } else { 0.0 };
        let wedge = if rng.random_bool(0.7) { palette.accent } else { palette.light };
        let bright = rng.random_bool(0.3);
        Self {
            storey: springing + opening + ring + 0.8 * point + rng.random_range(0.14..0.3),
            springing,
            opening,
            ring,
            stones: rng.random_range(4..8) as f32 * 2.0 - 1.0,
            point,
            vault: rng.random_bool(0.5),
            noise: Noise::new(rng.random()),
            wall: palette.main,
            wedges: [palette.second, wedge.mix(palette.second, 0.2)],
            deep: palette.dark.mix(palette.ground[1], 0.1),
            beyond: if bright { palette.light } else { palette.ground[0].mix(palette.dark, 0.4) },
            mortar: palette.dark,
            light: palette.light,
        }
    }

    fn inside_opening(&self, depth: f32, height: f32) -> Colour {
        let dusk = self.deep.mix(self.beyond, smoothstep(0.75, 0.0, height / self.storey));
        if !self.vault {
            // The reveal of the wall lies in half shadow.
            let reveal = 1.0 - smoothstep(0.03, 0.07, depth);
            return dusk.mix(self.wall.lit(0.5), reveal);
        }
        let step = depth / 0.075;
        let far = (0.28 * step.floor()).min(1.0);
        let edge = line(from_nearest(step), 0.3, 0.3) * (1.0 - far);
        let stone = self.wedges[step as usize & 1].lit(0.75);
        stone.mix(dusk, far).mix(self.mortar, 0.7 * edge)
    }

    fn ring(&self, angle: f32, across: f32, number: i32, pixel: f32) -> Colour {
        let place = angle / PI * self.stones;
        let stone = place.floor() as i32;
        let own = 0.85 + 0.3 * self.noise.random(stone, number);
        let colour = self.wedges[(stone & 1) as usize].lit(own * (1.1 - 0.25 * across));
        let joint = from_nearest(place) * PI / self.stones * (self.opening + across * self.ring);
        colour.mix(self.mortar, 0.85 * line(joint, 0.022, pixel.max(0.02)))
    }

    fn masonry(&self, at: Point, pixel: f32) -> Colour {
        let course = (at.y / 0.17).floor();
        let stagger = 0.5 * (course as i32 & 1) as f32;
        let place = at.x / 0.33 + stagger;
        let own = self.noise.random(place.floor() as i32, course as i32);
        let joint = line(from_nearest(at.y / 0.17) * 0.17, 0.02, pixel.max(0.02)).max(line(
            from_nearest(place) * 0.33,
            0.02,
            pixel.max(0.02),
        ));
        self.wall.lit(0.78 + 0.36 * own).mix(self.mortar, 0.55 * joint)
    }

    /// A pillar with its base and capital; `aside` from its middle.
    fn pillar(&self, aside: f32, height: f32, half: f32, pixel: f32) -> Ink {
        let capital = smoothstep(self.springing - 0.15, self.springing, height);
        let base = 1.0 - smoothstep(0.03, 0.1, height);
        let half = half * (0.62 + 0.48 * capital.max(0.8 * base));
        let t = (aside / half).clamp(-1.0, 1.0);
        let colour = self.wedges[1]
            .mix(self.light, 0.35)
            .lit(0.4 + 0.75 * (1.0 - (t + 0.3).powi(2)).max(0.0));
        let band = line(height - self.springing + 0.16, 0.03, pixel.max(0.02))
            .max(line(height - self.springing, 0.03, pixel.max(0.02)))
            .max(line(height - 0.1, 0.03, pixel.max(0.02)));
        Ink::new(colour.mix(self.mortar, 0.75 * band), inside(aside.abs() - half, pixel))
    }
}

impl Motif for Arcade {
    fn sample(&self, at: Point, pixel: f32) -> Ink {
        let storey = (-at.y / self.storey).floor();
        let height = -at.y - storey * self.storey;
        let column = at.x.round();
        let x = at.x - column;
        let number = (column as i32).wrapping_mul(31) + storey as i32;
        // Cornice between the storeys.
        let cornice = self.storey - height;
        if cornice < 0.1 {
            let lit = if cornice < 0.05 { 1.1 } else { 0.6 };
            let dentil = 0.85 + 0.3 * (at.x * 12.0).fract().abs().round();
            return Ink::opaque(self.wall.mix(self.light, 0.3).lit(lit * dentil));
        }
        let above = height - self.springing;
        if above < 0.0 {
            let depth = self.opening - x.abs();
            let wall = self.pillar(0.5 - x.abs(), height, 0.5 - self.opening, pixel);
            let behind = Ink::opaque(self.inside_opening(depth.max(0.0), height));
            return wall.over(behind);
        }
        // A pointed arch is struck from two centres.
        let centre = Point::new(x.abs() + self.point, above);
        let distance = centre.length() - self.point;
        let across = (distance - self.opening) / self.ring;
        let opening = inside(distance - self.opening, pixel);
        let beyond = inside(self.opening + self.ring - distance, pixel);
        let angle = Point::new(x, above).angle();
        let mut colour = self.ring(angle, across, number, pixel);
        let edge =
            line(across, 0.16, pixel / self.ring).max(line(across - 1.0, 0.16, pixel / self.ring));
        colour = colour.mix(self.mortar, 0.8 * edge);
        if beyond > 0.0 {
            colour = colour.mix(self.masonry(at, pixel), beyond);
        }
        if opening > 0.0 {
            colour = colour.mix(self.inside_opening(self.opening - distance, height), opening);
        }
        Ink::opaque(colour)
    }

    fn reach(&self) -> f32 {
        f32::INFINITY
    }
}
