//! Data sets: labelled pictures of one size, with some held out for testing.
//!
//! A [`DataSource`] says where they come from: files in a published format, a folder of pictures,
//! or drawings made by this library.

mod cifar10;
mod digits;
mod error;
mod file;
mod folder;
mod idx;
mod mnist;
mod source;
mod statistics;

pub use error::DataError;
pub use source::{DataSource, LoadOptions, Loaded, UnknownSource};
pub use statistics::statistics;

use rand::Rng;

use crate::Size;
use crate::network::Shape;

pub mod motifs;

/// Height, width and channels of a data set's pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureShape {
    /// 1 (grey) or 3 (RGB).
    pub channels: usize,
    /// Rows of pixels.
    pub height: usize,
    /// Columns of pixels.
    pub width: usize,
}

impl PictureShape {
    /// Height and width.
    pub fn size(self) -> Size {
        Size { height: self.height, width: self.width }
    }

    /// Number of values per picture.
    pub fn volume(self) -> usize {
        self.channels * self.height * self.width
    }
}

impl From<Shape> for PictureShape {
    fn from(shape: Shape) -> PictureShape {
        let Shape { channels, height, width } = shape;
        PictureShape { channels, height, width }
    }
}

impl std::fmt::Display for PictureShape {
    /// Formatted as width × height.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}×{}", self.width, self.height)
    }
}

/// Labelled pictures of 8-bit values, C×H×W each, contiguous.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Examples {
    /// All pictures, one after another: channels, then rows, then columns.
    pub pixels: Vec<u8>,
    /// The class of each picture.
    pub labels: Vec<u16>,
}

impl Examples {
    /// Number of pictures.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are no pictures.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Keeps only the first `most` pictures.
    pub fn keep_first(&mut self, most: usize) {
        let volume = self.pixels.len() / self.len().max(1);
        self.pixels.truncate(most.saturating_mul(volume));
        self.labels.truncate(most);
    }

    /// Takes out `count` examples chosen at random; both parts keep their order.
    ///
    /// # Panics
    /// If there are too few.
    pub fn take_random(&mut self, count: usize, random: &mut impl Rng) -> Examples {
        let mut taken = vec![false; self.len()];
        for index in rand::seq::index::sample(random, self.len(), count) {
            taken[index] = true;
        }
        let part = |wanted: bool| {
            let places = (0..self.len()).filter(|&index| taken[index] == wanted);
            let (pixels, labels): (Vec<&[u8]>, Vec<u16>) =
                places.map(|index| (self.picture(index), self.labels[index])).unzip();
            Examples { pixels: pixels.concat(), labels }
        };
        let (rest, taken) = (part(false), part(true));
        *self = rest;
        taken
    }

    /// The pixels of a picture by index, C×H×W.
    ///
    /// # Panics
    /// If there is no such picture.
    pub fn picture(&self, index: usize) -> &[u8] {
        let volume = self.pixels.len() / self.len();
        &self.pixels[index * volume..(index + 1) * volume]
    }
}

/// A data set: training and test examples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataSet {
    /// Its kind (`mnist`, `motifs`, …).
    pub name: String,
    /// Of every picture.
    pub shape: PictureShape,
    /// Names of the classes, by label.
    pub classes: Vec<String>,
    /// Examples to learn from.
    pub training: Examples,
    /// Examples held out to choose the best epoch, so that the test set stays independent; may be
    /// empty.
    pub validation: Examples,
    /// Examples to measure the error with, which are never learnt from.
    pub test: Examples,
}
