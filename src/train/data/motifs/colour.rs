//! Colours, and palettes whose colours go together and stand apart.

use std::f32::consts::TAU;

use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

/// Red, green and blue, sRGB-encoded, 0..1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Colour(pub [f32; 3]);

impl Colour {
    /// From Oklch: lightness 0..1, chroma 0..0.4, hue in turns (Ottosson 2020, "A perceptual color
    /// space for image processing"). The chroma is lowered until the colour is one of sRGB's.
    pub fn oklch(lightness: f32, chroma: f32, hue: f32) -> Self {
        let mut chroma = chroma;
        loop {
            let linear =
                oklab_to_linear(lightness, chroma * (hue * TAU).cos(), chroma * (hue * TAU).sin());
            if chroma < 0.005 || linear.iter().all(|value| (0.0..=1.0).contains(value)) {
                return Self(linear.map(encode));
            }
            chroma *= 0.93;
        }
    }

    /// This colour, `share` (0..1) of the way to the other.
    pub fn mix(self, other: Self, share: f32) -> Self {
        let mixed = |index: usize| self.0[index] + (other.0[index] - self.0[index]) * share;
        Self([mixed(0), mixed(1), mixed(2)])
    }

    /// Lit by `factor` times as much light.
    pub fn lit(self, factor: f32) -> Self {
        Self(self.0.map(|value| value * factor))
    }

    /// Rec. 709 luma, 0..1.
    pub fn luma(self) -> f32 {
        0.2126 * self.0[0] + 0.7152 * self.0[1] + 0.0722 * self.0[2]
    }
}

fn oklab_to_linear(lightness: f32, a: f32, b: f32) -> [f32; 3] {
    let long = (lightness + 0.396_337_78 * a + 0.215_803_76 * b).powi(3);
    let medium = (lightness - 0.105_561_346 * a - 0.063_854_17 * b).powi(3);
    let short = (lightness - 0.089_484_18 * a - 1.291_485_5 * b).powi(3);
    [
        4.076_741_7 * long - 3.307_711_6 * medium + 0.230_969_94 * short,
        -1.268_438 * long + 2.609_757_4 * medium - 0.341_319_38 * short,
        -0.004_196_086_3 * long - 0.703_418_6 * medium + 1.707_614_7 * short,
    ]
}

fn encode(linear: f32) -> f32 {
    let linear = linear.clamp(0.0, 1.0);
    if linear <= 0.003_130_8 { 12.92 * linear } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 }
}

/// A colour with an opacity of 0..1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ink {
    pub colour: Colour,
    pub opacity: f32,
}

impl Ink {
    pub const NONE: Self = Self { colour: Colour([0.0; 3]), opacity: 0.0 };

    pub fn new(colour: Colour, opacity: f32) -> Self {
        Self { colour, opacity }
    }

    pub fn opaque(colour: Colour) -> Self {
        Self { colour, opacity: 1.0 }
    }

    /// This ink laid over another.
    pub fn over(self, below: Self) -> Self {
        let opacity = self.opacity + below.opacity * (1.0 - self.opacity);
        let share = if opacity > 0.0 { self.opacity / opacity } else { 0.0 };
        Self { colour: below.colour.mix(self.colour, share), opacity }
    }
}

/// The colours of one patch.
#[derive(Clone, Debug)]
pub struct Palette {
    pub dark: Colour,
    pub light: Colour,
    /// The motif's own colour.
    pub main: Colour,
    /// Apart from `main` in hue and lightness.
    pub second: Colour,
    /// Vivid, for small things.
    pub accent: Colour,
    /// Colours of the background, apart from `main`.
    pub ground: [Colour; 2],
    /// `dark` or `light`, whichever stands out from the ground.
    pub line: Colour,
}

/// Hues (in turns) beside the first: of `second`, of `accent`, of the ground.
const HARMONIES: [[f32; 3]; 7] = [
    [0.08, -0.08, 0.5],
    [0.5, 0.55, 0.05],
    [0.33, 0.67, 0.33],
    [0.42, 0.58, 0.08],
    [0.25, 0.5, 0.75],
    [0.06, 0.45, 0.58],
    [0.1, 0.17, 0.6],
];

/// The hues that a kind of thing often has, in turns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hues {
    pub main: f32,
    pub second: f32,
    pub accent: f32,
    pub ground: f32,
}

