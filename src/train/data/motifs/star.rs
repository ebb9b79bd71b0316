//! Stars: faceted points, rays between them, an inner star.

use std::f32::consts::{PI, TAU};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::canvas::{Canvas, Motif};
use super::colour::{Colour, Ink, Palette};
use super::geometry::{Point, inside, smoothstep};
use super::layout::{Habit, paint_figures};

const HABIT: Habit =
    Habit { tilt: PI, largest: 1.25, repeated: [0.3, 0.58], spacing: [1.85, 1.7], aligned: false };

pub fn paint(canvas: &mut Canvas, palette: &Palette, rng: &mut ChaCha8Rng) {
    paint_figures(canvas, &HABIT, rng, |rng| Star::random(palette, rng));
}

struct Star {
    points: f32,
    /// Distance of the notches between the points from the centre.
    notch: f32,
    /// Length of thin rays between the points, 0 for none.
    rays: f32,
    inner: f32,
    jewel: f32,
    glow: f32,
    outline: f32,
    facets: [Colour; 2],
    ray: Colour,
    core: [Colour; 2],
    edge: Colour,
    shine: Colour,
}

impl Star {
    fn random(palette: &Palette, rng: &mut ChaCha8Rng) -> Self {
        let points = [4, 5, 5, 6, 6, 7, 8, 9, 12, 16][rng.random_range(0..10)] as f32;
        let [one, other] = if rng.random() {
            [palette.main, palette.second]
        } else {
            [palette.accent, palette.main]
        };
        let contrast = rng.random_range(0.35..0.75);
        Self {
            points,
            notch: rng.random_range(0.3..0.55) * if points < 6.0 { 0.85 } else { 1.15 },
            rays: if rng.random_bool(0.45) { rng.random_range(0.7..1.0) } else { 0.0 },
            inner: if rng.random_bool(0.5) { rng.random_range(0.35..0.65) } else { 0.0 },
            jewel: if rng.random_bool(0.4) { rng.random_range(0.1..0.24) } else { 0.0 },
            glow: if rng.random_bool(0.4) { rng.random_range(0.3..0.8) } else { 0.0 },
            outline: if rng.random_bool(0.6) { rng.random_range(0.03..0.07) } else { 0.0 },
            facets: [one.mix(palette.light, 0.35 * contrast), one.mix(palette.dark, contrast)],
            ray: other,
            core: [other.mix(palette.light, 0.4), other.mix(palette.dark, 0.5)],
            edge: if rng.random() { palette.dark } else { palette.line },
            shine: palette.light,
        }
    }
}

/// Distance outside a star of this outer and inner radius, at a place folded into half a point.
fn outside(folded: Point, half_sector: f32, outer: f32, notch: f32) -> f32 {
    let edge = Point::polar(notch, half_sector) - Point::new(outer, 0.0);
    let normal = Point::new(edge.y, -edge.x) * (1.0 / edge.length());
    (folded - Point::new(outer, 0.0)).dot(normal)
}

impl Motif for Star {
    fn sample(&self, at: Point, pixel: f32) -> Ink {
        let radius = at.length();
        if radius > 1.0 {
            return Ink::NONE;
        }
        let half = PI / self.points;
        let place = at.angle() * self.points / TAU;
        let from_point = place - place.round();
        let side = usize::from(from_point > 0.0);
        let folded = Point::polar(radius, from_point.abs() * 2.0 * half);
        let between = Point::polar(radius, (0.5 - from_point.abs()) * 2.0 * half);

        let distance = outside(folded, half, 0.96, self.notch);
        let seam = inside(-folded.y, pixel);
        let facet = self.facets[side].mix(self.facets[1 - side], 0.5 * (1.0 - seam));
        let mut colour = facet.lit(0.8 + 0.35 * smoothstep(0.9, 0.0, radius));
        if self.inner > 0.0 {
            let within = outside(between, half, 0.9 * self.inner, 0.55 * self.inner);
            colour = colour.mix(self.core[side], inside(within, pixel));
        }
        if self.jewel > 0.0 {
            let distance = radius - self.jewel;
            colour = colour.mix(self.edge, inside(distance - 0.04, pixel));
            let gloss = smoothstep(0.8, 0.0, (at - Point::new(-0.05, -0.06)).length() / self.jewel);
            let jewel = self.ray.mix(self.shine, 0.8 * gloss);
            colour = colour.mix(jewel, inside(distance, pixel));
        }
        colour = colour.mix(self.edge, inside(-distance - self.outline, pixel));
        let star = Ink::new(colour, inside(distance, pixel));
        if star.opacity >= 1.0 {
            return star;
        }
        let ray = if self.rays > 0.0 {
            let notch = self.notch * 0.55;
            let opacity = inside(outside(between, half, self.rays, notch), pixel);
            Ink::new(self.ray.lit(if side == 0 { 1.1 } else { 0.7 }), opacity)
        } else {
            Ink::NONE
        };
        let glow = Ink::new(self.shine, self.glow * smoothstep(1.0, 0.2, radius));
        star.over(ray).over(glow)
    }
}
