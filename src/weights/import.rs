//! Weights taken from any file into a safetensors file that says what it is and what it comes to.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::checksum::{self, Algorithm};
use super::{ReadError, WeightFile, Weights, decode_metadata, encode, map};
use crate::network::Graph;
use crate::whole_file::{self, WriteError};

/// The key of a file's metadata under which a [`Receipt`] is.
const KEY: &str = "dreamer.import";

/// What an imported file says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    pub model: String,
    /// The name of the file that it was made of, and that file's SHA-256.
    pub source: String,
    pub source_sha256: String,
    /// Of its tensors, as [`fingerprint`] has it.
    pub tensors_sha256: String,
}

/// Why weights were not imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error("cannot make the folder {}: {source}", path.display())]
    Folder { path: PathBuf, source: std::io::Error },
}

/// Writes the parameters of a network, out of a file of any format, to `MODEL.safetensors` in a folder,
/// which is made if there is none; returns where they are. Values are float32.
///
/// # Errors
/// [`ImportError`], before anything is written.
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
    // Reading has taken a while.
    place(model, folder, overwrite)?;
    write(&path, &encode(&weights, KEY, receipt))?;
    Ok(path)
}

/// Copies a file that says itself which network it is for to `MODEL.safetensors` in a folder.
///
/// # Errors
/// [`ImportError`], before anything is written.
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

/// Where a model's weights go, if nothing is there that must stay.
fn place(model: &str, folder: &Path, overwrite: bool) -> Result<PathBuf, WriteError> {
    let path = folder.join(format!("{model}.safetensors"));
    if path.exists() {
        whole_file::check(&path, overwrite)?;
    }
    Ok(path)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), ImportError> {
    let folder = whole_file::folder_of(path);
    let failed = |source| ImportError::Folder { path: folder.to_owned(), source };
    std::fs::create_dir_all(folder).map_err(failed)?;
    Ok(whole_file::write(path, bytes)?)
}

/// The receipt in a file, if it is one that was imported.
///
/// # Errors
/// If it cannot be read as a weight file.
pub fn receipt(bytes: &[u8], path: &Path) -> Result<Option<Receipt>, ReadError> {
    let text = decode_metadata(bytes, path, KEY)?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

/// The SHA-256 of tensors: of each, in the order of their names, the name and a zero byte, the number of
/// its axes and their lengths (64 bits each), and its values; all little-endian.
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
