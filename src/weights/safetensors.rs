//! Safetensors files: a JSON header of names, types and shapes, then the values.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

use safetensors::tensor::View;
use safetensors::{Dtype, SafeTensors};

use super::entry::{Element, Entry};
use super::format::{Format, FormatError, Index};
use super::{ReadError, Tensor, WeightFile, Weights, map};

pub(super) const FORMAT: Format = Format { name: "safetensors", recognise, index };

/// Bytes of the header's length, before the header.
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
            let entry = Entry::new(element(view.dtype()), view.shape().to_vec(), view.data())?;
            Ok((name, entry))
        })
        .collect()
}

fn element(dtype: Dtype) -> Element {
    match dtype {
        Dtype::F16 => Element::F16,
        Dtype::BF16 => Element::Bf16,
        Dtype::F32 => Element::F32,
        Dtype::F64 => Element::F64,
        other => Element::Other(other.to_string().into()),
    }
}

/// What a file says about itself: its metadata's value under `key`. Files of other formats say
/// nothing.
///
/// # Errors
/// If there is no such file, or it is no weight file.
pub fn read_metadata(path: &Path, key: &str) -> Result<Option<String>, ReadError> {
    decode_metadata(&map(path)?, path, key)
}

/// As [`read_metadata`], from the bytes of a file; `path` is named in errors.
///
/// # Errors
/// If they are not those of a weight file.
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
