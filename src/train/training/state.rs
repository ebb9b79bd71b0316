//! Where a training run stands.

use serde::{Deserialize, Serialize};

use crate::train::Memory;
use crate::train::history::{Epoch, WatchedLayer};
use crate::trained::Outcome;

/// All that a training run needs to go on, beside its settings and its data.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    pub parameters: Vec<f32>,
    /// What the optimiser has kept.
    pub memory: Memory,
    pub position: Position,
    /// `None` before the end of the first epoch.
    pub best: Option<Best>,
    /// The epochs done, first to last.
    pub epochs: Vec<Epoch>,
    /// What an observer has seen; empty where there was none.
    pub layers: Vec<WatchedLayer>,
}

/// How far a run is, and what the examples of the epoch that it is in came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Epochs done.
    pub epoch: usize,
    /// Steps done in the epoch after those.
    pub step: usize,
    /// Sum of the costs of the epoch's examples so far.
    pub cost: f64,
    /// How many of those examples were classified wrongly.
    pub errors: usize,
    /// Time that the epoch's steps have taken.
    pub seconds: f64,
}

/// The parameters after the epoch with the lowest test error.
#[derive(Clone, Debug, PartialEq)]
pub struct Best {
    pub parameters: Vec<f32>,
    pub outcome: Outcome,
}

impl State {
    /// Whether it is a state of the run whose first state is `first`: of a network and an optimiser
    /// of the same sizes.
    pub fn fits(&self, first: &State) -> bool {
        let sizes = |state: &State| {
            let moments: Vec<usize> = state.memory.moments.iter().map(Vec::len).collect();
            (state.parameters.len(), moments)
        };
        let best = self.best.as_ref().map_or(first.parameters.len(), |best| best.parameters.len());
        sizes(self) == sizes(first) && best == first.parameters.len()
    }

    /// The best parameters; before the end of the first epoch, those that there are.
    pub fn best_parameters(&self) -> &[f32] {
        self.best.as_ref().map_or(&self.parameters, |best| &best.parameters)
    }
}
