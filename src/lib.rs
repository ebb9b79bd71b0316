//! dreamer: Deep Dream as a library.
//!
//! Data flows one way: a [`picture`] is decoded into float planes, a [`network`] (a graph of named
//! nodes, with its [`weights`]) is given to a [`backend`], which climbs the gradient of the chosen
//! layers' activations with respect to the picture.
//!
//! Features: `train` adds data sets, training and what is told of it; `fetch` adds published weights
//! and their checksums; `torch` adds libtorch as a backend; `cli` adds the program and what only it
//! needs: contact sheets and pages that compare dreams.

#[macro_use]
mod named;

pub mod backend;
#[cfg(feature = "cli")]
pub mod compare;
pub mod dream;
#[cfg(feature = "train")]
mod html;
pub mod memory;
pub mod network;
pub mod options;
pub mod picture;
mod size;
#[cfg(feature = "train")]
pub mod text_table;
#[cfg(feature = "train")]
pub mod train;
pub mod trained;
pub mod weights;
pub mod whole_file;

pub use named::UnknownName;
pub use size::Size;
