//! The formats of weight files, detected from content.

use std::collections::BTreeMap;

use super::tensor_view::TensorView;
use super::{caffe, numpy, safetensors, tensorflow, torch};

/// Why a file of a format cannot be used, in one line.
pub type FormatError = Box<dyn std::error::Error + Send + Sync>;

/// The tensors of a file by name, not yet decoded.
pub type Index<'a> = BTreeMap<String, TensorView<'a>>;

/// A format of weight files.
pub struct Format {
    /// Its name in messages: "a NAME file".
    pub name: &'static str,
    /// Whether these bytes are, or were meant to be, a file of this format.
    pub recognise: fn(&[u8]) -> bool,
    /// Finds the tensors in the bytes of a file without decoding them.
    pub index: for<'a> fn(&'a [u8]) -> Result<Index<'a>, FormatError>,
}

/// Every supported format. The first to recognise a file wins, so formats with unmistakable
/// signatures come first.
pub const FORMATS: &[Format] = &[
    safetensors::FORMAT,
    torch::ZIPPED,
    torch::LEGACY,
    numpy::FORMAT,
    tensorflow::FORMAT,
    caffe::FORMAT,
];

impl Format {
    /// The format of these bytes.
    pub fn of(bytes: &[u8]) -> Option<&'static Format> {
        FORMATS.iter().find(|format| (format.recognise)(bytes))
    }
}