impl Palette {
    /// Colours that go together: near the usual hues, if there are any, or of any hue.
    pub fn random(usual: Option<Hues>, rng: &mut ChaCha8Rng) -> Self {
        // Evenly spread, most hues would be greens; so reds and yellows get a share of their own.
        let hues = if rng.random_bool(0.35) { 0.0..0.3 } else { 0.0..1.0 };
        let hue: f32 = rng.random_range(hues);
        let harmony = HARMONIES.choose(rng).expect("there are harmonies");
        let harmony = harmony.map(|offset| hue + offset);
        let [hue, second, accent, ground] = match usual {
            None => [hue, harmony[0], harmony[1], harmony[2]],
            Some(usual) => [usual.main, usual.second, usual.accent, usual.ground],
        }
        .map(|hue| hue + rng.random_range(-0.03..0.03));
        let richness = if rng.random_bool(0.15) {
            rng.random_range(0.2..0.6)
        } else {
            rng.random_range(0.7..1.3)
        };
        let lightness: f32 = rng.random_range(0.38..0.78);
        let apart: f32 = rng.random_range(0.16..0.34);
        let away = |from: f32, distance: f32, upwards: bool| {
            if upwards { (from + distance).min(0.92) } else { (from - distance).max(0.24) }
        };
        let second_lightness =
            away(lightness, apart, rng.random_bool(if lightness > 0.58 { 0.2 } else { 0.8 }));
        let ground_up = rng.random_bool(if lightness > 0.58 { 0.25 } else { 0.75 });
        let ground_lightness = away(lightness, rng.random_range(0.2..0.42), ground_up);
        let ground_hue =
            if usual.is_none() && rng.random_bool(0.3) { rng.random() } else { ground };
        let ground_spread = rng.random_range(-0.16..0.16);
        let dark =
            Colour::oklch(rng.random_range(0.1..0.27), rng.random_range(0.0..0.09), rng.random());
        let light =
            Colour::oklch(rng.random_range(0.88..0.99), rng.random_range(0.0..0.07), rng.random());
        let ground = [0.0, ground_spread].map(|offset| {
            let chroma = rng.random_range(0.01..0.17) * richness;
            let hue = ground_hue + rng.random_range(-0.07..0.07);
            Colour::oklch((ground_lightness + offset).clamp(0.1, 0.95), chroma, hue)
        });
        let mean = ground[0].mix(ground[1], 0.5).luma();
        let line = if mean - dark.luma() > light.luma() - mean { dark } else { light };
        Self {
            dark,
            light,
            main: Colour::oklch(lightness, rng.random_range(0.12..0.24) * richness, hue),
            second: Colour::oklch(second_lightness, rng.random_range(0.1..0.22) * richness, second),
            accent: Colour::oklch(
                rng.random_range(0.6..0.85),
                rng.random_range(0.17..0.27) * richness,
                accent,
            ),
            ground,
            line,
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn oklch_gives_the_known_colours() {
        let [red, green, blue] = Colour::oklch(0.627_96, 0.257_6, 29.23 / 360.0).0;
        assert!(red > 0.98 && green < 0.09 && blue < 0.09, "{red} {green} {blue}");
        assert!(Colour::oklch(1.0, 0.0, 0.3).0.iter().all(|&value| value > 0.99));
        assert!(Colour::oklch(0.5, 0.4, 0.6).0.iter().all(|value| (0.0..=1.0).contains(value)));
    }

    #[test]
    fn ink_covers_what_lies_below() {
        let red = Colour([1.0, 0.0, 0.0]);
        let blue = Colour([0.0, 0.0, 1.0]);
        assert_eq!(Ink::opaque(red).over(Ink::opaque(blue)), Ink::opaque(red));
        assert_eq!(Ink::new(red, 0.5).over(Ink::opaque(blue)).colour, red.mix(blue, 0.5));
        assert_eq!(Ink::new(red, 0.5).over(Ink::NONE), Ink::new(red, 0.5));
    }

    #[test]
    fn lines_stand_out_from_the_ground() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for _ in 0..200 {
            let palette = Palette::random(None, &mut rng);
            for ground in palette.ground {
                assert!((palette.line.luma() - ground.luma()).abs() > 0.15);
            }
        }
    }
}
