//! Experiments: published results on neural networks, reproduced on the core.
//!
//! Each is an [`Experiment`] in a file of its own. A [`Runner`] loads its data and trains its
//! networks with the [`Config`] chosen by the user; the results are [`Findings`].

mod activations;
mod backprop;
mod deep_mlp;
mod equations;
mod neuron;
mod outcome;
mod runner;
mod slow_learning;

pub use activations::Activations;
pub use backprop::Backprop;
pub use deep_mlp::{BadWidths, DeepMlp, Widths};
pub use neuron::{Example, Neuron};
pub use runner::{Config, Progress, Run, Runner, Trained, Watcher};
pub use slow_learning::SlowLearning;

use super::TrainError;
use super::data::DataError;
use super::report::{Page, Table};
use crate::network::ShapeError;

/// An experiment.
pub trait Experiment {
    /// Its name on the command line.
    fn name(&self) -> &'static str;

    /// Runs the experiment.
    ///
    /// # Errors
    /// [`ExperimentError`] if data cannot be loaded or a network cannot be trained.
    fn run(&self, runner: &mut Runner) -> Result<Findings, ExperimentError>;
}

/// The results of an experiment.
#[derive(Clone, Debug)]
pub struct Findings {
    /// For the terminal, and on the page as well.
    pub tables: Vec<Table>,
    /// The same numbers, by the name of the table.
    pub numbers: serde_json::Map<String, serde_json::Value>,
    /// What the experiment found, as a page.
    pub page: Page,
}

/// Why an experiment failed.
#[derive(Debug, thiserror::Error)]
pub enum ExperimentError {
    /// The data set cannot be loaded.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A network cannot be trained.
    #[error("{run}: {source}")]
    Training {
        /// The network's name in the experiment.
        run: String,
        /// Why it cannot.
        source: Box<TrainError>,
    },
    /// A network does not fit the pictures.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// The numbers do not fit JSON.
    #[error("the numbers cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}
