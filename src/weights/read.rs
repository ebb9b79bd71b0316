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
    /// The operating system refuses or fails.
    #[error("cannot read the weights {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Its reason.
        source: std::io::Error,
    },
    /// The content is in no known form.
    #[error("{} is not a weight file: {content}", path.display())]
    Unrecognised {
        /// The file.
        path: PathBuf,
        /// What it seems to be.
        content: Content,
    },
    /// The content contradicts its form.
    #[error("cannot read {} as a {format} file: {}", path.display(), escape(source))]
    Format {
        /// The file.
        path: PathBuf,
        /// The form's name.
        format: &'static str,
        /// What is wrong with it.
        source: FormatError,
    },
    /// A tensor's values cannot be used.
    #[error("{}: {} {source}", path.display(), escape(name))]
    Values {
        /// The file.
        path: PathBuf,
        /// The tensor's name.
        name: String,
        /// Why they cannot.
        source: ValuesError,
    },
    /// The tensors are not those of the network.
    #[error("{} does not fit {model}\n{mismatch}", path.display())]
    Mismatch {
        /// The file.
        path: PathBuf,
        /// The network.
        model: String,
        /// What is missing, what has another shape, and what is too much.
        mismatch: Mismatch,
    },
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
