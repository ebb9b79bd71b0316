//! Patterns without an end, laid over a patch: turned, tilted and bent, whole or cut to a shape.

use std::f32::consts::TAU;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::canvas::{Canvas, Motif};
use super::colour::Ink;
use super::geometry::{Frame, Point, inside, smoothstep};
use super::noise::Noise;

/// How patterns of a kind like to lie.
#[derive(Clone, Copy, Debug)]
pub struct Drape {
    /// The largest angle (radians) from upright.
    pub tilt: f32,
    /// Smallest and largest length of the pattern's unit; a patch is 2 wide.
    pub unit: [f32; 2],
    /// How strongly it may be bent, 0..1.
    pub bend: f32,
    /// How likely it covers only a part of the patch.
    pub cut: f64,
}

/// Paints the pattern over the patch or a part of it.
pub fn paint_surface(
    canvas: &mut Canvas,
    drape: &Drape,
    rng: &mut ChaCha8Rng,
    pattern: impl Motif,
) {
    let outline = Outline::random(drape, rng);
    let surface = Surface { warp: Warp::random(drape, rng), outline, pattern };
    if rng.random_bool(0.4) {
        let offset = Point::polar(rng.random_range(0.05..0.12), rng.random_range(0.0..TAU));
        canvas.shade(&Frame::new(offset, 1.0, 0.0), &surface.outline, 0.4);
    }
    canvas.paint(&Frame::PATCH, &surface);
}

struct Surface<M> {
    warp: Warp,
    outline: Outline,
    pattern: M,
}

impl<M: Motif> Motif for Surface<M> {
    fn sample(&self, at: Point, pixel: f32) -> Ink {
        let depth = self.outline.depth(at);
        let opacity = inside(-depth, pixel);
        if opacity == 0.0 {
            return Ink::NONE;
        }
        let place = self.warp.place(at);
        let across = (self.warp.place(at + Point::new(pixel, 0.0)) - place).length();
        let down = (self.warp.place(at + Point::new(0.0, pixel)) - place).length();
        let ink = self.pattern.sample(place, 0.5 * (across + down));
        let shade = 1.0 - self.outline.roundness * (1.0 - smoothstep(0.0, 0.5, depth));
        Ink::new(ink.colour.lit(shade), ink.opacity * opacity)
    }

    fn reach(&self) -> f32 {
        f32::INFINITY
    }
}

/// From places on the patch to places on the pattern.
struct Warp {
    frame: Frame,
    /// Slope of a plane seen at an angle, along its steepest direction.
    slope: Point,
    bulge: f32,
    swing: f32,
    frequency: f32,
    phase: f32,
}

impl Warp {
    fn random(drape: &Drape, rng: &mut ChaCha8Rng) -> Self {
        let [smallest, largest] = drape.unit;
        let unit = smallest * (largest / smallest).powf(rng.random_range(0.0..1.0));
        let centre = Point::new(rng.random_range(-0.5..0.5), rng.random_range(-0.5..0.5)) * unit;
        let angle = rng.random_range(-1.0..1.0) * drape.tilt;
        let bend = |rng: &mut ChaCha8Rng, likely: f64, most: f32| {
            if rng.random_bool(likely) { rng.random_range(-most..most) * drape.bend } else { 0.0 }
        };
        let frequency = rng.random_range(1.5..4.0);
        let slope = Point::polar(bend(rng, 0.5, 0.6), rng.random_range(0.0..TAU));
        Self {
            frame: Frame::new(centre, unit, angle).mirrored(rng.random()),
            slope,
            // Bent more than this it would fold over itself at the patch's corners.
            bulge: bend(rng, 0.35, 0.5).max(-0.14),
            swing: bend(rng, 0.35, 0.5 / frequency),
            frequency,
            phase: rng.random_range(0.0..TAU),
        }
    }

    fn place(&self, at: Point) -> Point {
        let mut at = at * (1.0 / (1.0 + self.slope.dot(at)).max(0.1));
        if self.bulge != 0.0 {
            at = at * (1.0 + self.bulge * at.dot(at));
        }
        if self.swing != 0.0 {
            at.x += self.swing * (self.frequency * at.y + self.phase).sin();
            at.y += self.swing * (self.frequency * at.x - self.phase).cos();
        }
        self.frame.local(at)
    }
}

/// The part of a patch that a pattern covers.
struct Outline {
    shape: fn(Point) -> f32,
    frame: Frame,
    noise: Noise,
    ragged: f32,
    /// How dark the covered part gets towards its edge.
    roundness: f32,
}

/// Distances inside the edge of each shape, in a frame of its own.
const SHAPES: [fn(Point) -> f32; 4] =
    [|_| f32::INFINITY, |at| at.x + 0.35, |at| 0.85 - at.length(), |at| 0.55 - at.y.abs()];

impl Outline {
    fn random(drape: &Drape, rng: &mut ChaCha8Rng) -> Self {
        let shape = if rng.random_bool(drape.cut) { rng.random_range(1..SHAPES.len()) } else { 0 };
        let centre = Point::new(rng.random_range(-0.3..0.3), rng.random_range(-0.3..0.3));
        Self {
            shape: SHAPES[shape],
            frame: Frame::new(centre, rng.random_range(0.8..1.3), rng.random_range(0.0..TAU)),
            noise: Noise::new(rng.random()),
            ragged: rng.random_range(0.0..0.5),
            roundness: if rng.random_bool(0.6) { rng.random_range(0.1..0.7) } else { 0.0 },
        }
    }

    fn depth(&self, at: Point) -> f32 {
        let depth = (self.shape)(self.frame.local(at));
        if depth.is_infinite() {
            return depth;
        }
        depth + self.ragged * (self.noise.cloudy(at * 2.5, 2) - 0.5)
    }
}

impl Motif for Outline {
    fn sample(&self, at: Point, _pixel: f32) -> Ink {
        Ink::new(Default::default(), smoothstep(-0.05, 0.05, self.depth(at)))
    }

    fn reach(&self) -> f32 {
        f32::INFINITY
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn an_unbent_pattern_keeps_its_proportions() {
        let drape = Drape { tilt: 3.0, unit: [0.5, 0.5], bend: 0.0, cut: 0.0 };
        let warp = Warp::random(&drape, &mut ChaCha8Rng::seed_from_u64(1));
        let side = |from: Point, to: Point| (warp.place(to) - warp.place(from)).length();
        let across = side(Point::new(-0.5, 0.2), Point::new(0.5, 0.2));
        let down = side(Point::new(0.3, -0.5), Point::new(0.3, 0.5));
        assert!((across - 2.0).abs() < 1e-4 && (down - 2.0).abs() < 1e-4, "{across} {down}");
    }
}
