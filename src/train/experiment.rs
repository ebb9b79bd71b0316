//! Experiments: what the literature on neural networks reports, run for real on the core.
//!
//! Each is an [`Experiment`] in a file of its own. A [`Laboratory`] loads its data and trains its
//! networks, under the [`Conditions`] that the user chooses; what comes of it are [`Findings`].

mod activations;
mod backprop;
mod deep_mlp;
mod equations;
mod error;
mod laboratory;
mod neuron;
mod outcome;
mod slow_learning;

pub use activations::Activations;
pub use backprop::Backprop;
pub use deep_mlp::{BadWidths, DeepMlp, Widths};
pub use error::ExperimentError;
pub use laboratory::{Conditions, Laboratory, Progress, Run, Trained, Watcher};
pub use neuron::{Lesson, Neuron};
pub use slow_learning::SlowLearning;

use super::report::{Page, Table};

/// Something to be tried out.
pub trait Experiment {
    /// Its name, as `dreamer experiment` takes it.
    fn name(&self) -> &'static str;

    /// Tries it out.
    ///
    /// # Errors
    /// [`ExperimentError`] where data cannot be loaded or a network cannot be trained.
    fn run(&self, laboratory: &mut Laboratory) -> Result<Findings, ExperimentError>;
}

/// What an experiment has come to.
#[derive(Clone, Debug)]
pub struct Findings {
    /// For a terminal, and on the page as well.
    pub tables: Vec<Table>,
    /// The same numbers, by the name of the table.
    pub numbers: serde_json::Map<String, serde_json::Value>,
    pub page: Page,
}
