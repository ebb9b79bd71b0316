//! The backprop core: the second executor of a network's graph, in plain Rust.
//!
//! It trains networks and dreams with them, without libtorch. Activations are planar
//! (N×C×H×W, row-major); all parameters of a network are one flat vector, in which a
//! [`ParameterLayout`] finds each; [`Replicas`] share a mini-batch among the cores.

mod cost;
mod parameters;
mod replicas;
mod scalar;

pub use cost::Cost;
pub use parameters::{Parameter, ParameterLayout};
pub use replicas::{Outcome, Replicas};
pub use scalar::Scalar;
