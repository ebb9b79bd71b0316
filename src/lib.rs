//! dreamer: Deep Dream as a library.
//!
//! A [`Dreamer`] is a network that is ready to dream. It climbs the gradient of chosen layers'
//! activations with respect to a picture, so that the network draws into the picture what it sees there.
//!
//! ```
//! use dreamer::dream::{BackendChoice, Model};
//! use dreamer::picture::{Depth, Picture, Planes};
//! use dreamer::{Dreamer, Options, Settings};
//!
//! // The small network that is built in, on the core: no weights and no libtorch are needed.
//! let options = Options {
//!     model: Some(Model::Embedded),
//!     backend: BackendChoice::Core,
//!     ..Options::default()
//! };
//! let dreamer = Dreamer::open(&options)?;
//!
//! // Usually from a file: `dreamer::picture::read`.
//! let waves = (0..3 * 64 * 96).map(|index| 0.5 + 0.3 * (index as f32 / 9.0).sin()).collect();
//! let picture = Picture { planes: Planes::new(96, 64, waves), alpha: None, depth: Depth::Eight };
//!
//! let settings = Settings { octaves: 2, iterations: 3, ..Settings::default() };
//! let dreamed = dreamer.dream(&picture, &settings, &mut ())?;
//! assert_ne!(dreamed.picture.planes, picture.planes);
//! # Ok::<(), dreamer::dream::Error>(())
//! ```
//!
//! What belongs to what:
//!
//! - [`dream`]: the dream, as values that compose: objective, image, transform, filter, constraint and
//!   ascent; the [`dream::Scheduler`] for many pictures;
//! - [`backend`]: executors of a network's graph, libtorch and the core;
//! - [`network`]: networks as data, and the zoo; [`weights`]: every form of weight file;
//! - [`picture`]: files on one side, planes of floats on the other.
//!
//! Features: `train` adds data sets, training and its reports; `fetch` adds the download of published
//! weights; `torch` adds libtorch as a backend; `cli` adds the program, contact sheets and comparison
//! pages. The library alone needs none of them.

#![deny(missing_docs)]

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

pub use dream::{Dreamer, Observer, Options, Settings};
pub use picture::Picture;
pub use size::Size;
