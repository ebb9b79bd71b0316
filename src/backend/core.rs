//! The backprop core: the second executor of a network's graph, in plain Rust.
//!
//! It trains networks and dreams with them, without libtorch. Activations are planar
//! (N×C×H×W, row-major); all parameters of a network are one flat vector, in which a
//! [`ParameterLayout`] finds each; [`Replicas`] share a mini-batch among the cores.

mod activation;
mod arrays;
mod batch;
mod convolution;
mod correlation;
mod cost;
mod curve;
mod executor;
mod exponential;
mod join;
mod kernel;
mod layer;
mod linear;
mod max_pool;
mod normalise;
mod parallel;
mod parameters;
mod partial;
mod pool;
mod program;
mod replicas;
mod scalar;
mod staging;
mod weight_gradient;

pub use arrays::Array;
pub use cost::{Answer, Cost};
pub use executor::{Core, bytes_per_pixel};
pub use kernel::Kernels;
pub use parameters::{Parameter, ParameterLayout};
pub use program::{Footprint, Memory, Plan, Program, SharedWeights, Use};
pub use replicas::{Outcome, Replicas};
pub use scalar::Scalar;
