//! Why an experiment fails.

use crate::network::ShapeError;
use crate::train::TrainError;
use crate::train::data::DataError;

/// Why an experiment fails.
#[derive(Debug, thiserror::Error)]
pub enum ExperimentError {
    #[error(transparent)]
    Data(#[from] DataError),
    #[error("{run}: {source}")]
    Training { run: String, source: Box<TrainError> },
    #[error(transparent)]
    Shape(#[from] ShapeError),
    #[error("the numbers cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}
