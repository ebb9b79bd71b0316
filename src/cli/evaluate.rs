//! `dreamer evaluate`: evaluates a trained network on a data set.

use std::path::PathBuf;

use anyhow::anyhow;
use clap::{Args, ValueEnum, ValueHint};

use super::exit::Exit;
use super::interrupt;
use super::print::print;
use super::progress::Display;
use super::threads::Threads;
use dreamer::escape::printable;
use dreamer::options::up_to;
use dreamer::train::data::{DataSet, DataSource, LoadOptions, PictureShape};
use dreamer::train::{Evaluation, Evaluator};
use dreamer::trained::{Description, TrainedNetwork};

const EXAMPLES: &str = "\
Examples:
  dreamer evaluate lenet-mnist.safetensors --data mnist:FOLDER
  dreamer evaluate lenet-digits.safetensors --data digits --seed 7
  dreamer evaluate mine.safetensors --data folder:PHOTOS --json";

/// The most columns of the confusion matrix.
const WIDTH: usize = 100;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct EvaluateArguments {
    /// Weights written by dreamer train
    #[arg(value_hint = ValueHint::FilePath)]
    pub weights: PathBuf,

    /// Data set: mnist:FOLDER, cifar10:FOLDER, folder:FOLDER, digits or motifs
    #[arg(short, long, value_name = "DATA")]
    pub data: DataSource,

    /// Part of the data to evaluate
    #[arg(long, value_enum, default_value_t = Part::Test)]
    pub part: Part,

    /// Number of pictures [default: all; for drawn data as many as for training]
    #[arg(long, value_name = "N", value_parser = up_to::<100_000_000>)]
    pub pictures: Option<usize>,

    /// Seed for drawing and for holding out test pictures [default: that of the training]
    #[arg(long)]
    pub seed: Option<u64>,

    /// Number of threads [default: one per core]
    #[arg(short, long, value_name = "N", value_parser = up_to::<1024>)]
    pub threads: Option<usize>,

    /// Print only the result and errors
    #[arg(short, long)]
    pub quiet: bool,

    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// A part of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// The test pictures
    Test,
    /// The training pictures
    Training,
}

/// Prints error rate, loss and confusion matrix.
pub fn run(arguments: &EvaluateArguments) -> Result<(), Exit> {
    let display = Display::new(arguments.quiet);
    interrupt::watch(&display);
    let Threads { pool, count } = Threads::new(arguments.threads)?;
    let report = pool.install(|| evaluate(arguments, count, &display));
    display.clear();
    Ok(print(&report?)?)
}

fn evaluate(
    arguments: &EvaluateArguments,
    threads: usize,
    display: &Display,
) -> Result<String, Exit> {
    let network = TrainedNetwork::read(&arguments.weights)?;
    let description = &network.description;
    display.busy(&format!("loading {}", arguments.data));
    let loaded = arguments.data.load(&load(arguments, description))?;
    loaded.notes.iter().for_each(|note| display.note(&format!("note: {note}")));
    let data = loaded.data;
    check(arguments, description, &data)?;
    if data.classes != description.classes {
        display.note(&format!(
            "note: the class names differ from the network's: {} instead of {}",
            printable(&data.classes.join(", ")),
            printable(&description.classes.join(", "))
        ));
    }
    display.busy("evaluating");
    let examples = match arguments.part {
        Part::Test => &data.test,
        Part::Training => &data.training,
    };
    let (_, parameters) = network.parameters();
    let mut evaluator = Evaluator::new(&network.graph, examples, data.shape, threads)?;
    let loss = description.settings.loss;
    let evaluation = evaluator.evaluate(&parameters, loss, data.classes.len());
    Ok(if arguments.json { json(arguments, &data, &evaluation) } else { text(&data, &evaluation) })
}

/// How to load data like the network's own, with a single picture of the part not needed.
fn load(arguments: &EvaluateArguments, description: &Description) -> LoadOptions {
    let pictures = |part| if arguments.part == part { arguments.pictures } else { Some(1) };
    LoadOptions {
        seed: arguments.seed.unwrap_or(description.settings.seed),
        size: (!matches!(arguments.data, DataSource::Cifar10(_)))
            .then_some(description.form.shape.height),
        training: pictures(Part::Training),
        test: pictures(Part::Test),
        validation: 0,
    }
}

/// Refuses data that the network does not fit.
fn check(
    arguments: &EvaluateArguments,
    description: &Description,
    data: &DataSet,
) -> Result<(), Exit> {
    let weights = arguments.weights.display();
    let wanted = PictureShape::from(description.form.shape);
    if data.shape != wanted {
        return Err(anyhow!(
            "{weights} takes pictures of {}, but those of {} are {}; choose other data",
            described(wanted),
            arguments.data,
            described(data.shape)
        )
        .into());
    }
    let [wanted, found] = [description.form.classes, data.classes.len()];
    if wanted != found {
        return Err(anyhow!(
            "{weights} has {wanted} classes, but {} has {found}; choose other data",
            arguments.data
        )
        .into());
    }
    Ok(())
}

fn described(shape: PictureShape) -> String {
    let colours = if shape.channels == 1 { "grey" } else { "RGB" };
    format!("{shape} {colours} pixels")
}

fn text(data: &DataSet, evaluation: &Evaluation) -> String {
    let Evaluation { score, confusion, .. } = evaluation;
    format!(
        "error {:.2} % ({} of {}), loss {:.4}\n{}",
        100.0 * score.error,
        confusion.errors(),
        confusion.examples(),
        score.loss,
        confusion.table(&data.classes, WIDTH)
    )
}

fn json(arguments: &EvaluateArguments, data: &DataSet, evaluation: &Evaluation) -> String {
    let Evaluation { score, confusion, .. } = evaluation;
    let report = serde_json::json!({
        "weights": arguments.weights.display().to_string(),
        "data": arguments.data.to_string(),
        "pictures": confusion.examples(),
        "errors": confusion.errors(),
        "error": score.error,
        "loss": score.loss,
        "classes": data.classes,
        "confusion": confusion.rows().collect::<Vec<_>>(),
    });
    format!("{report}\n")
}
