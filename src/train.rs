//! Training networks on the backprop core: data sets, augmentation, optimisers, and what is told of
//! a run.

pub mod checkpoint;
mod choice;
pub mod confusion;
pub mod data;
mod defaults;
pub mod distribution;
pub mod history;
mod initialisation;
mod observation;
mod optimiser;
mod random;
mod schedule;
mod settings;
pub mod tile;
pub mod trained;
mod training;

pub use checkpoint::Checkpoint;
pub use choice::ChoiceError;
pub use initialisation::{Initialisation, initialise};
pub use observation::Observation;
pub use optimiser::{Memory, Optimiser, Rule};
pub use schedule::Schedule;
pub use settings::{Choices, Inputs, Settings};
pub use trained::TrainedNetwork;
pub use training::{Step, TrainError, Training};
