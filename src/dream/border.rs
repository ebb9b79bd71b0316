//! What lies beyond the edges of a picture.

use super::Settings;
use crate::Size;
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

/// At most so much of a picture's side is a rim.
const LARGEST_RIM: usize = 8;

impl Settings {
    /// How many rows at the top and bottom of what the network sees, and columns at its left and right, leave
    /// no trace in a picture of that size: there the network sees its own padding, and a dream would grow
    /// from that as from the edge of a thing. Jitter moves the rim, so that all of the picture is dreamed.
    pub(super) fn rims(&self, size: Size) -> [usize; 2] {
        let most = self.jitter as usize * 5 / 8;
        let [rows, columns] = self.edges().map(|edge| edge == Edge::Mirror);
        [(rows, size.height), (columns, size.width)]
            .map(|(mirrored, length)| if mirrored { most.min(length / LARGEST_RIM) } else { 0 })
    }

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
