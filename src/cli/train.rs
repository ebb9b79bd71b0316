//! `dreamer train`: trains a network to classify pictures.

mod arguments;
mod files;
mod page;
mod progress;

pub use arguments::TrainArguments;

use std::path::{Path, PathBuf};

use self::files::Files;
use self::progress::Bar;
use super::exit::Exit;
use super::interrupt;
use super::print::print;
use super::progress::Display;
use super::threads::Threads;
use dreamer::train::checkpoint::{self, Run};
use dreamer::train::data::{DataSet, DataSource, LoadOptions};
use dreamer::train::equalize::equalize_channels;
use dreamer::train::history::Epoch;
use dreamer::train::{Checkpoint, Evaluator, Observer, Settings, Training};

/// Trains a network and writes its weights.
pub fn run(arguments: &TrainArguments) -> Result<(), Exit> {
    let display = Display::new(arguments.quiet);
    interrupt::watch(&display);
    let Threads { pool, count } = Threads::new(arguments.threads)?;
    let trained = pool.install(|| train(arguments, count, &display));
    display.clear();
    trained
}

/// A run as described by the command line, or by the checkpoint to resume.
struct Plan {
    settings: Settings,
    source: DataSource,
    load: LoadOptions,
    weights: PathBuf,
    /// The run to resume.
    earlier: Option<Checkpoint>,
}

impl Plan {
    fn new(arguments: &TrainArguments) -> Result<Plan, Exit> {
        let choices = arguments.choices();
        let Some(resumed) = &arguments.resume else {
            let settings = choices.resolve();
            let source = arguments.data.clone().expect("the grammar requires it");
            let load = arguments.load(settings.seed);
            let weights = arguments.output.clone();
            let weights = weights.unwrap_or_else(|| files::default_name(&settings, &source));
            return Ok(Plan { settings, source, load, weights, earlier: None });
        };
        let earlier = Checkpoint::read(&checkpoint::beside(resumed))?;
        let settings = choices.resume(&earlier.settings).map_err(Exit::usage)?;
        let own = &earlier.load;
        let load = LoadOptions {
            seed: own.seed,
            size: arguments.size.or(own.size),
            training: arguments.training.or(own.training),
            test: arguments.test.or(own.test),
            validation: arguments.validation.unwrap_or(own.validation),
        };
        let source = arguments.data.clone().unwrap_or_else(|| earlier.source.clone());
        let weights = arguments.output.clone();
        let weights = weights.unwrap_or_else(|| checkpoint::weights_beside(resumed));
        Ok(Plan { settings, source, load, weights, earlier: Some(earlier) })
    }
}

fn train(arguments: &TrainArguments, threads: usize, display: &Display) -> Result<(), Exit> {
    let Plan { settings, source, load, weights, earlier } = Plan::new(arguments)?;
    // A resumed run overwrites its own files.
    let resumed = arguments.resume.as_deref().map(checkpoint::weights_beside);
    let force = arguments.force || resumed.as_deref() == Some(&*weights);
    let mut files = Files::new(weights, arguments.report.clone(), force)?;

    display.busy(&format!("loading {source}"));
    let loaded = source.load(&load)?;
    loaded.notes.iter().for_each(|note| display.note(&format!("note: {note}")));
    let data = loaded.data;
    let mut training = Training::new(settings.clone(), &data, threads)?;
    let examples = checkpoint::examples(&data);
    if let Some(earlier) = earlier {
        earlier.check_data(&data)?;
        training.resume(earlier.state)?;
    }
    if arguments.report.is_some() {
        training.observe(Observer::new(training.graph(), &data, threads)?);
    }
    let run = Run { settings, source, load, examples };
    display.note(&headline(&training, &data, threads));
    if training.is_done() {
        display.note("note: this run is already complete; extend it with --epochs");
    }
    let Settings { adversarial, epochs, .. } = training.settings();
    if let Some(adversary) = adversarial.filter(|adversary| (*epochs as f64) < adversary.ramp) {
        let largest = adversary.radius_after(*epochs as f64);
        display.note(&format!(
            "note: the radius only grows to {largest:.2} of {} in {epochs} epochs; a shorter ramp lets it \
             grow faster",
            adversary.radius
        ));
    }
    learn(arguments, &mut training, &run, &mut files, display)?;
    if let Some(report) = &arguments.report {
        display.busy("writing the report");
        page::write(report, &mut training, &run)?;
    }
    display.note(&summary(&training, &files));
    if arguments.equalize {
        equalize_weights(&training, &data, files.weights(), threads, display)?;
    }
    Ok(())
}

