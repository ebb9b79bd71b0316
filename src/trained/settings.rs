//! Everything that decides how a network is trained.

use serde::{Deserialize, Serialize};

use super::{Augmentation, Initialisation, Rule, Schedule};
use crate::backend::core::Cost;
use crate::network::{Activation, Architecture, Output};

/// What is done to the pixels before the first layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Inputs {
    /// Brought to mean 0 and deviation 1 over the training pictures, channel by channel
    Standardized,
    /// From 0 (black) to 1 (white)
    Plain,
}

named! {
    Inputs is "treatment of pixels";
    Standardized = "standardized",
    Plain = "plain",
}

/// Everything that decides how a network is trained, beside the data and the number of threads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    pub network: Architecture,
    pub activation: Activation,
    pub output_activation: Output,
    pub inputs: Inputs,
    pub cost: Cost,
    pub init: Initialisation,
    pub optimizer: Rule,
    /// At the start; the schedule makes it less.
    pub learning_rate: f64,
    pub schedule: Schedule,
    pub epochs: usize,
    pub batch_size: usize,
    pub weight_decay: f64,
    pub dropout: f64,
    pub augment: Augmentation,
    /// Epochs without a lower test error after which training ends.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub early_stop: Option<usize>,
    pub seed: u64,
}
