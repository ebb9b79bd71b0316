//! Pages that tell of training runs: one HTML file each, which needs nothing beside it.
//!
//! [`run::page`] tells of one run, [`compare`] has the pieces for pages of several. Charts are SVG,
//! pictures are PNG in the page itself; there are no scripts. Colours follow the reader's choice of
//! light or dark.

pub mod chart;
pub mod compare;
pub mod layers;
pub mod page;
pub mod run;
pub mod table;

mod confusion;
mod curves;
mod draw;
pub(super) mod number;
mod pictures;
mod scale;

pub use crate::html::Colour;
pub use chart::{Axis, Chart, Mark, Series};
pub use page::{Page, Section};
pub use pictures::Picture;
pub use table::{Column, Table};
