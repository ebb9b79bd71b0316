//! The network with which Nielsen's "Neural Networks and Deep Learning" (2015) begins: chapter 1's
//! 784-30-10, learning by chapter 2's backpropagation.

use serde_json::Map;

use super::outcome::{self, Outcome};
use super::{Experiment, ExperimentError, Findings, Laboratory, Run, equations};
use crate::backend::core::Cost;
use crate::network::{Activation, Architecture, Output};
use crate::train::data::{DataSet, DataSource};
use crate::train::report::{Section, compare, number, run};
use crate::train::{Choices, Initialisation, Inputs, Rule, Schedule, Settings};

/// Values of the hidden layer.
const HIDDEN: usize = 30;

/// The book's numbers of pictures: it keeps 10,000 of MNIST's training pictures for validation.
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

/// How the book's first network learns the data, so many times over.
pub fn settings(data: &DataSet, epochs: usize, seed: u64) -> Settings {
    let widths = vec![data.shape.volume(), HIDDEN, data.classes.len()];
    Choices {
        network: Some(Architecture::Mlp { widths }),
        activation: Some(Activation::Sigmoid),
        output_activation: Some(Output::Activation(Activation::Sigmoid)),
        inputs: Some(Inputs::Plain),
        cost: Some(Cost::Quadratic),
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
    .settle()
}

impl Experiment for Backprop {
    fn name(&self) -> &'static str {
        "backprop"
    }

    fn run(&self, laboratory: &mut Laboratory) -> Result<Findings, ExperimentError> {
        let data = laboratory.load(&self.digits, laboratory.scale(PICTURES, QUICK_PICTURES))?;
        let conditions = laboratory.conditions;
        let epochs = conditions.epochs.unwrap_or(laboratory.scale(EPOCHS, QUICK_EPOCHS));
        let settings = settings(&data, epochs, conditions.seed);
        let name = settings.network.to_string();
        let run = Run { name, settings, data: &data, stretch: 1.0, observed: true };
        let trained = laboratory.train(&[run])?;
        let table =
            compare::table(&laboratory.title("Nielsen's first network"), &outcome::runs(&trained));
        let mut page = laboratory.page(
            "Backpropagation",
            "The network of chapters 1 and 2 of Nielsen's Neural Networks and Deep Learning (2015).",
        );
        page.add(question(&data));
        let history = &trained[0].history;
        let accuracy = history.best().map(|best| number::percent(1.0 - best.test.error));
        page.add(
            Section::new("What is seen")
                .paragraph(&format!(
                    "The best epoch classifies {} of the test pictures rightly; the book's run on \
                     MNIST, with other random numbers, reaches 95.42 % at its peak.",
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
    Section::new("What is tried out").paragraph(&format!(
        "One hidden layer of {HIDDEN} sigmoid neurons learns {} from {} pictures by stochastic \
         gradient descent: mini-batches of 10, the quadratic cost, a learning rate of 3.0, pixels \
         from 0 to 1, and weights and biases drawn at first from a normal distribution of mean 0 and \
         deviation 1. It is tested with {} other pictures after each epoch.",
        outcome::called(data),
        data.training.len(),
        data.test.len()
    ))
}
