//! Training networks on the backprop core: data sets, augmentation, optimisers, and reports.

mod attack;
pub mod augment;
pub mod checkpoint;
pub mod confusion;
pub mod data;
mod defaults;
pub mod distribution;
pub mod equalize;
mod evaluation;
pub mod experiment;
pub mod history;
mod initialisation;
mod observation;
mod optimiser;
mod random;
pub mod report;
mod settings;
pub mod tile;
mod training;

pub use crate::trained::{
    Adversary, ChoiceError, Initialisation, Inputs, Rule, Schedule, Settings,
};
pub use checkpoint::Checkpoint;
pub use evaluation::{Evaluation, Evaluator, Misclassified};
pub use initialisation::initialise;
pub use observation::Observer;
pub use optimiser::{Memory, Optimiser};
pub use settings::{Choices, Contradiction};
pub use training::{Best, Position, State, Step, TrainError, Training};
