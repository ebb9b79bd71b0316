//! Learning rate schedules.

use std::f64::consts::PI;
use std::fmt;
use std::str::FromStr;

use super::choice::{self, BELOW_ONE, Choice, ChoiceError, POSITIVE, SHARE};
use crate::options::as_text;

/// The learning rate over time, as a fraction of the initial rate.
///
/// Written `constant`, `step:every=EPOCHS,factor=F`, `exponential:factor=F`, `cosine:least=SHARE` or
/// `onecycle:warmup=SHARE,first=SHARE,least=SHARE`.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Schedule {
    /// The same throughout.
    Constant,
    /// Multiplied by `factor` after every `every` epochs.
    Step {
        /// Epochs between two steps.
        every: f64,
        /// What the learning rate is multiplied by, above 0 and at most 1.
        factor: f64,
    },
    /// Multiplied by `factor` per epoch, gradually at every step.
    Exponential {
        /// What the learning rate is multiplied by, above 0 and at most 1.
        factor: f64,
    },
    /// Half a cosine wave from 1 down to `least` (Loshchilov and Hutter 2017, without restarts).
    Cosine {
        /// The last learning rate, as a fraction of the first one.
        least: f64,
    },
    /// Half a cosine wave up from `first` to 1, and another one down to `least` (Smith and Topin 2018, in
    /// PyTorch's form).
    OneCycle {
        /// The share of the epochs in which the rate rises, 0..1.
        warmup: f64,
        /// The first learning rate, as a fraction of the highest one.
        first: f64,
        /// The last one.
        least: f64,
    },
}

/// The names accepted by [`Schedule::from_str`].
const NAMES: &[&str] = &["constant", "step", "exponential", "cosine", "onecycle"];

impl Schedule {
    /// The fraction of the initial learning rate after `epochs` (which may be fractional) of
    /// `total`.
    pub fn share(self, epochs: f64, total: f64) -> f64 {
        match self {
            Schedule::Constant => 1.0,
            Schedule::Step { every, factor } => factor.powf((epochs / every).floor()),
            Schedule::Exponential { factor } => factor.powf(epochs),
            Schedule::Cosine { least } => wave(1.0, least, epochs / total),
            Schedule::OneCycle { warmup, first, least } => match epochs / total {
                share if share < warmup => wave(first, 1.0, share / warmup),
                share => wave(1.0, least, (share - warmup) / (1.0 - warmup)),
            },
        }
    }
}

/// Half a cosine wave from one value to another, at a share of its length.
fn wave(from: f64, to: f64, share: f64) -> f64 {
    to + (from - to) * (1.0 + (PI * share.min(1.0)).cos()) / 2.0
}

impl FromStr for Schedule {
    type Err = ChoiceError;

    fn from_str(text: &str) -> Result<Schedule, ChoiceError> {
        let mut choice = Choice::parse(text)?;
        let schedule = match choice.name {
            "constant" => Schedule::Constant,
            "step" => Schedule::Step {
                every: choice.take("every", 10.0, POSITIVE)?,
                factor: choice.take("factor", 0.1, SHARE)?,
            },
            "exponential" => Schedule::Exponential { factor: choice.take("factor", 0.95, SHARE)? },
            "cosine" => Schedule::Cosine { least: choice.take("least", 0.01, SHARE)? },
            "onecycle" => Schedule::OneCycle {
                warmup: choice.take("warmup", 0.3, BELOW_ONE)?,
                first: choice.take("first", 0.04, SHARE)?,
                least: choice.take("least", 0.000_1, SHARE)?,
            },
            name => {
                let name = name.to_owned();
                return Err(ChoiceError::Unknown { what: "schedule", name, known: NAMES });
            }
        };
        choice.finish(schedule)
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match *self {
            Schedule::Constant => choice::write(f, "constant", &[]),
            Schedule::Step { every, factor } => {
                choice::write(f, "step", &[("every", every), ("factor", factor)])
            }
            Schedule::Exponential { factor } => {
                choice::write(f, "exponential", &[("factor", factor)])
            }
            Schedule::Cosine { least } => choice::write(f, "cosine", &[("least", least)]),
            Schedule::OneCycle { warmup, first, least } => {
                let numbers = [("warmup", warmup), ("first", first), ("least", least)];
                choice::write(f, "onecycle", &numbers)
            }
        }
    }
}

as_text!(Schedule);

#[cfg(test)]
mod tests {
    use super::*;

    fn share(schedule: &str, epochs: f64) -> f64 {
        schedule.parse::<Schedule>().unwrap().share(epochs, 10.0)
    }

    #[test]
    fn a_constant_rate_never_falls() {
        assert_eq!(share("constant", 9.9), 1.0);
    }

    #[test]
    fn steps_fall_at_the_end_of_every_so_many_epochs() {
        for (epochs, expected) in [(0.0, 1.0), (2.9, 1.0), (3.0, 0.5), (5.9, 0.5), (6.0, 0.25)] {
            assert_eq!(share("step:every=3,factor=0.5", epochs), expected, "after {epochs}");
        }
    }

    #[test]
    fn an_exponential_falls_by_its_factor_over_each_epoch() {
        assert_eq!(share("exponential:factor=0.25", 0.5), 0.5);
        assert_eq!(share("exponential:factor=0.25", 2.0), 0.0625);
    }

    #[test]
    fn a_cosine_falls_from_one_through_the_middle_to_the_least() {
        let at = |epochs| share("cosine:least=0.2", epochs);
        assert_eq!(at(0.0), 1.0);
        assert!((at(5.0) - 0.6).abs() < 1e-12);
        assert!((at(10.0) - 0.2).abs() < 1e-12);
        assert!((at(12.0) - 0.2).abs() < 1e-12, "a longer run stays there");
    }

    #[test]
    fn one_cycle_rises_to_one_and_falls_to_the_least() {
        let at = |epochs| share("onecycle:warmup=0.4,first=0.2,least=0.1", epochs);
        for (epochs, expected) in [(0.0, 0.2), (2.0, 0.6), (4.0, 1.0), (7.0, 0.55), (10.0, 0.1)] {
            assert!((at(epochs) - expected).abs() < 1e-12, "{} after {epochs}", at(epochs));
        }
        assert_eq!(share("onecycle:warmup=0", 0.0), 1.0);
    }

    #[test]
    fn a_schedule_is_read_as_it_is_written() {
        for text in [
            "constant",
            "step:every=3,factor=0.5",
            "exponential:factor=0.9",
            "cosine:least=0.01",
            "onecycle:warmup=0.3,first=0.04,least=0.0001",
        ] {
            assert_eq!(text.parse::<Schedule>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_schedule_that_makes_no_sense_is_refused_with_what_to_write() {
        for (text, said) in [
            ("linear", "constant, step, exponential, cosine, onecycle"),
            ("step:every=0", "every must be above 0"),
            ("step:evry=3", "step takes every and factor, not \"evry\""),
            ("constant:factor=1", "constant takes no numbers"),
            ("exponential:factor=fast", "KEY=NUMBER"),
            ("exponential:factor=NaN", "at most 1"),
        ] {
            let error = text.parse::<Schedule>().unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
