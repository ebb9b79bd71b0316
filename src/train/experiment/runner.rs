//! Running experiments: loading data, training networks and reporting progress.

use std::ops::ControlFlow;

use super::ExperimentError;
use crate::network::multiplications;
use crate::train::data::{DataError, DataSet, DataSource, LoadOptions};
use crate::train::history::History;
use crate::train::report::{Page, number};
use crate::train::{Observer, Settings, Step, TrainError, Training};

/// Approximate multiplications per second and thread of a current CPU with small mini-batches.
const SPEED: f64 = 1.6e10;

/// Approximate seconds to distort a picture.
const DISTORTION: f64 = 7e-6;

/// Options of an experiment; `None` means the experiment's own default.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Config {
    /// The seed of all random numbers.
    pub seed: u64,
    /// Number of threads.
    pub threads: usize,
    /// Epochs of every run; `None`: the experiment's own number.
    pub epochs: Option<usize>,
    /// Number of training pictures.
    pub training: Option<usize>,
    /// Number of test pictures.
    pub test: Option<usize>,
    /// A small run for a first look.
    pub quick: bool,
}

/// Watches experiments.
pub trait Watcher {
    /// A message to the user, in one line.
    fn note(&mut self, text: &str);

    /// Called after each step of each training.
    fn step(&mut self, progress: &Progress);
}

/// The progress of an experiment.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// The network in training.
    pub run: &'a str,
    /// 1 for the first.
    pub number: usize,
    /// Number of networks to train.
    pub runs: usize,
    /// Where the training of this network is.
    pub step: Step,
    /// Epochs of this network.
    pub epochs: usize,
    /// Fraction of the whole work done, 0..1.
    pub share: f64,
}

/// A network to train.
pub struct Run<'d> {
    /// Its name in tables and charts.
    pub name: String,
    /// What it is trained with.
    pub settings: Settings,
    /// What it learns from.
    pub data: &'d DataSet,
    /// Factor applied to the initial parameters.
    pub stretch: f32,
    /// Whether the distributions of the layers' values are recorded.
    pub observed: bool,
}

/// A trained network.
#[derive(Clone, Debug)]
pub struct Trained {
    /// Its name in tables and charts.
    pub name: String,
    /// Kind of data.
    pub data: String,
    /// Number of weights and biases.
    pub parameters: usize,
    /// What it was trained with.
    pub settings: Settings,
    /// Every epoch's scores, and what was watched.
    pub history: History,
}

/// Runs experiments.
pub struct Runner<'a> {
    /// What all runs have in common.
    pub config: Config,
    watcher: &'a mut dyn Watcher,
}

