//! The formats of weight files, told apart by what is in them.

use std::collections::BTreeMap;

use super::entry::Entry;
use super::{caffe, numpy, safetensors, tensorflow, torch};

/// Why a file of a format cannot be used, in one line.
pub type FormatError = Box<dyn std::error::Error + Send + Sync>;

/// The tensors of a file by name; none is decoded yet.
pub type Index<'a> = BTreeMap<String, Entry<'a>>;

/// A format of weight files.
pub struct Format {
    /// As it is called in messages: "a NAME file".
    pub name: &'static str,
    /// Whether a file that holds these bytes is, or was meant to be, of this format.
    pub recognise: fn(&[u8]) -> bool,
    /// Finds the tensors in the bytes of a file, and decodes none.
    pub index: for<'a> fn(&'a [u8]) -> Result<Index<'a>, FormatError>,
}

/// Every format that is read; of several that recognise a file the first counts, so those with the
/// surest marks come first.
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