/// Replaces the written weights by equalised ones.
fn equalize_weights(
    training: &Training,
    data: &DataSet,
    weights: &Path,
    threads: usize,
    display: &Display,
) -> Result<(), Exit> {
    display.busy("equalising");
    let mut network = equalize_channels(training.network(), &data.training, data.shape, threads)?;
    let mut evaluator = Evaluator::new(&network.graph, &data.test, data.shape, threads)?;
    let (_, parameters) = network.parameters();
    let test = evaluator.score(&parameters, training.settings().loss);
    if let Some(result) = &mut network.description.result {
        result.test = test;
    }
    network.write(weights)?;
    display.note(&format!(
        "{}: equalised; test error {:.2} %",
        weights.display(),
        100.0 * test.error
    ));
    Ok(())
}

/// Trains epoch by epoch; writes the best network and a checkpoint after each.
fn learn(
    arguments: &TrainArguments,
    training: &mut Training,
    run: &Run,
    files: &mut Files,
    display: &Display,
) -> Result<(), Exit> {
    interrupt::postpone();
    let mut bar = Bar::new(display, training.settings().epochs);
    if training.state().best.is_some() {
        files.write_weights(training)?;
    }
    while !training.is_done() {
        let Some(epoch) = training.epoch(|step| {
            bar.step(step);
            interrupt::asked()
        })?
        else {
            files.write_interrupted(training, run)?;
            return Err(Exit::Interrupted(files.what_is_kept(training)));
        };
        if training.state().best.as_ref().is_some_and(|best| best.outcome.epoch == epoch.number) {
            files.write_weights(training)?;
        }
        files.write_checkpoint(training, run)?;
        report(arguments, display, training.settings(), &epoch)?;
        if !training.is_done() && interrupt::asked().is_break() {
            return Err(Exit::Interrupted(files.what_is_kept(training)));
        }
    }
    Ok(())
}

/// Reports an epoch in one line, and in JSON if requested.
fn report(
    arguments: &TrainArguments,
    display: &Display,
    settings: &Settings,
    epoch: &Epoch,
) -> Result<(), Exit> {
    let Epoch { number, seconds, training, validation, test, robust, .. } = epoch;
    display.note(&format!(
        "epoch {number:>2}/{}: training loss {:.4}, error {:.2} %;{} test error {:.2} %;{} {seconds:.1} s",
        settings.epochs,
        training.loss,
        100.0 * training.error,
        validation.map_or(String::new(), |score| {
            format!(" validation error {:.2} %;", 100.0 * score.error)
        }),
        100.0 * test.error,
        robust.map_or(String::new(), |score| format!(" robust error {:.2} %;", 100.0 * score.error)),
    ));
    if arguments.json {
        print(&format!("{}\n", serde_json::to_string(epoch)?))?;
    }
    Ok(())
}

/// The network, the data and the threads, in one line.
fn headline(training: &Training, data: &DataSet, threads: usize) -> String {
    let settings = training.settings();
    let done = match training.state().position.epoch {
        0 => String::new(),
        epoch => format!("; resuming after epoch {epoch}"),
    };
    let validation = match data.validation.len() {
        0 => String::new(),
        count => format!(", {count} validation"),
    };
    format!(
        "{} on {}: {} training{validation} and {} test pictures of {}, {} classes; {} parameters; {} \
         thread(s){done}",
        settings.network,
        data.name,
        data.training.len(),
        data.test.len(),
        data.shape,
        data.classes.len(),
        training.state().parameters.len(),
        threads,
    )
}

/// The result in one line.
fn summary(training: &Training, files: &Files) -> String {
    let weights = files.weights().display();
    match &training.state().best {
        None => format!("{weights}: no epoch was trained"),
        Some(best) => format!(
            "{weights}: test error {:.2} % after epoch {}",
            100.0 * best.outcome.test.error,
            best.outcome.epoch
        ),
    }
}
