//! The default training settings of each network, in one table.

use crate::backend::core::Loss;
use crate::network::{Activation, Architecture, Output};
use crate::trained::{Adam, Initialisation, Inputs, Rule, Schedule};

/// Width of the widest hidden layer up to which a perceptron is trained as in Nielsen's book.
const NIELSENS_WIDEST: usize = 100;

/// The default settings for a kind of network.
pub(super) struct Defaults {
    /// The networks they apply to.
    fits: fn(&Architecture) -> bool,
    pub loss: Loss,
    pub activation: Activation,
    /// `None`: chosen to suit the loss.
    pub output: Option<Output>,
    pub inputs: Inputs,
    pub init: Initialisation,
    pub optimizer: Rule,
    pub learning_rates: LearningRates,
    pub schedule: Schedule,
    pub epochs: usize,
    pub batch_size: usize,
    pub weight_decay: f64,
    pub dropout: f64,
}

/// A learning rate for each kind of optimiser.
pub(super) struct LearningRates {
    descent: f64,
    momentum: f64,
    adam: f64,
}

impl LearningRates {
    pub fn of(&self, optimiser: Rule) -> f64 {
        match optimiser {
            Rule::Descent => self.descent,
            Rule::Momentum { .. } | Rule::Nesterov { .. } => self.momentum,
            Rule::Adam(Adam { .. }) => self.adam,
        }
    }
}

/// Chosen on 10,000 of MNIST's training pictures: after 5 epochs Glorot's initialisation with Adam
/// gives an error rate of 0.96 % (mean of six seeds), He's with momentum 1.23 % (of four).
const LENET: Defaults = Defaults {
    fits: |network| matches!(network, Architecture::LeNet { .. }),
    loss: Loss::CrossEntropy,
    activation: Activation::Relu,
    output: None,
    inputs: Inputs::Standardized,
    init: Initialisation::Glorot,
    optimizer: Rule::Adam(Adam::USUAL),
    learning_rates: LearningRates { descent: 0.1, momentum: 0.02, adam: 0.002 },
    schedule: Schedule::Cosine { least: 0.01 },
    epochs: 12,
    batch_size: 32,
    weight_decay: 1e-4,
    dropout: 0.0,
};

/// The first matching row applies, preferably one with the chosen loss.
const TABLE: [Defaults; 6] = [
    // Nielsen 2015, chapter 1.
    Defaults {
        fits: |network| widest(network).is_some_and(|width| width <= NIELSENS_WIDEST),
        loss: Loss::Quadratic,
        activation: Activation::Sigmoid,
        output: None,
        inputs: Inputs::Plain,
        init: Initialisation::Normal,
        optimizer: Rule::Descent,
        learning_rates: LearningRates { descent: 3.0, momentum: 0.3, adam: 0.003 },
        schedule: Schedule::Constant,
        epochs: 30,
        batch_size: 10,
        weight_decay: 0.0,
        dropout: 0.0,
    },
    // Nielsen 2015, chapter 3: λ/n = 5 / 50,000.
    Defaults {
        fits: |network| widest(network).is_some_and(|width| width <= NIELSENS_WIDEST),
        loss: Loss::CrossEntropy,
        activation: Activation::Sigmoid,
        output: Some(Output::Activation(Activation::Sigmoid)),
        inputs: Inputs::Plain,
        init: Initialisation::Lecun,
        optimizer: Rule::Descent,
        learning_rates: LearningRates { descent: 0.5, momentum: 0.05, adam: 0.003 },
        schedule: Schedule::Constant,
        epochs: 30,
        batch_size: 10,
        weight_decay: 1e-4,
        dropout: 0.0,
    },
    // Wide perceptrons, which benefit from long training only with distorted pictures (Ciresan et
    // al. 2010).
    Defaults {
        fits: |network| matches!(network, Architecture::Mlp { .. }),
        loss: Loss::CrossEntropy,
        activation: Activation::Relu,
        output: None,
        inputs: Inputs::Standardized,
        init: Initialisation::He,
        optimizer: Rule::Nesterov { momentum: 0.9 },
        learning_rates: LearningRates { descent: 0.1, momentum: 0.02, adam: 0.000_5 },
        schedule: Schedule::Cosine { least: 0.01 },
        epochs: 30,
        batch_size: 64,
        weight_decay: 1e-5,
        dropout: 0.0,
    },
    // LeCun et al. 1998, with a modern output and optimiser.
    Defaults {
        fits: |network| matches!(network, Architecture::LeNet5),
        loss: Loss::CrossEntropy,
        activation: Activation::ScaledTanh,
        output: None,
        inputs: Inputs::Standardized,
        init: Initialisation::Lecun,
        optimizer: Rule::Nesterov { momentum: 0.9 },
        learning_rates: LearningRates { descent: 0.05, momentum: 0.01, adam: 0.001 },
        schedule: Schedule::Cosine { least: 0.01 },
        epochs: 12,
        batch_size: 32,
        weight_decay: 1e-4,
        dropout: 0.0,
    },
    LENET,
    Defaults {
        fits: |network| matches!(network, Architecture::Vgg { .. }),
        init: Initialisation::He,
        optimizer: Rule::Nesterov { momentum: 0.9 },
        learning_rates: LearningRates { adam: 0.001, ..LENET.learning_rates },
        ..LENET
    },
];

/// The defaults of a network, preferably for the chosen loss.
pub(super) fn defaults(network: &Architecture, loss: Option<Loss>) -> &'static Defaults {
    let fitting = || TABLE.iter().filter(|row| (row.fits)(network));
    fitting()
        .find(|row| loss.is_none_or(|loss| row.loss == loss))
        .or_else(|| fitting().next())
        .expect("a row matches each architecture")
}

/// Width of the widest hidden layer of a perceptron (0 without hidden layers).
fn widest(network: &Architecture) -> Option<usize> {
    match network {
        Architecture::Mlp { widths } => {
            Some(widths[1..widths.len() - 1].iter().copied().max().unwrap_or(0))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_network_has_defaults_with_either_cost() {
        for network in ["lenet5", "lenet", "mlp:4-2", "mlp:4-30-2", "mlp:784-800-10"] {
            let network = network.parse().unwrap();
            for loss in [None, Some(Loss::Quadratic), Some(Loss::CrossEntropy)] {
                assert!((defaults(&network, loss).fits)(&network));
            }
        }
    }
}
