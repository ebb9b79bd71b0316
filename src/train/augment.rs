//! Augmentation: training pictures, distorted differently in every epoch.
//!
//! After Simard, Steinkraus and Platt (2003), "Best practices for convolutional neural networks
//! applied to visual document analysis", and Ciresan et al. (2010), "Deep, big, simple neural nets
//! for handwritten digit recognition".

mod augmenter;
mod elastic;
mod mini_batches;

pub use crate::trained::{Augmentation, BadAugmentation, Elastic};
pub use augmenter::Augmenter;
pub use mini_batches::MiniBatches;
