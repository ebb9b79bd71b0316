//! Reports of training runs: one self-contained HTML file each.
//!
//! [`run::page`] reports one run, [`compare`] has the parts for pages on several. Charts are SVG,
//! pictures are embedded PNG; there are no scripts. Colours follow the reader's choice of light or
//! dark.

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
