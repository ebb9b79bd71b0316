//! How a network learns that is badly wrong at first (Nielsen, "Neural Networks and Deep Learning",
//! 2015, chapter 3): one neuron, and then a network, with the quadratic cost and the cross-entropy.

use serde::Serialize;
use serde_json::Map;

use super::outcome::{self, Outcome};
use super::{
    Experiment, ExperimentError, Findings, Laboratory, Lesson, Neuron, Run, Trained, backprop,
};
use crate::backend::core::Cost;
use crate::train::data::{DataSet, DataSource};
use crate::train::report::{Axis, Chart, Column, Section, Series, Table, compare};
use crate::train::{Initialisation, Settings};

/// The book's two neurons: one that begins a little wrong, and one that begins badly wrong.
const NEURONS: [Neuron; 2] = [Neuron { weight: 0.6, bias: 0.9 }, Neuron { weight: 2.0, bias: 2.0 }];

/// The book's learning rate with the quadratic cost, and its epochs.
const NEURON_RATE: f64 = 0.15;
const NEURON_EPOCHS: usize = 300;

/// An output of a neuron, which should answer 0, from which on it has understood.
const UNDERSTOOD: f64 = 0.5;

/// The costs, and the learning rate of the network with each (chapters 1 and 3).
const COSTS: [(Cost, &str, f64); 2] =
    [(Cost::Quadratic, "quadratic", 3.0), (Cost::CrossEntropy, "cross-entropy", 0.5)];

/// What the network starts from.
const STARTS: [Start; 3] = [
    Start { name: "weights 1/√n", init: Initialisation::Lecun, stretch: 1.0 },
    Start { name: "weights 1", init: Initialisation::Normal, stretch: 1.0 },
    Start { name: "weights 5", init: Initialisation::Normal, stretch: 5.0 },
];

const PICTURES: [usize; 2] = [50_000, 10_000];
const QUICK_PICTURES: [usize; 2] = [6_000, 1_000];

const EPOCHS: usize = 15;
const QUICK_EPOCHS: usize = 4;

/// A spread of the weights at first.
struct Start {
    name: &'static str,
    init: Initialisation,
    stretch: f32,
}

/// Neurons and networks that begin badly wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct SlowLearning {
    /// Handwritten digits, for the network.
    pub digits: DataSource,
}

/// A neuron and how it learnt.
struct Pupil {
    name: String,
    neuron: Neuron,
    cost: &'static str,
    lesson: Lesson,
}

/// A neuron's results, for scripts.
#[derive(Serialize)]
struct NeuronOutcome {
    weight: f64,
    bias: f64,
    cost: &'static str,
    learning_rate: f64,
    epochs: usize,
    first_output: f64,
    last_output: f64,
    /// Epochs until the output is below one half; none if it never is.
    epochs_to_half: Option<usize>,
}

impl Pupil {
    fn all() -> Result<Vec<Pupil>, ExperimentError> {
        let pairs = NEURONS.into_iter().flat_map(|neuron| COSTS.map(|cost| (neuron, cost)));
        pairs
            .map(|(neuron, (cost, name, _))| {
                Ok(Pupil {
                    name: format!("{name}, w = {}, b = {}", neuron.weight, neuron.bias),
                    neuron,
                    cost: name,
                    lesson: neuron.learn(cost, NEURON_RATE, NEURON_EPOCHS)?,
                })
            })
            .collect()
    }

