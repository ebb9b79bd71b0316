//! The settings of training.

use serde::{Deserialize, Serialize};

use super::{Adversary, Augmentation, Initialisation, Rule, Schedule};
use crate::backend::core::Loss;
use crate::network::{Activation, Architecture, Output};
use crate::options::choices;

choices! {
    /// How pixels are preprocessed.
    pub enum Inputs {
        /// Standardised to mean 0 and standard deviation 1 over the training pictures, per channel
        Standardized "standardized",
        /// From 0 (black) to 1 (white)
        Plain "plain",
    }
}

/// All settings of training except the data and the number of threads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The network's architecture.
    pub network: Architecture,
    /// The activation of the hidden layers.
    pub activation: Activation,
    /// What the output layer's values go through.
    pub output_activation: Output,
    /// How pictures become inputs.
    pub inputs: Inputs,
    /// The loss to minimise.
    #[serde(alias = "cost")]
    pub loss: Loss,
    /// How parameters are initialised.
    pub init: Initialisation,
    /// The rule of descent.
    pub optimizer: Rule,
    /// The initial learning rate, which the schedule lowers.
    pub learning_rate: f64,
    /// How the learning rate falls.
    pub schedule: Schedule,
    /// Number of epochs.
    pub epochs: usize,
    /// Examples in a step.
    pub batch_size: usize,
    /// Factor of the L2 penalty on weights; 0 for none.
    pub weight_decay: f64,
    /// How much of the running average of the parameters each step keeps; 0 for no average.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub average: f64,
    /// Dropout rate; 0 for none.
    pub dropout: f64,
    /// How training pictures are distorted.
    pub augment: Augmentation,
    /// How training pictures are changed against the network.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub adversarial: Option<Adversary>,
    /// Epochs without a lower test error after which training stops.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub early_stop: Option<usize>,
    /// The seed of all random numbers.
    pub seed: u64,
}

fn is_zero(value: &f64) -> bool {
    *value == 0.0
}
