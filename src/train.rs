//! Training networks on the backprop core: data sets, augmentation, optimisers, and what is told of
//! a run.

pub mod confusion;
pub mod data;
pub mod distribution;
pub mod history;
pub mod report;
pub mod tile;
