//! How well a network performs.

use serde::{Deserialize, Deserializer, Serialize};

/// How well a network performs on a set of examples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Mean loss per example; NaN or infinite if the run diverged.
    #[serde(deserialize_with = "number_or_null", alias = "cost")]
    pub loss: f64,
    /// Fraction (0..1) of the examples that are misclassified.
    #[serde(deserialize_with = "number_or_null")]
    pub error: f64,
}

/// JSON has no NaN and no infinity; `serde_json` writes both as null, which this reads as NaN.
fn number_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NAN))
}
