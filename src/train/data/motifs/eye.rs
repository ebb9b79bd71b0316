//! Eyes: lids and lashes, an iris of fibres, a pupil, highlights.

use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use super::canvas::{Canvas, Motif};
use super::colour::{Colour, Ink, Palette};
use super::geometry::{Point, from_nearest, inside, line, smoothstep};
use super::layout::{Habit, paint_figures};
use super::noise::Noise;

const HABIT: Habit = Habit {
    tilt: 0.45,
    largest: 1.35,
    repeated: [0.34, 0.62],
    spacing: [2.0, 1.45],
    aligned: true,
};

/// Half the distance between the corners of an eye.
const HALF_WIDTH: f32 = 0.82;

/// Proportions of pupils: round, a cat's, a goat's.
const PUPILS: [Point; 5] = [
    Point::new(1.0, 1.0),
    Point::new(1.0, 1.0),
    Point::new(1.0, 1.0),
    Point::new(0.4, 1.7),
    Point::new(1.6, 0.55),
];

pub fn paint(canvas: &mut Canvas, palette: &Palette, rng: &mut ChaCha8Rng) {
    paint_figures(canvas, &HABIT, rng, |rng| Eye::random(palette, rng));
}

struct Eye {
    /// Heights of the upper and the lower lid above and below the corners.
    upper: f32,
    lower: f32,
    /// Shape of the lids: 0.5 for an ellipse, 1 for a parabola.
    roundness: f32,
    iris: f32,
    gaze: Point,
    pupil: Point,
    lashes: f32,
    lash_length: f32,
    /// Opacity of the skin around.
    skin_opacity: f32,
    /// Distance from the middle from where on the skin fades.
    skin_edge: f32,
    noise: Noise,
    colours: Colours,
}

struct Colours {
    skin: Colour,
    shade: Colour,
    white: Colour,
    outer: Colour,
    inner: Colour,
    dark: Colour,
    glint: Colour,
}

impl Eye {
    fn random(palette: &Palette, rng: &mut ChaCha8Rng) -> Self {
        let round = rng.random_bool(0.3);
        let upper = if round { rng.random_range(0.5..0.68) } else { rng.random_range(0.32..0.52) };
        let lower = upper * rng.random_range(if round { 0.8..1.0 } else { 0.45..0.9 });
        let height = upper + lower;
        let size = rng.random_range(if round { 0.72..0.95 } else { 0.75..1.05 });
        let iris = 0.5 * height * size;
        let gaze = Point::new(
            rng.random_range(-0.5..0.5) * (HALF_WIDTH - iris) * 0.7,
            0.5 * (lower - upper) + rng.random_range(-0.06..0.04),
        );
        let shape = *PUPILS.choose(rng).expect("there are pupils");
        let skin = palette.second.mix(palette.main, rng.random_range(0.0..0.5));
        let iris_colours = [palette.main, palette.accent, palette.second];
        let first = rng.random_range(0..3);
        let white = palette.light.mix(palette.accent, rng.random_range(0.0..0.25));
        Self {
            upper,
            lower,
            roundness: if round { 0.5 } else { rng.random_range(0.7..1.0) },
            iris,
            gaze,
            pupil: shape * rng.random_range(0.34..0.52),
            lashes: rng.random_range(5.0..11.0),
            lash_length: if rng.random_bool(0.75) { rng.random_range(0.2..0.42) } else { 0.0 },
            skin_opacity: if rng.random_bool(0.7) { 1.0 } else { 0.0 },
            skin_edge: rng.random_range(0.5..0.9),
            noise: Noise::new(rng.random()),
            colours: Colours {
                skin,
                shade: skin.mix(palette.dark, 0.6),
                white,
                outer: iris_colours[first].mix(palette.dark, 0.15),
                inner: iris_colours[(first + 1) % 3].mix(palette.light, 0.25),
                dark: palette.dark.mix(Colour::default(), 0.4),
                glint: palette.light.mix(Colour([1.0; 3]), 0.7),
            },
        }
    }

