//! Reading a network's weights from a file of any format.

use std::path::{Path, PathBuf};

use super::content::Content;
use super::file::{WeightFile, map};
use super::format::FormatError;
use super::values::ValuesError;
use super::{Mismatch, Weights};
use crate::escape::escape;
use crate::network::Graph;

/// Why a weight file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("cannot read the weights {}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{} is not a weight file: {content}", path.display())]
    Unrecognised { path: PathBuf, content: Content },
    #[error("cannot read {} as a {format} file: {}", path.display(), escape(source))]
    Format { path: PathBuf, format: &'static str, source: FormatError },
    #[error("{}: {} {source}", path.display(), escape(name))]
    Values { path: PathBuf, name: String, source: ValuesError },
    #[error("{} does not fit {model}\n{mismatch}", path.display())]
    Mismatch { path: PathBuf, model: String, mismatch: Mismatch },
}

/// Reads the parameters of `needed`, part of the network `whole`.
///
/// # Errors
/// Names the file and, if one is at fault, the tensor.
pub fn read(path: &Path, needed: &Graph, whole: &Graph) -> Result<Weights, ReadError> {
    WeightFile::mapped(&map(path)?, path)?.weights(needed, whole)
}

/// Like [`read`], from the bytes of a file; errors name `path`.
///
/// # Errors
/// As for [`read`].
pub fn decode(
    bytes: &[u8],
    path: &Path,
    needed: &Graph,
    whole: &Graph,
) -> Result<Weights, ReadError> {
    WeightFile::new(bytes, path)?.weights(needed, whole)
}

/// Every tensor of a file, whatever network it is for.
///
/// # Errors
/// As for [`read`].
pub fn read_all(path: &Path) -> Result<Weights, ReadError> {
    WeightFile::mapped(&map(path)?, path)?.all()
}
