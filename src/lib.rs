//! dreamer: Deep Dream as a library.
//!
//! Data flows one way: a [`picture`] is decoded into float planes, a [`network`] (a graph of named
//! nodes, with its [`weights`]) is given to a [`backend`], which climbs the gradient of the chosen
//! layers' activations with respect to the picture.

pub mod atomic_file;
pub mod backend;
pub mod cli;
pub mod compare;
pub mod dream;
pub mod escape;
mod html;
mod memory;
pub mod network;
pub mod picture;
mod text_table;
pub mod train;
pub mod weights;