    fn iris(&self, at: Point, pixel: f32) -> Colour {
        let colours = &self.colours;
        let offset = at - self.gaze;
        let distance = offset.length();
        let radius = distance / self.iris;
        let pixel = pixel / self.iris;
        let direction = offset * (1.0 / distance.max(1e-4));
        let fibre = self.noise.smooth(direction * 5.5 + Point::new(radius * 0.7 + 20.0, 20.0));
        let tone = smoothstep(0.4, 0.9, radius + 0.7 * (fibre - 0.5));
        let bright = 0.55 + 0.75 * fibre;
        // Light that fell in from above gathers below.
        let gathered = 0.85 + 0.45 * smoothstep(-0.4, 0.9, direction.y * radius);
        let mut colour = colours.inner.mix(colours.outer, tone).lit(bright * gathered);
        colour = colour.mix(colours.dark, 0.9 * smoothstep(0.8, 0.97, radius));
        let pupil =
            Point::new(offset.x / self.pupil.x, offset.y / self.pupil.y).length() / self.iris;
        let narrow = self.pupil.x.min(self.pupil.y);
        colour = colour.mix(colours.dark, inside((pupil - 1.0) * narrow, pixel.max(0.05)));
        let glint = (offset * (1.0 / self.iris) - Point::new(-0.32, -0.36)).length();
        let small = (offset * (1.0 / self.iris) - Point::new(0.36, 0.4)).length();
        colour = colour.mix(colours.glint, inside(glint - 0.2, pixel.max(0.08)));
        let colour = colour.mix(colours.glint, 0.6 * inside(small - 0.09, pixel.max(0.08)));
        colours.white.mix(colour, inside(radius - 1.0, pixel))
    }

    fn ball(&self, at: Point, above: f32, pixel: f32) -> Colour {
        let corner = smoothstep(0.55, 1.0, (at.x / HALF_WIDTH).abs());
        let shade = smoothstep(0.0, 0.22, above);
        self.iris(at, pixel).lit((0.55 + 0.45 * shade) * (1.0 - 0.35 * corner))
    }

    /// The skin, `over` above the upper lid or `under` below the lower one.
    fn skin(&self, at: Point, over: f32, under: f32, pixel: f32) -> Ink {
        let colours = &self.colours;
        let distance = Point::new(at.x, at.y * 1.25).length();
        let opacity = self.skin_opacity * (1.0 - smoothstep(self.skin_edge, 0.99, distance));
        let socket = 1.0 - smoothstep(0.0, 0.35, over.max(under));
        let grain = 0.86 + 0.28 * self.noise.smooth(at * 9.0);
        let fold = line(over - 0.17 - 0.05 * at.x, 0.05, pixel.max(0.05));
        let fold = fold.max(0.6 * line(under - 0.14, 0.04, pixel.max(0.05)));
        let colour = colours.skin.lit(grain).mix(colours.shade, (0.6 * socket).max(0.8 * fold));
        Ink::new(colour, opacity)
    }

    fn lash(&self, at: Point, over: f32, pixel: f32) -> f32 {
        if self.lash_length == 0.0 || over > self.lash_length {
            return 0.0;
        }
        let root = at.x / (1.0 + 0.9 * over);
        let number = root * self.lashes;
        if root.abs() > HALF_WIDTH {
            return 0.0;
        }
        let uneven = 0.65 + 0.35 * self.noise.random(number.round() as i32, 77);
        let tip = over / (self.lash_length * uneven);
        let width = 0.055 * (1.0 - tip).max(0.0);
        line(from_nearest(number) / self.lashes, width, pixel)
    }
}

impl Motif for Eye {
    fn sample(&self, at: Point, pixel: f32) -> Ink {
        if at.length() > 1.0 {
            return Ink::NONE;
        }
        let along = (at.x / HALF_WIDTH).abs().min(1.0);
        let height = (1.0 - along * along).powf(self.roundness);
        let above = at.y + self.upper * height;
        let below = self.lower * height - at.y;
        let beyond = (at.x.abs() - HALF_WIDTH).max(0.0);
        let (over, under) = (-above + beyond, -below + beyond);
        let open = inside(0.8 * over.max(under), pixel) * inside(beyond - 0.5 * pixel, pixel);
        let rim = (0.075 - 0.8 * over.abs()).max(0.045 - 0.8 * under.abs());
        let mut ink = Ink::new(self.ball(at, above, pixel), open);
        if open < 1.0 {
            ink = ink.over(self.skin(at, over, under, pixel));
        }
        let lash = if over > 0.0 { self.lash(at, over, pixel) } else { 0.0 };
        let at_lid = beyond < 0.06 && over.max(under) < 0.1;
        let lid = if at_lid { inside(-rim, pixel) } else { 0.0 };
        Ink::new(self.colours.dark, lid.max(lash)).over(ink)
    }
}
