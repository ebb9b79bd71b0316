//! The backprop core: a second executor of network graphs, in plain Rust.
//!
//! It trains networks and dreams with them, without libtorch. Activations are planar (N×C×H×W,
//! row-major); all parameters of a network are one flat vector, indexed by a [`ParameterLayout`];
//! [`Replicas`] split a mini-batch among the cores.

mod activation;
mod activation_kernel;
mod arrays;
mod batch;
mod batch_norm;
mod convolution;
mod correlation;
mod executor;
mod exponential;
mod kernel;
mod layer;
mod linear;
mod loss;
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
mod structural;
mod weight_gradient;
mod winograd;

pub use arrays::Array;
pub use executor::{Core, bytes_per_pixel};
pub use kernel::Kernels;
pub use loss::{Loss, OutputKind};
pub use parameters::{Parameter, ParameterLayout};
pub use program::{Footprint, Memory, Plan, Program, SharedWeights, Use};
pub use replicas::{Outcome, Replicas};
pub use scalar::Scalar;
