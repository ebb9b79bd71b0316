//! How each network is trained where nothing else is chosen: one table.

use crate::backend::core::Cost;
use crate::network::{Activation, Architecture, Output};
use crate::trained::{Adam, Initialisation, Inputs, Rule, Schedule};

/// Values of a network's widest hidden layer up to which it is trained as in Nielsen's book.
const NIELSENS_WIDEST: usize = 100;

/// How a kind of network is trained.
pub(super) struct Defaults {
    /// The networks that it is for.
    fits: fn(&Architecture) -> bool,
    pub cost: Cost,
    pub activation: Activation,
    /// `None`: what suits the cost.
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

/// Chosen on 10,000 of MNIST's training pictures: after 5 epochs Glorot's start and Adam leave 0.96 % of
/// errors (the mean of six seeds), He's and momentum 1.23 % (of four).
const LENET: Defaults = Defaults {
    fits: |network| matches!(network, Architecture::LeNet { .. }),
    cost: Cost::CrossEntropy,
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

/// The first row that fits counts, and before it the first that fits with the cost that is chosen.
const TABLE: [Defaults; 6] = [
    // Nielsen 2015, chapter 1.
    Defaults {
        fits: |network| widest(network).is_some_and(|width| width <= NIELSENS_WIDEST),
        cost: Cost::Quadratic,
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
        cost: Cost::CrossEntropy,
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
    // Wide perceptrons, which learn to the end only from distorted pictures (Ciresan et al. 2010).
    Defaults {
        fits: |network| matches!(network, Architecture::Mlp { .. }),
        cost: Cost::CrossEntropy,
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
    // LeCun et al. 1998, with today's output and optimiser.
    Defaults {
        fits: |network| matches!(network, Architecture::LeNet5),
        cost: Cost::CrossEntropy,
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

/// The defaults of a network, if need be with a cost that is not its own.
pub(super) fn defaults(network: &Architecture, cost: Option<Cost>) -> &'static Defaults {
    let fitting = || TABLE.iter().filter(|row| (row.fits)(network));
    fitting()
        .find(|row| cost.is_none_or(|cost| row.cost == cost))
        .or_else(|| fitting().next())
        .expect("a row fits each architecture")
}

/// Values of the widest hidden layer of a perceptron (0 without hidden layers).
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
            for cost in [None, Some(Cost::Quadratic), Some(Cost::CrossEntropy)] {
                assert!((defaults(&network, cost).fits)(&network));
            }
        }
    }
}
