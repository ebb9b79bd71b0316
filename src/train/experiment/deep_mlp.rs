//! Deep, big, simple networks for handwritten digits (Ciresan et al. 2010): perceptrons of growing
//! depth and width, trained on pictures that are distorted differently in every epoch.

use std::fmt;
use std::str::FromStr;

use serde_json::Map;

use super::outcome::{self, Outcome};
use super::{Experiment, ExperimentError, Findings, Run, Runner, Trained};
use crate::backend::core::Loss;
use crate::network::{Activation, Architecture, Output};
use crate::train::augment::{Augmentation, Elastic};
use crate::train::data::{DataSet, DataSource};
use crate::train::report::compare::{self, Dot};
use crate::train::report::{Axis, Column, Section, Table};
use crate::train::{Choices, Initialisation, Inputs, Rule, Schedule, Settings};

const PICTURES: [usize; 2] = [usize::MAX; 2];
const QUICK_PICTURES: [usize; 2] = [6_000, 1_000];

const EPOCHS: usize = 20;
const QUICK_EPOCHS: usize = 4;

/// The default hidden layers.
const SIZES: [&[usize]; 5] =
    [&[100], &[300, 100], &[500, 300], &[800, 500, 300], &[1000, 700, 500, 300]];
const QUICK_SIZES: [&[usize]; 3] = [&[50], &[100, 50], &[200, 100]];

/// The initial learning rate.
const LEARNING_RATE: f64 = 0.1;

/// The final fraction of the learning rate, as in the paper: from 1e-3 to 1e-6.
const LAST_SHARE: f64 = 1e-3;

const BATCH: usize = 32;

/// With the paper's strengths, except for the shift, which it does not have.
const DISTORTIONS: Augmentation = Augmentation {
    shift: 1.0,
    rotate: 15.0,
    scale: 0.15,
    elastic: Some(Elastic { sigma: 6.0, alpha: 36.0 }),
    flip: false,
};

/// Networks of growing depth and width learn digits.
#[derive(Clone, Debug, PartialEq)]
pub struct DeepMlp {
    /// Handwritten digits.
    pub digits: DataSource,
    /// The networks; if empty, the experiment's own.
    pub sizes: Vec<Widths>,
}

/// Widths of a network's hidden layers, first to last; written `500-250`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Widths(Vec<usize>);

/// The most units of a hidden layer.
const WIDEST: usize = 100_000;

/// Text that describes no [`Widths`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is not the widths of hidden layers, whole numbers from 1 to {WIDEST}; write 500-250 for \
     one of 500 and one of 250 values"
)]
pub struct BadWidths {
    text: String,
}

impl FromStr for Widths {
    type Err = BadWidths;

    fn from_str(text: &str) -> Result<Widths, BadWidths> {
        let width = |width: &str| width.parse().ok().filter(|width| (1..=WIDEST).contains(width));
        let widths: Option<Vec<usize>> = text.trim().split('-').map(width).collect();
        widths.map(Widths).ok_or_else(|| BadWidths { text: text.to_owned() })
    }
}

impl fmt::Display for Widths {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let widths: Vec<String> = self.0.iter().map(usize::to_string).collect();
        f.write_str(&widths.join("-"))
    }
}

impl Experiment for DeepMlp {
    fn name(&self) -> &'static str {
        "deep-mlp"
    }

    fn run(&self, runner: &mut Runner) -> Result<Findings, ExperimentError> {
        let data = runner.load(&self.digits, runner.scale(PICTURES, QUICK_PICTURES))?;
        let config = runner.config;
        let epochs = config.epochs.unwrap_or(runner.scale(EPOCHS, QUICK_EPOCHS));
        let runs: Vec<Run> = self
            .sizes(runner)
            .iter()
            .map(|hidden| {
                let settings = settings(&data, hidden, epochs, config.seed);
                let name = name(&settings.network);
                Run { name, settings, data: &data, stretch: 1.0, observed: false }
            })
            .collect();
        let trained = runner.train(&runs)?;
        let table = table(&runner.title("Networks by size"), &trained);
        let mut page = runner.page(
            "Deep, big, simple networks",
            "Perceptrons of growing depth and width on distorted digits, after Ciresan, Meier, \
             Gambardella and Schmidhuber (2010).",
        );
        page.add(question(&data, epochs));
        page.add(result(&trained, &table));
        let numbers = Map::from_iter([("networks".to_owned(), Outcome::json(&trained)?)]);
        Ok(Findings { tables: vec![table], numbers, page })
    }
}