impl<'a> Runner<'a> {
    /// A runner that tells `watcher` how far it is.
    pub fn new(config: Config, watcher: &'a mut dyn Watcher) -> Runner<'a> {
        Runner { config, watcher }
    }

    /// The number for the whole experiment, or the one for a quick run.
    pub fn scale<T>(&self, whole: T, quick: T) -> T {
        if self.config.quick { quick } else { whole }
    }

    /// The title of a page or table, marked if the run is a quick one.
    pub fn title(&self, title: &str) -> String {
        if self.config.quick { format!("{title} (quick run)") } else { title.to_owned() }
    }

    /// A new page.
    pub fn page(&self, title: &str, subtitle: &str) -> Page {
        let quick = self.scale(
            "",
            " This is a quick run, with fewer pictures and epochs than the experiment has: it shows \
             what there is to see, and its numbers stand for nothing.",
        );
        Page::new(&self.title(title), &format!("{subtitle}{quick}"))
    }

    /// Loads a data set: as many training and test pictures as the options say, otherwise up to `most`.
    ///
    /// # Errors
    /// [`DataError`] if there is none, or fewer pictures than requested.
    pub fn load(&mut self, source: &DataSource, most: [usize; 2]) -> Result<DataSet, DataError> {
        let Config { seed, training, test, .. } = self.config;
        let loaded =
            source.load(&LoadOptions { seed, training, test, ..LoadOptions::default() })?;
        loaded.notes.iter().for_each(|note| self.watcher.note(&format!("note: {note}")));
        let mut data = loaded.data;
        data.training.keep_first(training.unwrap_or(most[0]));
        data.test.keep_first(test.unwrap_or(most[1]));
        Ok(data)
    }

    /// Trains the networks one after another, with messages.
    ///
    /// # Errors
    /// [`ExperimentError::Training`] names the network that cannot be trained; none is trained if this
    /// is known beforehand.
    pub fn train(&mut self, runs: &[Run]) -> Result<Vec<Trained>, ExperimentError> {
        let threads = self.config.threads;
        let estimates = runs
            .iter()
            .map(|run| run.checked(|run| estimate(run, threads)))
            .collect::<Result<Vec<f64>, _>>()?;
        let total = estimates.iter().sum::<f64>();
        self.watcher.note(&format!(
            "{} network(s) to train, on {threads} thread(s): about {} (estimate)",
            runs.len(),
            about(total)
        ));
        let mut before = 0.0;
        let mut trained = Vec::with_capacity(runs.len());
        for (index, (run, own)) in runs.iter().zip(estimates).enumerate() {
            let epochs = run.settings.epochs;
            let watcher = &mut *self.watcher;
            let done = run.checked(|run| {
                run.train(threads, |step| {
                    let steps = (step.epoch - 1) * step.steps + step.step;
                    let share = steps as f64 / (epochs * step.steps) as f64;
                    watcher.step(&Progress {
                        run: &run.name,
                        number: index + 1,
                        runs: runs.len(),
                        step: *step,
                        epochs,
                        share: (before + share * own) / total,
                    });
                })
            })?;
            before += own;
            self.watcher.note(&done.said());
            trained.push(done);
        }
        Ok(trained)
    }
}

impl Run<'_> {
    /// Calls `work` with the run; errors name it.
    fn checked<T>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, TrainError>,
    ) -> Result<T, ExperimentError> {
        work(self).map_err(|source| ExperimentError::Training {
            run: self.name.clone(),
            source: Box::new(source),
        })
    }

    fn train(&self, threads: usize, mut watch: impl FnMut(&Step)) -> Result<Trained, TrainError> {
        let mut training = Training::new(self.settings.clone(), self.data, threads)?;
        if self.stretch != 1.0 {
            let mut state = training.state().clone();
            state.parameters.iter_mut().for_each(|value| *value *= self.stretch);
            training.resume(state)?;
        }
        if self.observed {
            training.observe(Observer::new(training.graph(), self.data, threads)?);
        }
        while !training.is_done() {
            training.epoch(|step| {
                watch(step);
                ControlFlow::Continue(())
            })?;
        }
        Ok(Trained {
            name: self.name.clone(),
            data: self.data.name.clone(),
            parameters: training.state().parameters.len(),
            settings: self.settings.clone(),
            history: training.history(),
        })
    }
}

impl Trained {
    /// The result, in one line.
    fn said(&self) -> String {
        let History { epochs, .. } = &self.history;
        let seconds = epochs.iter().map(|epoch| epoch.seconds).sum();
        let error = epochs.last().map_or(f64::NAN, |epoch| epoch.test.error);
        format!(
            "{} on {}: test error {} after {} epoch(s), {}",
            self.name,
            self.data,
            number::percent(error),
            epochs.len(),
            number::duration(seconds)
        )
    }
}

/// A time in whole seconds or minutes.
fn about(seconds: f64) -> String {
    if seconds < 90.0 {
        format!("{:.0} s", seconds.ceil())
    } else {
        format!("{:.0} min", (seconds / 60.0).ceil())
    }
}

/// Estimated seconds of a run on `threads` threads.
fn estimate(run: &Run, threads: usize) -> Result<f64, TrainError> {
    let Run { settings, data, .. } = run;
    let preprocessing = settings.inputs.preprocessing(&data.training, data.shape);
    let form = settings.form(data.shape, data.classes.len(), preprocessing);
    let graph = settings.network.graph(&form)?;
    let forward = multiplications(&graph, data.shape.height, data.shape.width)? as f64;
    // Forward, back to the layer before, and back to the weights.
    let distortion = if settings.augment.is_none() { 0.0 } else { DISTORTION };
    let picture = 3.0 * forward / SPEED + distortion;
    Ok((settings.epochs * data.training.len()) as f64 * picture / threads as f64)
}
