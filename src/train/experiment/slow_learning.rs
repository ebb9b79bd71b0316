//! How a network learns that starts badly wrong (Nielsen, "Neural Networks and Deep Learning",
//! 2015, chapter 3): one neuron, and then a network, with the quadratic loss and the cross-entropy.

use serde::Serialize;
use serde_json::Map;

use super::outcome::{self, Outcome};
use super::{
    Example, Experiment, ExperimentError, Findings, Neuron, Run, Runner, Trained, backprop,
};
use crate::backend::core::Loss;
use crate::train::data::{DataSet, DataSource};
use crate::train::report::{Axis, Chart, Column, Section, Series, Table, compare};
use crate::train::{Initialisation, Settings};

/// The book's two neurons: one that starts slightly wrong, and one that starts badly wrong.
const NEURONS: [Neuron; 2] = [Neuron { weight: 0.6, bias: 0.9 }, Neuron { weight: 2.0, bias: 2.0 }];

/// The book's learning rate with the quadratic loss, and its epochs.
const NEURON_RATE: f64 = 0.15;
const NEURON_EPOCHS: usize = 300;

/// The output at which a neuron that should output 0 has learned it.
const UNDERSTOOD: f64 = 0.5;

/// The losses, and the learning rate of the network with each (chapters 1 and 3).
const LOSSES: [(Loss, &str, f64); 2] =
    [(Loss::Quadratic, "quadratic", 3.0), (Loss::CrossEntropy, "cross-entropy", 0.5)];

/// The initialisations of the network.
const STARTS: [Start; 3] = [
    Start { name: "weights 1/√n", init: Initialisation::Lecun, stretch: 1.0 },
    Start { name: "weights 1", init: Initialisation::Normal, stretch: 1.0 },
    Start { name: "weights 5", init: Initialisation::Normal, stretch: 5.0 },
];

const PICTURES: [usize; 2] = [50_000, 10_000];
const QUICK_PICTURES: [usize; 2] = [6_000, 1_000];

const EPOCHS: usize = 15;
const QUICK_EPOCHS: usize = 4;

/// A scale of the initial weights.
struct Start {
    name: &'static str,
    init: Initialisation,
    stretch: f32,
}

/// Neurons and networks that start badly wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct SlowLearning {
    /// Handwritten digits, for the network.
    pub digits: DataSource,
}

/// A neuron and how it learned.
struct Pupil {
    name: String,
    neuron: Neuron,
    loss: &'static str,
    example: Example,
}

/// A neuron's results, for scripts.
#[derive(Serialize)]
struct NeuronOutcome {
    weight: f64,
    bias: f64,
    loss: &'static str,
    learning_rate: f64,
    epochs: usize,
    first_output: f64,
    last_output: f64,
    /// Epochs until the output is below one half; none if it never is.
    epochs_to_half: Option<usize>,
}

impl Pupil {
    fn all() -> Result<Vec<Pupil>, ExperimentError> {
        let pairs = NEURONS.into_iter().flat_map(|neuron| LOSSES.map(|loss| (neuron, loss)));
        pairs
            .map(|(neuron, (loss, name, _))| {
                Ok(Pupil {
                    name: format!("{name}, w = {}, b = {}", neuron.weight, neuron.bias),
                    neuron,
                    loss: name,
                    example: neuron.learn(loss, NEURON_RATE, NEURON_EPOCHS)?,
                })
            })
            .collect()
    }

    fn outcome(&self) -> NeuronOutcome {
        let outputs = &self.example.outputs;
        NeuronOutcome {
            weight: self.neuron.weight,
            bias: self.neuron.bias,
            loss: self.loss,
            learning_rate: NEURON_RATE,
            epochs: NEURON_EPOCHS,
            first_output: outputs[0],
            last_output: outputs[outputs.len() - 1],
            epochs_to_half: outputs.iter().position(|output| *output < UNDERSTOOD),
        }
    }
}

impl Experiment for SlowLearning {
    fn name(&self) -> &'static str {
        "slow-learning"
    }

    fn run(&self, runner: &mut Runner) -> Result<Findings, ExperimentError> {
        let pupils = Pupil::all()?;
        let data = runner.load(&self.digits, runner.scale(PICTURES, QUICK_PICTURES))?;
        let config = runner.config;
        let epochs = config.epochs.unwrap_or(runner.scale(EPOCHS, QUICK_EPOCHS));
        let trained = runner.train(&runs(&data, epochs, config.seed))?;

        let neurons = neuron_table(&pupils);
        let networks = compare::table(
            &runner.title("The network 784-30-10, by loss and initial weights"),
            &outcome::runs(&trained),
        );
        let mut page = runner.page(
            "Slow learning",
            "How the quadratic loss and the cross-entropy cope with a bad start, after chapter 3 of \
             Nielsen's Neural Networks and Deep Learning (2015).",
        );
        page.add(neuron_section(&pupils, &neurons));
        page.add(network_section(&data, &trained, &networks));
        let outcomes: Vec<NeuronOutcome> = pupils.iter().map(Pupil::outcome).collect();
        let numbers = Map::from_iter([
            ("neurons".to_owned(), serde_json::to_value(outcomes)?),
            ("networks".to_owned(), Outcome::json(&trained)?),
        ]);
        Ok(Findings { tables: vec![neurons, networks], numbers, page })
    }
}

