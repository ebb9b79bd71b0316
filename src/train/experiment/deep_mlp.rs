//! Deep, big, simple networks for handwritten digits (Ciresan et al. 2010): perceptrons of growing
//! depth and width, which learn from pictures that are distorted anew in every epoch.

use std::fmt;
use std::str::FromStr;

use serde_json::Map;

use super::outcome::{self, Outcome};
use super::{Experiment, ExperimentError, Findings, Laboratory, Run, Trained};
use crate::backend::core::Cost;
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

/// The hidden layers if none are chosen.
const SIZES: [&[usize]; 5] =
    [&[100], &[300, 100], &[500, 300], &[800, 500, 300], &[1000, 700, 500, 300]];
const QUICK_SIZES: [&[usize]; 3] = [&[50], &[100, 50], &[200, 100]];

/// At the start.
const LEARNING_RATE: f64 = 0.1;

/// What is left of the learning rate at the end, as in the paper: 1e-3 at first, 1e-6 at the end.
const LAST_SHARE: f64 = 1e-3;

const BATCH: usize = 32;

/// Of the paper's strengths; it has no shift.
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
    /// The networks; if there are none, the experiment's own.
    pub sizes: Vec<Widths>,
}

/// Widths of a network's hidden layers, first to last; written `500-250`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Widths(Vec<usize>);

/// Most values of a hidden layer.
const WIDEST: usize = 100_000;

/// A text that is no [`Widths`].
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

    fn run(&self, laboratory: &mut Laboratory) -> Result<Findings, ExperimentError> {
        let data = laboratory.load(&self.digits, laboratory.scale(PICTURES, QUICK_PICTURES))?;
        let conditions = laboratory.conditions;
        let epochs = conditions.epochs.unwrap_or(laboratory.scale(EPOCHS, QUICK_EPOCHS));
        let runs: Vec<Run> = self
            .sizes(laboratory)
            .iter()
            .map(|hidden| {
                let settings = settings(&data, hidden, epochs, conditions.seed);
                let name = name(&settings.network);
                Run { name, settings, data: &data, stretch: 1.0, observed: false }
            })
            .collect();
        let trained = laboratory.train(&runs)?;
        let table = table(&laboratory.title("Networks by size"), &trained);
        let mut page = laboratory.page(
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
    fn sizes(&self, laboratory: &Laboratory) -> Vec<Widths> {
        if !self.sizes.is_empty() {
            return self.sizes.clone();
        }
        let own: &[&[usize]] = laboratory.scale(&SIZES, &QUICK_SIZES);
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
        cost: Some(Cost::CrossEntropy),
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
    .settle()
}

/// A network's widths, as the paper writes them.
fn name(network: &Architecture) -> String {
    let text = network.to_string();
    text.trim_start_matches("mlp:").to_owned()
}

fn question(data: &DataSet, epochs: usize) -> Section {
    Section::new("What is tried out")
        .paragraph(&format!(
            "Fully connected networks learn {} from {} pictures, each of which is distorted anew in \
             each of {epochs} epochs ({DISTORTIONS}). Hidden values are 1.7159 · tanh(2z/3), a \
             softmax answers, and plain gradient descent takes mini-batches of {BATCH} at a \
             learning rate that falls from {LEARNING_RATE} by the same factor in each epoch, to a \
             thousandth of it.",
            outcome::called(data),
            data.training.len()
        ))
        .paragraph(
            "The paper's networks have two to nine hidden layers of up to 2500 values and learn for \
             days on a GPU, one picture at a time, at a learning rate that falls from 1e-3 to 1e-6; \
             its largest reaches a test error of 0.35 % on MNIST. It distorts by rotation, scaling, \
             shearing and elastically; here pictures are shifted in place of sheared. Weights are \
             normal at first with the deviation 1/√n for n inputs (LeCun et al. 1998), where the \
             paper has them uniform within ±0.05.",
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
    Section::new("What is seen")
        .paragraph(&format!(
            "By their lowest test error, the best first: {}. The training error is that of distorted \
             pictures, which are harder than the test's: it stays above the test error as long as a \
             network does not learn pictures by heart.",
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
                Axis::fitting("time of training, s"),
                error(),
                &dots(|outcome| outcome.seconds),
            ),
            compare::test_error(&runs),
            compare::training_cost(&runs),
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
