//! The network with which Nielsen's "Neural Networks and Deep Learning" (2015) begins: chapter 1's
//! 784-30-10, learning by chapter 2's backpropagation.

use serde_json::Map;

use super::outcome::{self, Outcome};
use super::{Experiment, ExperimentError, Findings, Run, Runner, equations};
use crate::backend::core::Loss;
use crate::network::{Activation, Architecture, Output};
use crate::train::data::{DataSet, DataSource};
use crate::train::report::{Section, compare, number, run};
use crate::train::{Choices, Initialisation, Inputs, Rule, Schedule, Settings};

/// Units of the hidden layer.
const HIDDEN: usize = 30;

/// The book's numbers of pictures: it holds out 10,000 of MNIST's training pictures for validation.
const PICTURES: [usize; 2] = [50_000, 10_000];
const QUICK_PICTURES: [usize; 2] = [6_000, 1_000];

const EPOCHS: usize = 30;
const QUICK_EPOCHS: usize = 5;

/// Chapter 1's network learns digits.
#[derive(Clone, Debug, PartialEq)]
pub struct Backprop {
    /// Handwritten digits.
    pub digits: DataSource,
}

/// The settings of the book's first network for the data and number of epochs.
pub fn settings(data: &DataSet, epochs: usize, seed: u64) -> Settings {
    let widths = vec![data.shape.volume(), HIDDEN, data.classes.len()];
    Choices {
        network: Some(Architecture::Mlp { widths }),
        activation: Some(Activation::Sigmoid),
        output_activation: Some(Output::Activation(Activation::Sigmoid)),
        inputs: Some(Inputs::Plain),
        loss: Some(Loss::Quadratic),
        init: Some(Initialisation::Normal),
        optimizer: Some(Rule::Descent),
        learning_rate: Some(3.0),
        schedule: Some(Schedule::Constant),
        epochs: Some(epochs),
        batch_size: Some(10),
        weight_decay: Some(0.0),
        seed: Some(seed),
        ..Choices::default()
    }
    .resolve()
}

impl Experiment for Backprop {
    fn name(&self) -> &'static str {
        "backprop"
    }

    fn run(&self, runner: &mut Runner) -> Result<Findings, ExperimentError> {
        let data = runner.load(&self.digits, runner.scale(PICTURES, QUICK_PICTURES))?;
        let config = runner.config;
        let epochs = config.epochs.unwrap_or(runner.scale(EPOCHS, QUICK_EPOCHS));
        let settings = settings(&data, epochs, config.seed);
        let name = settings.network.to_string();
        let run = Run { name, settings, data: &data, stretch: 1.0, observed: true };
        let trained = runner.train(&[run])?;
        let table =
            compare::table(&runner.title("Nielsen's first network"), &outcome::runs(&trained));
        let mut page = runner.page(
            "Backpropagation",
            "The network of chapters 1 and 2 of Nielsen's Neural Networks and Deep Learning (2015).",
        );
        page.add(question(&data));
        let history = &trained[0].history;
        let accuracy = history.best().map(|best| number::percent(1.0 - best.test.error));
        page.add(
            Section::new("Results")
                .paragraph(&format!(
                    "The best epoch classifies {} of the test pictures correctly; the book's run on \
                     MNIST, with other random numbers, peaks at 95.42 %.",
                    accuracy.unwrap_or_else(|| "none".into())
                ))
                .table(&table),
        );
        page.add(equations::section());
        run::sections(history).into_iter().for_each(|section| page.add(section));
        let numbers = Map::from_iter([("networks".to_owned(), Outcome::json(&trained)?)]);
        Ok(Findings { tables: vec![table], numbers, page })
    }
}

fn question(data: &DataSet) -> Section {
    Section::new("Setup").paragraph(&format!(
        "One hidden layer of {HIDDEN} sigmoid neurons learns {} from {} pictures by stochastic \
         gradient descent: mini-batches of 10, the quadratic loss, a learning rate of 3.0, pixels \
         from 0 to 1, and weights and biases initialised from a normal distribution with mean 0 and \
         standard deviation 1. It is tested on {} other pictures after each epoch.",
        outcome::called(data),
        data.training.len(),
        data.test.len()
    ))
}
