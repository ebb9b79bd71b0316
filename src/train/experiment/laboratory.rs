//! Where experiments are done: data are loaded and networks trained, and someone watches.

use std::ops::ControlFlow;

use super::ExperimentError;
use crate::network::multiplications;
use crate::train::data::{DataError, DataSet, DataSource, LoadOptions};
use crate::train::history::History;
use crate::train::report::{Page, number};
use crate::train::{Observer, Settings, Step, TrainError, Training};

/// Multiplications in a second that a thread of a current CPU does, about, with small mini-batches.
const SPEED: f64 = 1.6e10;

/// Seconds that distorting a picture takes, about.
const DISTORTION: f64 = 7e-6;

/// What is chosen by those who repeat an experiment; what is `None` is the experiment's own.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Conditions {
    /// Of all random numbers.
    pub seed: u64,
    pub threads: usize,
    pub epochs: Option<usize>,
    /// Number of training pictures.
    pub training: Option<usize>,
    /// Number of test pictures.
    pub test: Option<usize>,
    /// A small run for a first look.
    pub quick: bool,
}

/// Someone who watches the experiments.
pub trait Watcher {
    /// Something to tell people, in a line.
    fn note(&mut self, text: &str);

    /// Called after each step of each training.
    fn step(&mut self, progress: &Progress);
}

/// How far the trainings of an experiment are.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// The network in training.
    pub run: &'a str,
    /// 1 for the first.
    pub number: usize,
    pub runs: usize,
    pub step: Step,
    pub epochs: usize,
    /// How much of all the work is done, 0..1.
    pub share: f64,
}

/// A network to be trained.
pub struct Run<'d> {
    pub name: String,
    pub settings: Settings,
    pub data: &'d DataSet,
    /// Factor of the parameters that training starts from.
    pub stretch: f32,
    /// Whether the distributions of the layers' values are kept.
    pub observed: bool,
}

/// A network that has been trained.
#[derive(Clone, Debug)]
pub struct Trained {
    pub name: String,
    /// Kind of the data.
    pub data: String,
    /// Number of weights and biases.
    pub parameters: usize,
    pub settings: Settings,
    pub history: History,
}

/// Where experiments are done.
pub struct Laboratory<'a> {
    pub conditions: Conditions,
    watcher: &'a mut dyn Watcher,
}

impl<'a> Laboratory<'a> {
    pub fn new(conditions: Conditions, watcher: &'a mut dyn Watcher) -> Laboratory<'a> {
        Laboratory { conditions, watcher }
    }

    /// One of two numbers: that of the whole experiment, or that of a quick run.
    pub fn scale<T>(&self, whole: T, quick: T) -> T {
        if self.conditions.quick { quick } else { whole }
    }

    /// A page, or table, of that title, which says so where the run is a quick one.
    pub fn title(&self, title: &str) -> String {
        if self.conditions.quick { format!("{title} (quick run)") } else { title.to_owned() }
    }

    /// A page to begin with.
    pub fn page(&self, title: &str, subtitle: &str) -> Page {
        let quick = self.scale(
            "",
            " This is a quick run, with fewer pictures and epochs than the experiment has: it shows \
             what there is to see, and its numbers stand for nothing.",
        );
        Page::new(&self.title(title), &format!("{subtitle}{quick}"))
    }

    /// Loads a data set: as many training and test pictures as are chosen, else `most` of them at
    /// most.
    ///
    /// # Errors
    /// [`DataError`] where there is none, or fewer pictures than chosen.
    pub fn load(&mut self, source: &DataSource, most: [usize; 2]) -> Result<DataSet, DataError> {
        let Conditions { seed, training, test, .. } = self.conditions;
        let loaded =
            source.load(&LoadOptions { seed, training, test, ..LoadOptions::default() })?;
        loaded.notes.iter().for_each(|note| self.watcher.note(&format!("note: {note}")));
        let mut data = loaded.data;
        data.training.keep_first(training.unwrap_or(most[0]));
        data.test.keep_first(test.unwrap_or(most[1]));
        Ok(data)
    }

    /// Trains the networks, one after another, and says so.
    ///
    /// # Errors
    /// [`ExperimentError::Training`] names the network that cannot be trained; none is trained where
    /// this is known before.
    pub fn train(&mut self, runs: &[Run]) -> Result<Vec<Trained>, ExperimentError> {
        let threads = self.conditions.threads;
        let estimates = runs
            .iter()
            .map(|run| run.checked(|run| estimate(run, threads)))
            .collect::<Result<Vec<f64>, _>>()?;
        let total = estimates.iter().sum::<f64>();
        self.watcher.note(&format!(
            "{} network(s) to train, on {threads} thread(s): about {}, as an estimate",
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
    /// Does something with the run; an error names it.
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
            training.go_on(state)?;
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
    /// How it ended, in a line.
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

/// Seconds that a run takes, about, on so many threads.
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
