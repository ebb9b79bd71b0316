//! The settings of training.

use serde::{Deserialize, Serialize};

use super::{Augmentation, Initialisation, Rule, Schedule};
use crate::backend::core::Loss;
use crate::network::{Activation, Architecture, Output};

/// How pixels are preprocessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Inputs {
    /// Standardised to mean 0 and standard deviation 1 over the training pictures, per channel
    Standardized,
    /// From 0 (black) to 1 (white)
    Plain,
}

named! {
    Inputs is "preprocessing";
    Standardized = "standardized",
    Plain = "plain",
}

/// All settings of training except the data and the number of threads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    pub network: Architecture,
    pub activation: Activation,
    pub output_activation: Output,
    pub inputs: Inputs,
    #[serde(alias = "cost")]
    pub loss: Loss,
    pub init: Initialisation,
    pub optimizer: Rule,
    /// The initial learning rate, which the schedule lowers.
    pub learning_rate: f64,
    pub schedule: Schedule,
    pub epochs: usize,
    pub batch_size: usize,
    pub weight_decay: f64,
    pub dropout: f64,
    pub augment: Augmentation,
    /// Epochs without a lower test error after which training stops.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub early_stop: Option<usize>,
    pub seed: u64,
}
