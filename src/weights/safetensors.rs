//! Safetensors files: of what is read only the tensors that are asked for leave the disk.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::path::{Path, PathBuf};

use memmap2::Mmap;
use safetensors::tensor::{TensorView, View};
use safetensors::{Dtype, SafeTensorError, SafeTensors};

use super::check::parameters;
use super::{Mismatch, Tensor, Weights, check};
use crate::network::Graph;

/// Why a weight file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("cannot read the weights {}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{} is not a safetensors file: {source}", path.display())]
    Format { path: PathBuf, source: SafeTensorError },
    #[error("{}: {name} is of type {dtype}; weights are float32, float16, bfloat16 or float64", path.display())]
    Dtype { path: PathBuf, name: String, dtype: String },
    #[error("{}: {name} holds values that are not finite (NaN or infinity); the file is damaged, get it again", path.display())]
    NotFinite { path: PathBuf, name: String },
    #[error("{} does not fit {model}\n{mismatch}", path.display())]
    Mismatch { path: PathBuf, model: String, mismatch: Mismatch },
}

/// Reads the parameters of `needed`, a part of the network `whole`.
///
/// # Errors
/// Names the file and, where one is at fault, the tensor.
pub fn read(path: &Path, needed: &Graph, whole: &Graph) -> Result<Weights, ReadError> {
    decode(&map(path)?, path, needed, whole)
}

/// As [`read`], from the bytes of a file; `path` is named in errors.
///
/// # Errors
/// As for [`read`].
pub fn decode(
    bytes: &[u8],
    path: &Path,
    needed: &Graph,
    whole: &Graph,
) -> Result<Weights, ReadError> {
    let format = |source| ReadError::Format { path: path.to_owned(), source };
    let file = SafeTensors::deserialize(bytes).map_err(format)?;

    let found: BTreeMap<String, Vec<usize>> =
        file.iter().map(|(name, view)| (name.to_owned(), view.shape().to_vec())).collect();
    check(&found, needed, whole).map_err(|mismatch| ReadError::Mismatch {
        path: path.to_owned(),
        model: whole.name().to_owned(),
        mismatch,
    })?;

    parameters(needed)
        .map(|(name, _)| {
            let view = file.tensor(&name).map_err(format)?;
            let tensor = tensor(path, &name, &view)?;
            Ok((name, tensor))
        })
        .collect()
}

/// What a file says about itself: its metadata's value under `key`.
///
/// # Errors
/// If there is no such file, or it is not a safetensors file.
pub fn read_metadata(path: &Path, key: &str) -> Result<Option<String>, ReadError> {
    decode_metadata(&map(path)?, path, key)
}

/// As [`read_metadata`], from the bytes of a file; `path` is named in errors.
///
/// # Errors
/// If they are not those of a safetensors file.
pub fn decode_metadata(bytes: &[u8], path: &Path, key: &str) -> Result<Option<String>, ReadError> {
    let format = |source| ReadError::Format { path: path.to_owned(), source };
    SafeTensors::deserialize(bytes).map_err(format)?;
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(format)?;
    Ok(header.metadata().as_ref().and_then(|metadata| metadata.get(key).cloned()))
}

/// Every tensor of a file, whatever network it may be for.
///
/// # Errors
/// As for [`read`].
pub fn read_all(path: &Path) -> Result<Weights, ReadError> {
    let map = map(path)?;
    let format = |source| ReadError::Format { path: path.to_owned(), source };
    let file = SafeTensors::deserialize(&map).map_err(format)?;
    file.iter().map(|(name, view)| Ok((name.to_owned(), tensor(path, name, &view)?))).collect()
}

/// A file of these tensors, which says `value` about itself under `key`. The same tensors and value
/// give the same bytes.
pub fn encode(weights: &Weights, key: &str, value: String) -> Vec<u8> {
    let metadata = HashMap::from([(key.to_owned(), value)]);
    safetensors::serialize(weights.iter(), Some(metadata))
        .expect("a tensor's values fill its shape")
}

impl View for &Tensor {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        self.data.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    fn data_len(&self) -> usize {
        size_of_val(&self.data[..])
    }
}

pub fn map(path: &Path) -> Result<Mmap, ReadError> {
    let io = |source| ReadError::Io { path: path.to_owned(), source };
    let file = File::open(path).map_err(io)?;
    if !file.metadata().map_err(io)?.is_file() {
        return Err(io(std::io::Error::other("it is not a file")));
    }
    // SAFETY: the map is read-only and never leaves this module. What remains is a file that another
    // program shortens meanwhile, which ends this one (SIGBUS) and corrupts nothing.
    unsafe { Mmap::map(&file) }.map_err(io)
}

fn tensor(path: &Path, name: &str, view: &TensorView) -> Result<Tensor, ReadError> {
    let data = floats(view.dtype(), view.data()).ok_or_else(|| ReadError::Dtype {
        path: path.to_owned(),
        name: name.to_owned(),
        dtype: view.dtype().to_string(),
    })?;
    if data.iter().any(|value| !value.is_finite()) {
        return Err(ReadError::NotFinite { path: path.to_owned(), name: name.to_owned() });
    }
    Ok(Tensor::new(view.shape().to_vec(), data))
}

/// The values as float32, or `None` for a type that weights do not have.
fn floats(dtype: Dtype, bytes: &[u8]) -> Option<Vec<f32>> {
    let values = match dtype {
        Dtype::F32 => numbers(bytes, f32::from_le_bytes),
        Dtype::F64 => numbers(bytes, |value| f64::from_le_bytes(value) as f32),
        Dtype::F16 => numbers(bytes, |value| half::f16::from_le_bytes(value).to_f32()),
        Dtype::BF16 => numbers(bytes, |value| half::bf16::from_le_bytes(value).to_f32()),
        _ => return None,
    };
    Some(values)
}

fn numbers<const SIZE: usize>(bytes: &[u8], value: impl Fn([u8; SIZE]) -> f32) -> Vec<f32> {
    bytes.as_chunks::<SIZE>().0.iter().map(|chunk| value(*chunk)).collect()
}
