//! Training networks on the backprop core: data sets, augmentation, optimisers, and what is told of
//! a run.

pub mod augment;
pub mod data;
pub mod history;

mod random;
