//! What lies behind the motifs: plain paint, gradients and soft textures like those of photographs.

use std::f32::consts::TAU;

use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use super::canvas::Motif;
use super::colour::{Colour, Ink, Palette};
use super::geometry::{Point, smoothstep};
use super::noise::Noise;

type Kind = fn(&Recipe, Point) -> f32;

/// The kinds of backdrop: how much of the second colour there is at a point, 0..1.
const KINDS: [Kind; 9] = [plain, gradient, gradient, glow, clouds, clouds, foliage, grass, lights];

/// A mixture of two colours that covers the whole patch.
pub struct Backdrop {
    kind: Kind,
    recipe: Recipe,
    colours: [Colour; 2],
    horizon: Option<Horizon>,
}

struct Recipe {
    noise: Noise,
    frequency: f32,
    /// Direction of the gradient or the grain.
    direction: Point,
    centre: Point,
}

/// Another backdrop below a soft, hilly line.
struct Horizon {
    kind: Kind,
    colours: [Colour; 2],
    height: f32,
    softness: f32,
}

impl Backdrop {
    pub fn random(palette: &Palette, rng: &mut ChaCha8Rng) -> Self {
        let colours = palette.ground;
        let shade = rng.random_range(0.55..0.85);
        let horizon = rng.random_bool(0.16).then(|| Horizon {
            kind: kind(rng),
            colours: [colours[1].lit(shade), colours[0].lit(shade * 0.9)],
            height: rng.random_range(-0.6..0.6),
            softness: rng.random_range(0.02..0.2),
        });
        Self::new(colours, horizon, rng)
    }

    /// A backdrop of these colours.
    pub fn of_colours(colours: [Colour; 2], rng: &mut ChaCha8Rng) -> Self {
        Self::new(colours, None, rng)
    }

    fn new(colours: [Colour; 2], horizon: Option<Horizon>, rng: &mut ChaCha8Rng) -> Self {
        let centre = Point::new(rng.random_range(-1.0..1.0), rng.random_range(-1.0..1.0));
        let recipe = Recipe {
            noise: Noise::new(rng.random()),
            frequency: rng.random_range(1.0..3.5),
            direction: Point::polar(1.0, rng.random_range(0.0..TAU)),
            centre,
        };
        Self { kind: kind(rng), recipe, colours, horizon }
    }
}

fn kind(rng: &mut ChaCha8Rng) -> Kind {
    *KINDS.choose(rng).expect("there are backdrops")
}

impl Motif for Backdrop {
    fn sample(&self, at: Point, _pixel: f32) -> Ink {
        // Turned, or the noise's lattice would show.
        let Point { x, y } = self.recipe.direction;
        let turned = at.turned(x, y);
        let colour = |kind: Kind, [first, second]: [Colour; 2]| {
            first.mix(second, kind(&self.recipe, turned))
        };
        if let Some(horizon) = &self.horizon {
            let hills = 0.5 * (self.recipe.noise.smooth(Point::new(2.0 * at.x, 9.5)) - 0.5);
            let below = at.y - horizon.height + hills;
            if below > 0.0 {
                let ground = colour(horizon.kind, horizon.colours);
                let share = smoothstep(0.0, horizon.softness, below);
                return Ink::opaque(colour(self.kind, self.colours).mix(ground, share));
            }
        }
        Ink::opaque(colour(self.kind, self.colours))
    }

    fn reach(&self) -> f32 {
        f32::INFINITY
    }
}

fn plain(_: &Recipe, _: Point) -> f32 {
    0.3
}

fn gradient(recipe: &Recipe, at: Point) -> f32 {
    smoothstep(-1.3, 1.3, at.x + 0.3 * recipe.centre.x)
}

fn glow(recipe: &Recipe, at: Point) -> f32 {
    let distance = (at - recipe.centre).length();
    1.0 / (1.0 + recipe.frequency * distance * distance)
}

fn clouds(recipe: &Recipe, at: Point) -> f32 {
    let drawn_out = Point::new(at.x * 0.7, at.y * 1.3) * recipe.frequency;
    smoothstep(0.25, 0.75, recipe.noise.cloudy(drawn_out, 4))
}

/// Clumps with ragged edges, dark gaps between them.
fn foliage(recipe: &Recipe, at: Point) -> f32 {
    let clumps = recipe.noise.cloudy(at * (2.0 * recipe.frequency), 2);
    let tufts = recipe.noise.smooth(at * (9.0 + 2.0 * recipe.frequency));
    smoothstep(0.3, 0.7, 0.6 * clumps + 0.4 * tufts)
}

/// Noise drawn out into blades, fur or the grain of wood.
fn grass(recipe: &Recipe, at: Point) -> f32 {
    let swaying = at.y + 0.15 * (recipe.frequency * at.x).sin();
    let fine = 4.0 + 3.0 * recipe.frequency;
    smoothstep(0.15, 0.85, recipe.noise.cloudy(Point::new(at.x * 1.5, swaying * fine), 2))
}

/// Lights out of focus.
fn lights(recipe: &Recipe, at: Point) -> f32 {
    let place = at * (0.8 * recipe.frequency) + Point::new(31.0, 7.0);
    let (x, y) = (place.x.floor(), place.y.floor());
    let random = |property: i32| recipe.noise.random(x as i32 + 100 * property, y as i32);
    let chance = (2.0 * random(0) - 1.0).max(0.0);
    let centre = Point::new(x + 0.4 + 0.2 * random(1), y + 0.4 + 0.2 * random(2));
    let distance = (place - centre).length() / (0.55 + 0.25 * random(3));
    let veil = 0.4 * recipe.noise.smooth(place * 0.7);
    veil + 0.6 * chance * (1.0 - smoothstep(0.25, 0.48, distance))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn every_kind_mixes_its_colours_in_proper_shares() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        for kind in KINDS {
            let backdrop = Backdrop::of_colours([Colour::default(); 2], &mut rng);
            for step in 0..400 {
                let at = Point::new((step % 20) as f32 - 10.0, (step / 20) as f32 - 10.0) * 0.1;
                assert!((0.0..=1.0).contains(&kind(&backdrop.recipe, at)));
            }
        }
    }
}
