//! What lies beyond the edges of a picture.

use super::Settings;
use crate::backend::Edge;
use crate::options::choices;

choices! {
    /// What lies beyond the edges of a picture.
    pub enum Border {
        /// Its mirror image: edges are dreamed like everything else
        Mirror "mirror",
        /// Its opposite side, as in 2015: dreams collect where the two meet
        Wrap "wrap",
    }
}

choices! {
    /// In which directions a picture can be laid beside itself without a seam.
    pub enum Seamless {
        /// Left to right
        X "x",
        /// Top to bottom
        Y "y",
        /// Both
        Both "both",
    }
}

impl Seamless {
    /// Whether from top to bottom, and whether from left to right.
    pub fn axes(self) -> [bool; 2] {
        [self != Seamless::X, self != Seamless::Y]
    }
}

impl Settings {
    /// Whether the picture is to be seamless from top to bottom, and from left to right.
    pub(super) fn seamless_axes(&self) -> [bool; 2] {
        self.seamless.map_or([false; 2], Seamless::axes)
    }

    /// What lies above and below the picture, and what on its left and right.
    pub fn edges(&self) -> [Edge; 2] {
        self.seamless_axes().map(|seamless| match self.border {
            Border::Mirror if !seamless => Edge::Mirror,
            _ => Edge::Wrap,
        })
    }
}
