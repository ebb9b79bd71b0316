//! Why training fails.

use crate::network::{ArchitectureError, Output, ShapeError};

/// Why a network cannot be trained, or no further.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    #[error(transparent)]
    Architecture(#[from] ArchitectureError),
    #[error(transparent)]
    Shape(#[from] ShapeError),
    #[error("the data set {name} has no {part} pictures; give it some")]
    Empty { name: String, part: &'static str },
    #[error(
        "the cross-entropy compares answers between 0 and 1, and a {0} has no upper bound; choose \
         another --output-activation (softmax or sigmoid), or --cost quadratic"
    )]
    Output(Output),
    #[error("the run to go on with is another network's, or damaged; train anew without --resume")]
    OtherState,
    #[error(
        "the cost is not finite in epoch {epoch} at step {step} of {steps}: the weights have grown \
         beyond all bounds; try a smaller --learning-rate (it was {learning_rate:?}) or another --init"
    )]
    Diverged { epoch: usize, step: usize, steps: usize, learning_rate: f64 },
}
