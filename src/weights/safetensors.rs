//! Safetensors files: a JSON header of names, dtypes and shapes, then the values.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

use safetensors::tensor::View;
use safetensors::{Dtype, SafeTensors};

use super::format::{Format, FormatError, Index};
use super::tensor_view::{DType, TensorView};
use super::{ReadError, Tensor, WeightFile, Weights, map};

pub(super) const FORMAT: Format = Format { name: "safetensors", recognise, index };

/// Bytes of the length field before the header.
const LENGTH: usize = 8;

fn recognise(bytes: &[u8]) -> bool {
    bytes.split_first_chunk::<LENGTH>().is_some_and(|(length, rest)| {
        u64::from_le_bytes(*length) <= rest.len() as u64 && rest.first() == Some(&b'{')
    })
}

fn index(bytes: &[u8]) -> Result<Index<'_>, FormatError> {
    SafeTensors::deserialize(bytes)?
        .tensors()
        .into_iter()
        .map(|(name, view)| {
            let view = TensorView::new(dtype_of(view.dtype()), view.shape().to_vec(), view.data())?;
            Ok((name, view))
        })
        .collect()
}

fn dtype_of(dtype: Dtype) -> DType {
    match dtype {
        Dtype::F16 => DType::F16,
        Dtype::BF16 => DType::Bf16,
        Dtype::F32 => DType::F32,
        Dtype::F64 => DType::F64,
        other => DType::Other(other.to_string().into()),
    }
}

/// The value under `key` in a file's metadata. Files of other formats have none.
///
/// # Errors
/// If there is no such file, or it is not a weight file.
pub fn read_metadata(path: &Path, key: &str) -> Result<Option<String>, ReadError> {
    decode_metadata(&map(path)?, path, key)
}

/// Like [`read_metadata`], from the bytes of a file; errors name `path`.
///
/// # Errors
/// If they are not a weight file.
pub fn decode_metadata(bytes: &[u8], path: &Path, key: &str) -> Result<Option<String>, ReadError> {
    if Format::of(bytes).is_some_and(|format| format.name != FORMAT.name) {
        return Ok(None);
    }
    WeightFile::new(bytes, path)?;
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|source| ReadError::Format {
        path: path.to_owned(),
        format: FORMAT.name,
        source: source.into(),
    })?;
    Ok(header.metadata().as_ref().and_then(|metadata| metadata.get(key).cloned()))
}

/// A file of these tensors with `value` under `key` in its metadata. The same input gives the same
/// bytes.
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
