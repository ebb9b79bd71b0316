//! Converting weights of any format to a safetensors file that records its model and checksums.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::checksum::{self, Algorithm};
use super::{ReadError, WeightFile, Weights, decode_metadata, encode, map};
use crate::atomic_file::{self, WriteError};
use crate::network::Graph;

/// The metadata key of a [`Receipt`].
const KEY: &str = "dreamer.import";

/// What an imported file records about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The network whose weights they are.
    pub model: String,
    /// The name of the source file, and its SHA-256.
    pub source: String,
    /// SHA-256 of the source file, in hexadecimal.
    pub source_sha256: String,
    /// The [`fingerprint`] of its tensors.
    pub tensors_sha256: String,
}

/// Why weights were not imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The source file cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The new file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The folder of weights cannot be made.
    #[error("cannot create the folder {}: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
}

/// Writes the parameters of a network, read from a file of any format, to `MODEL.safetensors` in a
/// folder, which is created if missing; returns the path. Values become float32.
///
/// # Errors
/// [`ImportError`]; nothing has been written then.
pub fn import(
    file: &Path,
    model: &str,
    graph: &Graph,
    folder: &Path,
    overwrite: bool,
) -> Result<PathBuf, ImportError> {
    let path = place(model, folder, overwrite)?;
    let bytes = map(file)?;
    let weights = WeightFile::mapped(&bytes, file)?.weights(graph, graph)?;
    let receipt = Receipt {
        model: model.to_owned(),
        source: file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        source_sha256: checksum::of(&bytes, Algorithm::Sha256),
        tensors_sha256: fingerprint(&weights),
    };
    let receipt = serde_json::to_string(&receipt).expect("a receipt is plain data");
    // Reading took a while; the file may exist by now.
    place(model, folder, overwrite)?;
    write(&path, &encode(&weights, KEY, receipt))?;
    Ok(path)
}

/// Copies a file that names its own network to `MODEL.safetensors` in a folder.
///
/// # Errors
/// [`ImportError`]; nothing has been written then.
pub fn copy(
    file: &Path,
    model: &str,
    folder: &Path,
    overwrite: bool,
) -> Result<PathBuf, ImportError> {
    let path = place(model, folder, overwrite)?;
    write(&path, &map(file)?)?;
    Ok(path)
}

/// Where a model's weights go, unless a file there must be kept.
fn place(model: &str, folder: &Path, overwrite: bool) -> Result<PathBuf, WriteError> {
    let path = folder.join(format!("{model}.safetensors"));
    if path.exists() {
        atomic_file::check(&path, overwrite)?;
    }
    Ok(path)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), ImportError> {
    let folder = atomic_file::folder_of(path);
    let failed = |source| ImportError::Folder { path: folder.to_owned(), source };
    std::fs::create_dir_all(folder).map_err(failed)?;
    Ok(atomic_file::write(path, bytes)?)
}

/// The receipt in a file, if it was imported.
///
/// # Errors
/// If it cannot be read as a weight file.
pub fn receipt(bytes: &[u8], path: &Path) -> Result<Option<Receipt>, ReadError> {
    let text = decode_metadata(bytes, path, KEY)?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

/// The SHA-256 over all tensors in order of their names: the name and a zero byte, the number of
/// axes and their lengths (64 bits each), then the values, all little-endian.
pub fn fingerprint(weights: &Weights) -> String {
    let mut hasher = Algorithm::Sha256.hasher();
    for (name, tensor) in weights.iter() {
        hasher.update(name.as_bytes());
        hasher.update(&[0]);
        let shape = tensor.shape();
        for length in [shape.len()].iter().chain(shape) {
            hasher.update(&(*length as u64).to_le_bytes());
        }
        for values in tensor.data().chunks(1 << 14) {
            let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            hasher.update(&bytes);
        }
    }
    hasher.finish()
}
