//! Training networks on the backprop core: data sets, augmentation, optimisers, and what is told of
//! a run.

mod choice;
pub mod data;
pub mod history;
mod initialisation;
mod optimiser;
mod random;
mod schedule;

pub use choice::ChoiceError;
pub use initialisation::{Initialisation, initialise};
pub use optimiser::{Memory, Optimiser, Rule};
pub use schedule::Schedule;