impl DeepMlp {
    fn sizes(&self, runner: &Runner) -> Vec<Widths> {
        if !self.sizes.is_empty() {
            return self.sizes.clone();
        }
        let own: &[&[usize]] = runner.scale(&SIZES, &QUICK_SIZES);
        own.iter().map(|widths| Widths(widths.to_vec())).collect()
    }
}

fn settings(data: &DataSet, hidden: &Widths, epochs: usize, seed: u64) -> Settings {
    let mut widths = vec![data.shape.volume()];
    widths.extend(&hidden.0);
    widths.push(data.classes.len());
    Choices {
        network: Some(Architecture::Mlp { widths }),
        activation: Some(Activation::ScaledTanh),
        output_activation: Some(Output::Softmax),
        inputs: Some(Inputs::Standardized),
        loss: Some(Loss::CrossEntropy),
        init: Some(Initialisation::Lecun),
        optimizer: Some(Rule::Descent),
        learning_rate: Some(LEARNING_RATE),
        schedule: Some(Schedule::Exponential { factor: LAST_SHARE.powf(1.0 / epochs as f64) }),
        epochs: Some(epochs),
        batch_size: Some(BATCH),
        weight_decay: Some(0.0),
        augment: Some(DISTORTIONS),
        seed: Some(seed),
        ..Choices::default()
    }
    .resolve()
}

/// A network's widths, as the paper writes them.
fn name(network: &Architecture) -> String {
    let text = network.to_string();
    text.trim_start_matches("mlp:").to_owned()
}

fn question(data: &DataSet, epochs: usize) -> Section {
    Section::new("Setup")
        .paragraph(&format!(
            "Fully connected networks learn {} from {} pictures, each distorted differently in each \
             of {epochs} epochs ({DISTORTIONS}). Hidden activations are 1.7159 · tanh(2z/3), the \
             output is a softmax, and training is plain gradient descent with mini-batches of \
             {BATCH} and a learning rate that decays exponentially from {LEARNING_RATE} to a \
             thousandth of it.",
            outcome::called(data),
            data.training.len()
        ))
        .paragraph(
            "The paper's networks have two to nine hidden layers of up to 2500 units and train for \
             days on a GPU, one picture at a time, with a learning rate that falls from 1e-3 to \
             1e-6; its largest reaches a test error of 0.35 % on MNIST. Its distortions are \
             rotation, scaling, shearing and elastic; here shifts replace shearing. Weights are \
             initialised normally with standard deviation 1/√n for n inputs (LeCun et al. 1998), \
             while the paper draws them uniformly within ±0.05.",
        )
}

fn result(trained: &[Trained], table: &Table) -> Section {
    let runs = outcome::runs(trained);
    let dots = |x: fn(&Outcome) -> f64| -> Vec<Dot> {
        trained
            .iter()
            .filter_map(|trained| {
                let outcome = Outcome::of(trained);
                let y = 100.0 * outcome.best_test_error?;
                Some(Dot { name: trained.name.clone(), x: x(&outcome), y })
            })
            .collect()
    };
    let error = || Axis::linear("lowest test error, %").holding([0.0]);
    Section::new("Results")
        .paragraph(&format!(
            "By lowest test error, best first: {}. The training error is measured on distorted \
             pictures, which are harder than those of the test set: it stays above the test error \
             as long as a network does not overfit.",
            outcome::ranking(trained)
        ))
        .table(table)
        .charts(&[
            compare::dots(
                "Error by size",
                Axis::fitting("weights and biases"),
                error(),
                &dots(|outcome| outcome.parameters as f64),
            ),
            compare::dots(
                "Error by time",
                Axis::fitting("training time, s"),
                error(),
                &dots(|outcome| outcome.seconds),
            ),
            compare::test_error(&runs),
            compare::training_loss(&runs),
        ])
}

fn table(caption: &str, trained: &[Trained]) -> Table {
    let rows = trained
        .iter()
        .map(|trained| ([trained.name.clone(), trained.parameters.to_string()], &trained.history));
    compare::endings(caption, [Column::text("network"), Column::number("parameters")], rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_read_as_they_are_written() {
        assert_eq!("500-250".parse(), Ok(Widths(vec![500, 250])));
        assert_eq!(Widths(vec![500, 250]).to_string(), "500-250");
        for bad in ["", "500-", "0", "500x250", "-500", "1000000"] {
            let error = bad.parse::<Widths>().unwrap_err().to_string();
            assert!(error.contains("write 500-250"), "{error}");
        }
    }
}