/// The network with each loss and each start.
fn runs(data: &DataSet, epochs: usize, seed: u64) -> Vec<Run<'_>> {
    let pairs = STARTS.iter().flat_map(|start| LOSSES.map(|loss| (start, loss)));
    pairs
        .map(|(start, (loss, name, learning_rate))| Run {
            name: format!("{name}, {}", start.name),
            settings: Settings {
                loss,
                learning_rate,
                init: start.init,
                ..backprop::settings(data, epochs, seed)
            },
            data,
            stretch: start.stretch,
            observed: false,
        })
        .collect()
}

fn neuron_table(pupils: &[Pupil]) -> Table {
    let columns = [
        Column::text("loss"),
        Column::number("weight"),
        Column::number("bias"),
        Column::number("initial output"),
        Column::number("after 150 epochs"),
        Column::number("after 300 epochs"),
        Column::number("epochs to 0.5"),
    ];
    let mut table = Table::new("One neuron that should output 0", columns);
    for pupil in pupils {
        let NeuronOutcome { first_output, last_output, epochs_to_half, .. } = pupil.outcome();
        table.row([
            pupil.loss.to_owned(),
            pupil.neuron.weight.to_string(),
            pupil.neuron.bias.to_string(),
            format!("{first_output:.2}"),
            format!("{:.2}", pupil.example.outputs[NEURON_EPOCHS / 2]),
            format!("{last_output:.2}"),
            epochs_to_half.map_or_else(|| "–".into(), |epoch| epoch.to_string()),
        ]);
    }
    table
}

fn neuron_section(pupils: &[Pupil], table: &Table) -> Section {
    let chart = |title: &str, label: &str, values: fn(&Example) -> &[f64]| {
        let lines = pupils.iter().enumerate().map(|(place, pupil)| {
            let points = values(&pupil.example).iter().enumerate();
            let points = points.map(|(epoch, value)| (epoch as f64, *value)).collect();
            Series::line_of_several(&pupil.name, place, points)
        });
        Chart::new(title, Axis::whole("epoch"), Axis::linear(label).holding([0.0])).with_all(lines)
    };
    Section::new("One neuron")
        .paragraph(&format!(
            "A sigmoid neuron with one input, which is always 1, learns to output 0, with a \
             learning rate of {NEURON_RATE} over {NEURON_EPOCHS} epochs of one step each. It is \
             computed by the core's own layers, as a network of one input and one class. The book's \
             quadratic outputs after 300 epochs are 0.09 and 0.20.",
        ))
        .table(table)
        .charts(&[
            chart("Output", "output of the neuron", |example| &example.outputs),
            chart("Loss", "loss of the example", |example| &example.losses),
        ])
        .paragraph(
            "The quadratic loss ½(a − y)² has the gradient (a − y)·σ′(z). A neuron that starts \
             badly wrong, with z = 4, is saturated: σ′(z) = a(1 − a) is nearly 0 there, and the \
             more wrong the neuron is, the more slowly it learns. The gradient of the cross-entropy \
             is just a − y, as σ′(z) cancels out: it learns fastest where it is most wrong. Both \
             have the same learning rate here. The book uses 0.005 with the cross-entropy, as it \
             compares the shapes of curves rather than speeds.",
        )
}

fn network_section(data: &DataSet, trained: &[Trained], table: &Table) -> Section {
    let runs = outcome::runs(trained);
    let rates: Vec<String> =
        LOSSES.iter().map(|(_, name, rate)| format!("{rate} with the {name}")).collect();
    Section::new("A network with badly scaled weights")
        .paragraph(&format!(
            "The network 784-30-10 of sigmoids learns {} from {} pictures in mini-batches of 10, at \
             the learning rate {} (the book's). Weights are initialised normally, with standard \
             deviation 1/√n for neurons with n inputs (biases 0), or 1 (biases too; the book's \
             first), or 5, which is not in the book. The larger they are, the more neurons are \
             saturated from the start.",
            outcome::called(data),
            data.training.len(),
            rates.join(" and ")
        ))
        .table(table)
        .charts(&[compare::test_error(&runs), training_error(&runs)])
        .paragraph(&format!(
            "By lowest test error, best first: {}. A loss can free the neurons of the last layer \
             from saturation by cancelling their σ′(z); hidden neurons stay saturated whatever the \
             loss (BP2 has their σ′(z) as a factor). That is what smaller weights are for.",
            outcome::ranking(trained)
        ))
}

fn training_error(runs: &[compare::Run]) -> Chart {
    let axis = Axis::fitting("misclassified, %");
    compare::overlay("Training error", axis, runs, |epoch| 100.0 * epoch.training.error)
}
