//! Why some activation functions let deep networks learn and others do not (Glorot and Bengio,
//! "Understanding the difficulty of training deep feedforward neural networks", 2010).

mod layers;

use serde_json::Map;

use super::outcome::{self, Outcome};
use super::{Experiment, ExperimentError, Findings, Run, Runner, Trained};
use crate::backend::core::Loss;
use crate::network::{Activation, Architecture, Output};
use crate::train::data::{DataSet, DataSource};
use crate::train::report::{Page, Section, Table, compare};
use crate::train::{Choices, Initialisation, Inputs, Rule, Schedule, Settings};

/// The activation functions with the learning rate of each, the best in short runs.
const FUNCTIONS: [(Activation, f64); 4] = [
    (Activation::Sigmoid, 1.0),
    (Activation::Tanh, 0.03),
    (Activation::Softsign, 0.05),
    (Activation::Relu, 0.03),
];

/// Hidden layers; the paper's figure 2 has as many sigmoid layers.
const DEPTH: usize = 4;

/// Units per layer; the paper has 1000.
const WIDTH: usize = 300;
const QUICK_WIDTH: usize = 100;

/// Training pictures that a network sees in total, each once per epoch.
const SEEN: usize = 900_000;
const QUICK_SEEN: usize = 60_000;

/// The most epochs: a small data set would be overfitted.
const MOST_EPOCHS: usize = 20;

const PICTURES: [usize; 2] = [usize::MAX; 2];
const QUICK_PICTURES: [usize; 2] = [6_000, 1_000];

/// The same deep network with each activation function.
#[derive(Clone, Debug, PartialEq)]
pub struct Activations {
    /// The data sets, in turn.
    pub sources: Vec<DataSource>,
    /// How the networks are initialised.
    pub init: Initialisation,
}

/// The results on a data set.
struct Learnt<'t> {
    data: &'t DataSet,
    trained: &'t [Trained],
    table: Table,
}

impl Experiment for Activations {
    fn name(&self) -> &'static str {
        "activations"
    }

    fn run(&self, runner: &mut Runner) -> Result<Findings, ExperimentError> {
        let most = runner.scale(PICTURES, QUICK_PICTURES);
        let data = (self.sources.iter())
            .map(|source| runner.load(source, most))
            .collect::<Result<Vec<DataSet>, _>>()?;
        let runs: Vec<Run> = data.iter().flat_map(|data| self.runs(runner, data)).collect();
        let trained = runner.train(&runs)?;
        let learnt: Vec<Learnt> = (data.iter().zip(trained.chunks(FUNCTIONS.len())))
            .map(|(data, trained)| {
                let caption =
                    runner.title(&format!("Activation functions on {}", outcome::called(data)));
                let table = compare::table(&caption, &outcome::runs(trained));
                Learnt { data, trained, table }
            })
            .collect();
        let mut page = runner.page(
            "Activation functions of deep networks",
            "Sigmoid, tanh, softsign and ReLU in the same network, after Glorot and Bengio (2010).",
        );
        page.add(self.question(runner));
        learnt.iter().for_each(|learnt| learnt.report(&mut page));
        let numbers = Map::from_iter([("networks".to_owned(), Outcome::json(&trained)?)]);
        let tables = learnt.into_iter().map(|learnt| learnt.table).collect();
        Ok(Findings { tables, numbers, page })
    }
}

impl Activations {
    fn runs<'d>(&self, runner: &Runner, data: &'d DataSet) -> Vec<Run<'d>> {
        let seen = runner.scale(SEEN, QUICK_SEEN);
        let own = (seen / data.training.len().max(1)).clamp(1, MOST_EPOCHS);
        let epochs = runner.config.epochs.unwrap_or(own);
        let width = runner.scale(WIDTH, QUICK_WIDTH);
        let run = |(activation, learning_rate): (Activation, f64)| Run {
            name: activation.words().to_owned(),
            settings: Settings {
                activation,
                learning_rate,
                init: self.init,
                ..settings(data, width, epochs, runner.config.seed)
            },
            data,
            stretch: 1.0,
            observed: true,
        };
        FUNCTIONS.into_iter().map(run).collect()
    }

    fn question(&self, runner: &Runner) -> Section {
        let width = runner.scale(WIDTH, QUICK_WIDTH);
        let init = match self.init {
            Initialisation::Uniform => {
                "uniformly within ±1/√n for units with n inputs (the paper's standard \
                 initialisation)"
            }
            Initialisation::Glorot => {
                "uniformly within ±√(6 / (n + m)) for layers with n inputs and m outputs (the \
                 paper's own normalised initialisation)"
            }
            Initialisation::Lecun => {
                "normally with standard deviation 1/√n for units with n inputs"
            }
            Initialisation::He => "normally with standard deviation √(2/n) for units with n inputs",
            Initialisation::Normal => "normally with standard deviation 1",
        };
        let rates: Vec<String> = FUNCTIONS
            .iter()
            .map(|(activation, rate)| format!("{} {rate}", activation.words()))
            .collect();
        Section::new("Setup")
            .paragraph(&format!(
                "A perceptron with {DEPTH} hidden layers of {width} units and a softmax is trained by \
                 plain stochastic gradient descent with mini-batches of 10 and cross-entropy loss, \
                 without pre-training, penalty or distortion. Weights are initialised {init}; biases \
                 are 0. Only the activation function differs, and with it the learning rate, chosen \
                 by test error in short runs: {}.",
                rates.join(", ")
            ))
            .paragraph(
                "The paper's layers have 1000 units and train for longer, so its error rates are \
                 lower. What can be compared is their order: in the paper tanh and softsign beat \
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
        loss: Some(Loss::CrossEntropy),
        optimizer: Some(Rule::Descent),
        schedule: Some(Schedule::Constant),
        epochs: Some(epochs),
        batch_size: Some(10),
        weight_decay: Some(0.0),
        seed: Some(seed),
        ..Choices::default()
    }
    .resolve()
}

impl Learnt<'_> {
    /// Adds its sections to the page.
    fn report(&self, page: &mut Page) {
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
                .charts(&[compare::test_error(&runs), compare::training_loss(&runs)]),
        );
        page.add(layers::depth(data, trained));
        trained.iter().for_each(|trained| page.add(layers::over_time(data, trained)));
    }
}
