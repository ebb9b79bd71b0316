//! Data sets: labelled pictures of one size, with a part kept for testing.

pub mod motifs;

/// Height, width and channels of a data set's pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureShape {
    pub channels: usize,
    pub height: usize,
    pub width: usize,
}

impl PictureShape {
    /// Number of values of one picture.
    pub fn volume(self) -> usize {
        self.channels * self.height * self.width
    }
}

/// Labelled pictures, 8 bits a value, each C×H×W, one after another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Examples {
    pub pixels: Vec<u8>,
    /// The class of each picture.
    pub labels: Vec<u16>,
}

impl Examples {
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }
}

/// A data set: what a network is trained on and what it is tested with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataSet {
    /// Its kind, as `--data` names it (`mnist`, `motifs`, …).
    pub name: String,
    pub shape: PictureShape,
    /// Names of the classes, by label.
    pub classes: Vec<String>,
    pub training: Examples,
    pub test: Examples,
}
