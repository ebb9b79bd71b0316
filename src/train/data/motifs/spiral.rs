//! Spirals: ribbons wound up, shells with chambers, tendrils.

use std::f32::consts::{PI, TAU};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::canvas::{Canvas, Motif};
use super::colour::{Colour, Ink, Palette};
use super::geometry::{Point, from_nearest, inside, line, smoothstep};
use super::layout::{Habit, paint_figures};

const HABIT: Habit =
    Habit { tilt: PI, largest: 1.3, repeated: [0.34, 0.62], spacing: [1.95, 1.75], aligned: false };

pub fn paint(canvas: &mut Canvas, palette: &Palette, rng: &mut ChaCha8Rng) {
    const STYLES: [(Style, f32); 4] = [(ribbon, 5.0), (shell, 1.0), (shell, 1.0), (tendril, 1.0)];
    let (style, most_arms) = STYLES[rng.random_range(0..STYLES.len())];
    paint_figures(canvas, &HABIT, rng, |rng| Spiral::random(style, most_arms, palette, rng));
}

/// Paints a point of a spiral's band.
type Style = fn(&Spiral, &Place) -> Ink;

struct Spiral {
    style: Style,
    /// Archimedean with this distance from turn to turn, or logarithmic with this growth per turn.
    step: f32,
    logarithmic: bool,
    arms: f32,
    /// Chambers per turn, and how far their walls are bent.
    chambers: f32,
    bend: f32,
    colours: [Colour; 3],
    dark: Colour,
    light: Colour,
    line: Colour,
}

/// A point in a spiral's own coordinates.
struct Place {
    radius: f32,
    /// 0..1 across the band, from the inner edge to the outer.
    across: f32,
    /// Turns along the band, from some start.
    along: f32,
    /// Width of the band here.
    width: f32,
    pixel: f32,
}

impl Spiral {
    fn random(style: Style, most_arms: f32, palette: &Palette, rng: &mut ChaCha8Rng) -> Self {
        let logarithmic = rng.random_bool(0.55);
        let arms =
            if rng.random_bool(0.4) { 1.0 } else { rng.random_range(1.0..=most_arms).floor() };
        let step = if logarithmic {
            rng.random_range(0.42..0.8) * arms.sqrt()
        } else {
            rng.random_range(0.24..0.42) * arms.sqrt()
        };
        let mut colours = [palette.main, palette.second, palette.accent];
        colours.rotate_left(rng.random_range(0..3));
        Self {
            style,
            step,
            logarithmic,
            arms,
            chambers: rng.random_range(8..20) as f32,
            bend: rng.random_range(-0.6..0.6),
            colours,
            dark: palette.dark,
            light: palette.light,
            line: palette.line,
        }
    }
}

impl Motif for Spiral {
    fn sample(&self, at: Point, pixel: f32) -> Ink {
        let radius = at.length();
        if radius > 1.0 {
            return Ink::NONE;
        }
        let turn = at.angle() / TAU + 0.5;
        let (grown, width) = if self.logarithmic {
            (radius.max(0.01).ln() / self.step, radius * self.step)
        } else {
            (radius / self.step, self.step)
        };
        let phase = grown - turn * self.arms;
        let whorl = phase.floor();
        let place =
            Place { radius, across: phase - whorl, along: turn + whorl / self.arms, width, pixel };
        let ink = (self.style)(self, &place);
        let centre = 1.0 - smoothstep(0.02, 0.08, radius);
        Ink::new(ink.colour.mix(self.dark, centre * 0.8), ink.opacity)
    }
}

/// Bands of three colours on a disc.
fn ribbon(spiral: &Spiral, place: &Place) -> Ink {
    let pixel = (place.pixel / place.width).min(1.0);
    let edge = |at: f32| inside(at - place.across, pixel) * inside(place.across - 1.0, pixel);
    let shine = 0.75 + 0.45 * (place.across * PI).sin();
    let [first, second, third] = spiral.colours;
    let colour = first.mix(second, edge(0.5)).mix(third, 0.8 * edge(0.82)).lit(shine);
    let seam = line(from_nearest(place.across), 0.14, pixel);
    let colour = colour.mix(spiral.dark, seam);
    Ink::new(colour, inside(place.radius - 0.97, place.pixel))
}

/// A tube that grows as it winds, with walls or ribs across, like an ammonite's.
fn shell(spiral: &Spiral, place: &Place) -> Ink {
    let pixel = (place.pixel / place.width).min(1.0);
    let middle = place.across - 0.5;
    let chamber =
        (place.along + spiral.bend * 0.12 * (1.0 - 4.0 * middle * middle)) * spiral.chambers;
    let arc = TAU * place.radius / spiral.chambers;
    let wall = line(from_nearest(chamber) * arc, 0.22 * arc, place.pixel);
    let swell = 0.5 + 0.5 * (from_nearest(chamber) * TAU).cos();
    let parity = (chamber.round() as i32).rem_euclid(2) as usize;
    let rounded = (4.0 * place.across * (1.0 - place.across)).sqrt();
    let [first, second, third] = spiral.colours;
    let colour = if parity == 0 { first } else { first.mix(second, 0.8) };
    let colour = colour.mix(third, smoothstep(0.15, -0.35, middle) * 0.7);
    let shine = smoothstep(0.3, 0.0, (middle - 0.12).abs()) * 0.5 * swell;
    let colour = colour.lit(0.45 + 0.55 * rounded).mix(spiral.light, shine);
    let colour = colour.mix(spiral.dark, 0.75 * wall);
    let seam = line(from_nearest(place.across), 0.16, pixel);
    // The last whorl ends at the mouth, where the angle wraps round.
    let last = if spiral.logarithmic { -1.0 } else { (1.0 / spiral.step).floor() - 1.0 };
    let within = place.along.floor() <= last;
    let opacity = if within { inside(place.radius - 0.99, place.pixel) } else { 0.0 };
    Ink::new(colour.mix(spiral.dark, seam), opacity)
}

/// A line that thins out as it winds in, over whatever lies behind.
fn tendril(spiral: &Spiral, place: &Place) -> Ink {
    let thickness = 0.2 + 0.25 * smoothstep(0.0, 0.9, place.radius);
    let distance = (place.across - 0.5) * place.width;
    let stroke = line(distance, thickness * place.width, place.pixel);
    let side = smoothstep(-0.3, 0.3, (place.across - 0.5) / thickness);
    let colour = spiral.colours[0].lit(1.15).mix(spiral.line, 0.35 + 0.5 * side);
    let outline = line(distance, (thickness + 0.22) * place.width, place.pixel);
    let fade = 1.0 - smoothstep(0.93, 1.0, place.radius);
    Ink::new(spiral.dark.mix(colour, stroke), outline * fade)
}