    fn outcome(&self) -> NeuronOutcome {
        let outputs = &self.lesson.outputs;
        NeuronOutcome {
            weight: self.neuron.weight,
            bias: self.neuron.bias,
            cost: self.cost,
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

    fn run(&self, laboratory: &mut Laboratory) -> Result<Findings, ExperimentError> {
        let pupils = Pupil::all()?;
        let data = laboratory.load(&self.digits, laboratory.scale(PICTURES, QUICK_PICTURES))?;
        let conditions = laboratory.conditions;
        let epochs = conditions.epochs.unwrap_or(laboratory.scale(EPOCHS, QUICK_EPOCHS));
        let trained = laboratory.train(&runs(&data, epochs, conditions.seed))?;

        let neurons = neuron_table(&pupils);
        let networks = compare::table(
            &laboratory.title("The network 784-30-10, by cost and first weights"),
            &outcome::runs(&trained),
        );
        let mut page = laboratory.page(
            "Slow learning",
            "What the quadratic cost and the cross-entropy make of a bad start, after chapter 3 of \
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

/// The network with each cost and each start.
fn runs(data: &DataSet, epochs: usize, seed: u64) -> Vec<Run<'_>> {
    let pairs = STARTS.iter().flat_map(|start| COSTS.map(|cost| (start, cost)));
    pairs
        .map(|(start, (cost, name, learning_rate))| Run {
            name: format!("{name}, {}", start.name),
            settings: Settings {
                cost,
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
        Column::text("cost"),
        Column::number("weight"),
        Column::number("bias"),
        Column::number("first output"),
        Column::number("after 150 epochs"),
        Column::number("after 300 epochs"),
        Column::number("epochs to 0.5"),
    ];
    let mut table = Table::new("One neuron that should answer 0", columns);
    for pupil in pupils {
        let NeuronOutcome { first_output, last_output, epochs_to_half, .. } = pupil.outcome();
        table.row([
            pupil.cost.to_owned(),
            pupil.neuron.weight.to_string(),
            pupil.neuron.bias.to_string(),
            format!("{first_output:.2}"),
            format!("{:.2}", pupil.lesson.outputs[NEURON_EPOCHS / 2]),
            format!("{last_output:.2}"),
            epochs_to_half.map_or_else(|| "–".into(), |epoch| epoch.to_string()),
        ]);
    }
    table
}

fn neuron_section(pupils: &[Pupil], table: &Table) -> Section {
    let chart = |title: &str, label: &str, values: fn(&Lesson) -> &[f64]| {
        let lines = pupils.iter().enumerate().map(|(place, pupil)| {
            let points = values(&pupil.lesson).iter().enumerate();
            let points = points.map(|(epoch, value)| (epoch as f64, *value)).collect();
            Series::line_of_several(&pupil.name, place, points)
        });
        Chart::new(title, Axis::whole("epoch"), Axis::linear(label).holding([0.0])).with_all(lines)
    };
    Section::new("One neuron")
        .paragraph(&format!(
            "A sigmoid neuron with one input, which is always 1, is to learn the answer 0, with a \
             learning rate of {NEURON_RATE} over {NEURON_EPOCHS} epochs of one step each. It is \
             computed by the core's own layers: a network of one value and one class. The book's \
             quadratic outputs after 300 epochs are 0.09 and 0.20.",
        ))
        .table(table)
        .charts(&[
            chart("Output", "answer of the neuron", |lesson| &lesson.outputs),
            chart("Cost", "cost of the example", |lesson| &lesson.costs),
        ])
        .paragraph(
            "The quadratic cost ½(a − y)² has the gradient (a − y)·σ′(z). A neuron that is badly \
             wrong, with z = 4 at first, is saturated: σ′(z) = a(1 − a) is nearly 0 there, and the \
             neuron learns more slowly the more it is wrong. The gradient of the cross-entropy is \
             a − y alone, as σ′(z) cancels out: it learns fastest where it is most wrong. Both have \
             the same learning rate here. The book's neurons take 0.005 with the cross-entropy, as \
             it compares shapes of curves and not speeds.",
        )
}

fn network_section(data: &DataSet, trained: &[Trained], table: &Table) -> Section {
    let runs = outcome::runs(trained);
    let rates: Vec<String> =
        COSTS.iter().map(|(_, name, rate)| format!("{rate} with the {name}")).collect();
    Section::new("A network with badly scaled weights")
        .paragraph(&format!(
            "The network 784-30-10 of sigmoids learns {} from {} pictures in mini-batches of 10, at \
             the learning rate {} (the book's). Weights are normal at first, with the deviation \
             1/√n for neurons of n inputs (biases 0), or 1 (biases too; the book's first), or 5, \
             which is not in the book. The larger they are, the more neurons are saturated from the \
             start.",
            outcome::called(data),
            data.training.len(),
            rates.join(" and ")
        ))
        .table(table)
        .charts(&[compare::test_error(&runs), training_error(&runs)])
        .paragraph(&format!(
            "By their lowest test error, the best first: {}. A cost can free the neurons of the last \
             layer from their saturation, whose σ′(z) it cancels; hidden neurons stay saturated \
             whatever the cost is (BP2 has their σ′(z) as a factor). That is what smaller weights \
             are for.",
            outcome::ranking(trained)
        ))
}

fn training_error(runs: &[compare::Run]) -> Chart {
    let axis = Axis::fitting("classified wrongly, %");
    compare::overlay("Training error", axis, runs, |epoch| 100.0 * epoch.training.error)
}
