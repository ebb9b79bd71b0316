//! Training networks on the backprop core: data sets, augmentation, optimisers, and what is told of
//! a run.

pub mod augment;
pub mod balance;
pub mod checkpoint;
mod choice;
pub mod confusion;
pub mod data;
mod defaults;
pub mod distribution;
pub mod embedded;
mod evaluation;
pub mod experiment;
pub mod history;
mod initialisation;
mod observation;
mod optimiser;
mod random;
pub mod report;
mod schedule;
mod settings;
pub mod tile;
pub mod trained;
mod training;

pub use checkpoint::Checkpoint;
pub use choice::ChoiceError;
pub use evaluation::{Evaluation, Evaluator, WrongAnswer};
pub use initialisation::{Initialisation, initialise};
pub use observation::Observer;
pub use optimiser::{Memory, Optimiser, Rule};
pub use schedule::Schedule;
pub use settings::{Choices, Contradiction, Inputs, Settings};
pub use trained::TrainedNetwork;
pub use training::{Best, Position, State, Step, TrainError, Training};
