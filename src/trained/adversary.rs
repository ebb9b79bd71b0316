//! Adversarial training: how far, and how, pictures are changed against the network.

use std::fmt;
use std::str::FromStr;

use super::choice::{self, AT_LEAST_ONE, Choice, ChoiceError, NOT_NEGATIVE, POSITIVE};
use crate::options::as_text;

/// Training on pictures that are changed so that the network errs, by projected gradient ascent of the loss
/// (A. Madry et al., "Towards deep learning models resistant to adversarial attacks", 2018).
///
/// Written `RADIUS`, which is `l2:radius=RADIUS`, or `l2:radius=R,steps=N,step=S,ramp=E` or `linf:…`.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Adversary {
    /// How the size of a change is measured.
    pub norm: Norm,
    /// The largest change, of pictures in 0..1.
    pub radius: f64,
    /// Steps of ascent, each a pass forward and back.
    pub steps: usize,
    /// Length of a step in radii.
    pub step: f64,
    /// Epochs in which the radius grows from 0.
    pub ramp: f64,
}

/// How the size of a change to a picture is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Norm {
    /// The root of the sum of squares over all values.
    L2,
    /// The largest change of a value.
    Infinity,
}

/// The names accepted by [`Adversary::from_str`].
const NAMES: &[&str] = &["l2", "linf"];

impl Adversary {
    /// The radius after `epochs`, which may be fractional.
    pub fn radius_after(&self, epochs: f64) -> f64 {
        self.radius * if epochs < self.ramp { epochs / self.ramp } else { 1.0 }
    }
}

impl FromStr for Adversary {
    type Err = ChoiceError;

    fn from_str(text: &str) -> Result<Adversary, ChoiceError> {
        let short =
            text.trim().parse::<f64>().is_ok().then(|| format!("l2:radius={}", text.trim()));
        let mut choice = Choice::parse(short.as_deref().unwrap_or(text))?;
        let (norm, radius) = match choice.name {
            "l2" => (Norm::L2, 0.5),
            "linf" => (Norm::Infinity, 8.0 / 255.0),
            name => {
                let name = name.to_owned();
                return Err(ChoiceError::Unknown { what: "norm", name, known: NAMES });
            }
        };
        let radius = choice.take("radius", radius, POSITIVE)?;
        let steps = choice.take("steps", 3.0, AT_LEAST_ONE)?;
        // So that steps reach the rim from wherever they begin.
        let step = choice.take("step", f64::min(2.5 / steps, 1.0), POSITIVE)?;
        let ramp = choice.take("ramp", 4.0, NOT_NEGATIVE)?;
        choice.finish(Adversary { norm, radius, steps: steps as usize, step, ramp })
    }
}

impl fmt::Display for Adversary {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Adversary { norm, radius, steps, step, ramp } = *self;
        let name = match norm {
            Norm::L2 => "l2",
            Norm::Infinity => "linf",
        };
        let numbers = [("radius", radius), ("steps", steps as f64), ("step", step), ("ramp", ramp)];
        choice::write(f, name, &numbers)
    }
}

as_text!(Adversary);

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Adversary {
        text.parse().expect("it is an adversary")
    }

    #[test]
    fn a_radius_alone_is_that_of_l2() {
        assert_eq!(read("2"), read("l2:radius=2"));
        let Adversary { norm, radius, steps, step, ramp } = read("0.5");
        assert_eq!((norm, radius, steps, ramp), (Norm::L2, 0.5, 3, 4.0));
        assert!((step - 2.5 / 3.0).abs() < 1e-12);
        assert_eq!(read("linf:steps=1").step, 1.0);
    }

    #[test]
    fn an_adversary_is_read_as_it_is_written() {
        for text in
            ["l2:radius=2,steps=3,step=0.8,ramp=4", "linf:radius=0.05,steps=1,step=1,ramp=0"]
        {
            assert_eq!(read(text).to_string(), text);
        }
        assert_eq!(read(&read("linf").to_string()), read("linf"));
    }

    #[test]
    fn the_radius_grows_over_the_ramp() {
        let adversary = read("l2:radius=2,ramp=4");
        let radii = [0.0, 1.0, 3.0, 4.0, 9.0].map(|epochs| adversary.radius_after(epochs));
        assert_eq!(radii, [0.0, 0.5, 1.5, 2.0, 2.0]);
        assert_eq!(read("l2:radius=2,ramp=0").radius_after(0.0), 2.0);
    }

    #[test]
    fn an_adversary_that_makes_no_sense_is_refused_with_what_to_write() {
        for (text, said) in [
            ("l1:radius=2", "l2, linf"),
            ("0", "radius must be above 0"),
            ("l2:steps=0", "steps must be a whole number of 1 or more"),
            ("l2:steps=1.5", "whole number"),
            ("l2:ramp=-1", "ramp must be 0 or more"),
            ("l2:raduis=2", "radius and steps and step and ramp, not \"raduis\""),
        ] {
            let error = text.parse::<Adversary>().unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
