//! Update rules of optimisers, by name.

use std::fmt;
use std::str::FromStr;

use super::choice::{self, BELOW_ONE, Choice, ChoiceError, POSITIVE};
use crate::options::as_text;

/// The update for the gradient g at the learning rate η.
///
/// Written `sgd`, `momentum:momentum=M`, `nesterov:momentum=M` or `adam:beta1=B,beta2=B,epsilon=E`.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Rule {
    /// Stochastic gradient descent: w ← w − η·g.
    Descent,
    /// v ← m·v + g; w ← w − η·v (Polyak 1964, in PyTorch's form).
    Momentum {
        /// The share m of the last step that goes into the next, 0..1.
        momentum: f64,
    },
    /// v ← m·v + g; w ← w − η·(g + m·v) (Nesterov 1983, in PyTorch's form).
    Nesterov {
        /// The share m of the last step that goes into the next, 0..1.
        momentum: f64,
    },
    /// Kingma and Ba 2015.
    Adam(Adam),
}

/// Adam's parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    /// Decay of the mean gradient per step.
    pub beta1: f64,
    /// Decay of the mean squared gradient per step.
    pub beta2: f64,
    /// Added to the root of the mean squared gradient, against division by zero.
    pub epsilon: f64,
}

/// The names accepted by [`Rule::from_str`].
const NAMES: &[&str] = &["sgd", "momentum", "nesterov", "adam"];

impl Rule {
    /// Number of moments kept per parameter.
    pub fn moments(self) -> usize {
        match self {
            Rule::Descent => 0,
            Rule::Momentum { .. } | Rule::Nesterov { .. } => 1,
            Rule::Adam(_) => 2,
        }
    }
}

impl Adam {
    /// The values recommended by Kingma and Ba.
    pub const USUAL: Adam = Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
}

impl FromStr for Rule {
    type Err = ChoiceError;

    fn from_str(text: &str) -> Result<Rule, ChoiceError> {
        let mut choice = Choice::parse(text)?;
        let rule = match choice.name {
            "sgd" => Rule::Descent,
            "momentum" => Rule::Momentum { momentum: choice.take("momentum", 0.9, BELOW_ONE)? },
            "nesterov" => Rule::Nesterov { momentum: choice.take("momentum", 0.9, BELOW_ONE)? },
            "adam" => Rule::Adam(Adam {
                beta1: choice.take("beta1", Adam::USUAL.beta1, BELOW_ONE)?,
                beta2: choice.take("beta2", Adam::USUAL.beta2, BELOW_ONE)?,
                epsilon: choice.take("epsilon", Adam::USUAL.epsilon, POSITIVE)?,
            }),
            name => {
                let name = name.to_owned();
                return Err(ChoiceError::Unknown { what: "optimizer", name, known: NAMES });
            }
        };
        choice.finish(rule)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match *self {
            Rule::Descent => choice::write(f, "sgd", &[]),
            Rule::Momentum { momentum } => choice::write(f, "momentum", &[("momentum", momentum)]),
            Rule::Nesterov { momentum } => choice::write(f, "nesterov", &[("momentum", momentum)]),
            Rule::Adam(Adam { beta1, beta2, epsilon }) => {
                let numbers = [("beta1", beta1), ("beta2", beta2), ("epsilon", epsilon)];
                choice::write(f, "adam", &numbers)
            }
        }
    }
}

as_text!(Rule);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_read_as_it_is_written() {
        for text in [
            "sgd",
            "momentum:momentum=0.9",
            "nesterov:momentum=0.5",
            "adam:beta1=0.9,beta2=0.99,epsilon=0.001",
        ] {
            assert_eq!(text.parse::<Rule>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_rule_that_makes_no_sense_is_refused_with_what_to_write() {
        for (text, said) in [
            ("rmsprop", "sgd, momentum, nesterov, adam"),
            ("momentum:momentum=1", "momentum must be at least 0 and below 1"),
            ("sgd:momentum=0.9", "sgd takes no numbers, not \"momentum\""),
        ] {
            let error = text.parse::<Rule>().unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
