//! The state of a training run.

use serde::{Deserialize, Serialize};

use crate::train::Memory;
use crate::train::history::{ClassDreams, Epoch, WatchedLayer};
use crate::trained::Outcome;

/// All that a training run needs to resume, besides its settings and its data.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// All parameters, as [`crate::backend::core::ParameterLayout`] orders them.
    pub parameters: Vec<f32>,
    /// Their running average; empty if there is none.
    pub average: Vec<f32>,
    /// The optimiser's state.
    pub memory: Memory,
    /// The epochs and steps that are done.
    pub position: Position,
    /// `None` before the end of the first epoch.
    pub best: Option<Best>,
    /// The completed epochs, first to last.
    pub epochs: Vec<Epoch>,
    /// What an observer has recorded; empty if there is none.
    pub layers: Vec<WatchedLayer>,
    /// The class dreams that it has made; empty if there is none.
    pub dreams: Vec<ClassDreams>,
}

/// How far a run has come, with the sums over the current epoch's examples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Epochs completed.
    pub epoch: usize,
    /// Steps completed in the current epoch.
    pub step: usize,
    /// Sum of the losses of the epoch's examples so far.
    #[serde(alias = "cost")]
    pub loss: f64,
    /// Number of those examples misclassified.
    pub errors: usize,
    /// Time spent on the epoch's steps.
    pub seconds: f64,
}

/// The parameters after the epoch with the lowest test error.
#[derive(Clone, Debug, PartialEq)]
pub struct Best {
    /// All parameters, as [`crate::backend::core::ParameterLayout`] orders them.
    pub parameters: Vec<f32>,
    /// How well they perform.
    pub outcome: Outcome,
}

impl State {
    /// Whether it is a state of the run whose first state is `first`: of a network and optimiser of
    /// the same sizes.
    pub fn fits(&self, first: &State) -> bool {
        let sizes = |state: &State| {
            let moments: Vec<usize> = state.memory.moments.iter().map(Vec::len).collect();
            (state.parameters.len(), state.average.len(), moments)
        };
        let best = self.best.as_ref().map_or(first.parameters.len(), |best| best.parameters.len());
        sizes(self) == sizes(first) && best == first.parameters.len()
    }

    /// The parameters that are tested: the average, if there is one.
    pub fn current_parameters(&self) -> &[f32] {
        if self.average.is_empty() { &self.parameters } else { &self.average }
    }

    /// The best parameters; before the end of the first epoch, the current ones.
    pub fn best_parameters(&self) -> &[f32] {
        self.best.as_ref().map_or(self.current_parameters(), |best| &best.parameters)
    }
}
