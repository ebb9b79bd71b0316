//! Why some activation functions let deep networks learn and others do not (Glorot and Bengio,
//! "Understanding the difficulty of training deep feedforward neural networks", 2010).

mod layers;

use serde_json::Map;

use super::outcome::{self, Outcome};
use super::{Experiment, ExperimentError, Findings, Laboratory, Run, Trained};
use crate::backend::core::Cost;
use crate::network::{Activation, Architecture, Output};
use crate::train::data::{DataSet, DataSource};
use crate::train::report::{Page, Section, Table, compare};
use crate::train::{Choices, Initialisation, Inputs, Rule, Schedule, Settings};

/// The functions, and the learning rate that suits each: the best of some tried in short runs.
const FUNCTIONS: [(Activation, f64); 4] = [
    (Activation::Sigmoid, 1.0),
    (Activation::Tanh, 0.03),
    (Activation::Softsign, 0.05),
    (Activation::Relu, 0.03),
];

/// Hidden layers; the paper's figure 2 has as many sigmoid layers.
const DEPTH: usize = 4;

/// Values of each; the paper has 1000.
const WIDTH: usize = 300;
const QUICK_WIDTH: usize = 100;

/// Training pictures that a network sees in all, each as often as there are epochs.
const SEEN: usize = 900_000;
const QUICK_SEEN: usize = 60_000;

/// Epochs at most: a small data set is learnt by heart.
const MOST_EPOCHS: usize = 20;

const PICTURES: [usize; 2] = [usize::MAX; 2];
const QUICK_PICTURES: [usize; 2] = [6_000, 1_000];

/// The same deep network with one activation function after another.
#[derive(Clone, Debug, PartialEq)]
pub struct Activations {
    /// What is learnt: one data set after another.
    pub sources: Vec<DataSource>,
    pub init: Initialisation,
}

/// What has been learnt of a data set.
struct Learnt<'t> {
    data: &'t DataSet,
    trained: &'t [Trained],
    table: Table,
}

impl Experiment for Activations {
    fn name(&self) -> &'static str {
        "activations"
    }

    fn run(&self, laboratory: &mut Laboratory) -> Result<Findings, ExperimentError> {
        let most = laboratory.scale(PICTURES, QUICK_PICTURES);
        let data = (self.sources.iter())
            .map(|source| laboratory.load(source, most))
            .collect::<Result<Vec<DataSet>, _>>()?;
        let runs: Vec<Run> = data.iter().flat_map(|data| self.runs(laboratory, data)).collect();
        let trained = laboratory.train(&runs)?;
        let learnt: Vec<Learnt> = (data.iter().zip(trained.chunks(FUNCTIONS.len())))
            .map(|(data, trained)| {
                let caption =
                    laboratory.title(&format!("Activation functions on {}", outcome::called(data)));
                let table = compare::table(&caption, &outcome::runs(trained));
                Learnt { data, trained, table }
            })
            .collect();
        let mut page = laboratory.page(
            "Activation functions of deep networks",
            "Sigmoid, tanh, softsign and ReLU in the same network, after Glorot and Bengio (2010).",
        );
        page.add(self.question(laboratory));
        learnt.iter().for_each(|learnt| learnt.tell(&mut page));
        let numbers = Map::from_iter([("networks".to_owned(), Outcome::json(&trained)?)]);
        let tables = learnt.into_iter().map(|learnt| learnt.table).collect();
        Ok(Findings { tables, numbers, page })
    }
}

impl Activations {
    fn runs<'d>(&self, laboratory: &Laboratory, data: &'d DataSet) -> Vec<Run<'d>> {
        let seen = laboratory.scale(SEEN, QUICK_SEEN);
        let own = (seen / data.training.len().max(1)).clamp(1, MOST_EPOCHS);
        let epochs = laboratory.conditions.epochs.unwrap_or(own);
        let width = laboratory.scale(WIDTH, QUICK_WIDTH);
        let run = |(activation, learning_rate): (Activation, f64)| Run {
            name: activation.words().to_owned(),
            settings: Settings {
                activation,
                learning_rate,
                init: self.init,
                ..settings(data, width, epochs, laboratory.conditions.seed)
            },
            data,
            stretch: 1.0,
            observed: true,
        };
        FUNCTIONS.into_iter().map(run).collect()
    }

    fn question(&self, laboratory: &Laboratory) -> Section {
        let width = laboratory.scale(WIDTH, QUICK_WIDTH);
        let init = match self.init {
            Initialisation::Uniform => {
                "uniform within ±1/√n for values of n inputs: what the paper calls the standard \
                 initialisation"
            }
            Initialisation::Glorot => {
                "uniform within ±√(6 / (n + m)) for layers of n inputs and m outputs: the paper's \
                 own, the normalised initialisation"
            }
            Initialisation::Lecun => "normal with deviation 1/√n for values of n inputs",
            Initialisation::He => "normal with deviation √(2/n) for values of n inputs",
            Initialisation::Normal => "normal with deviation 1",
        };
        let rates: Vec<String> = FUNCTIONS
            .iter()
            .map(|(activation, rate)| format!("{} {rate}", activation.words()))
            .collect();
        Section::new("What is tried out")
            .paragraph(&format!(
                "A perceptron of {DEPTH} hidden layers of {width} values and a softmax learns by plain \
                 stochastic gradient descent from mini-batches of 10, with the cross-entropy as its \
                 cost, no pre-training, no penalty and no distortion. Weights are at first {init}; \
                 biases are 0. Only the activation function differs, and with it the learning rate, \
                 the best of some tried in short runs, by the test error: {}.",
                rates.join(", ")
            ))
            .paragraph(
                "The paper's layers have 1000 values and learn for longer, so that its errors are \
                 lower. What can be compared is their order: there tanh and softsign come before \
                 the sigmoid, whose last hidden layer saturates at 0 soon after training begins and \
                 keeps the layers before it from learning. The ReLU is not in the paper.",
            )
    }
}

fn settings(data: &DataSet, width: usize, epochs: usize, seed: u64) -> Settings {
    let mut widths = vec![data.shape.volume()];
    widths.extend([width; DEPTH]);
    widths.push(data.classes.len());
    Choices {
        network: Some(Architecture::Mlp { widths }),
        output_activation: Some(Output::Softmax),
        inputs: Some(Inputs::Standardized),
        cost: Some(Cost::CrossEntropy),
        optimizer: Some(Rule::Descent),
        schedule: Some(Schedule::Constant),
        epochs: Some(epochs),
        batch_size: Some(10),
        weight_decay: Some(0.0),
        seed: Some(seed),
        ..Choices::default()
    }
    .settle()
}

impl Learnt<'_> {
    /// Adds its sections to the page.
    fn tell(&self, page: &mut Page) {
        let Learnt { data, trained, table } = self;
        let runs = outcome::runs(trained);
        page.add(
            Section::new(&format!("Errors on {}", outcome::called(data)))
                .paragraph(&format!(
                    "{} training and {} test pictures of {}. By their lowest test error, the best \
                     first: {}.",
                    data.training.len(),
                    data.test.len(),
                    data.shape,
                    outcome::ranking(trained)
                ))
                .table(table)
                .charts(&[compare::test_error(&runs), compare::training_cost(&runs)]),
        );
        page.add(layers::depth(data, trained));
        trained.iter().for_each(|trained| page.add(layers::over_time(data, trained)));
    }
}
