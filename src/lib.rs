//! dreamer: Deep Dream as a library.
//!
//! Data flows one way: a [`picture`] is decoded into float planes, a [`network`] (a graph of named
//! nodes, with its [`weights`]) is given to a [`backend`], which climbs the gradient of the chosen
//! layers' activations with respect to the picture.
//!
//! Features: `train` adds data sets, training and its reports; `fetch` adds the download of published
//! weights; `torch` adds libtorch as a backend; `cli` adds the program, contact sheets
//! and comparison pages.

#[macro_use]
mod named;

pub mod atomic_file;
pub mod backend;
#[cfg(feature = "cli")]
pub mod compare;
pub mod dream;
pub mod escape;
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

pub use named::UnknownName;
pub use size::Size;
