//! NumPy's `.npz`: a zip archive of arrays, `NAME.npy` each, as `numpy.savez` and
//! `numpy.savez_compressed` write it.

mod header;

use super::format::{Format, FormatError, Index};
use super::tensor_view::TensorView;
use super::zip::{self, Member};
use header::Header;

pub(super) const FORMAT: Format = Format { name: "NumPy (.npz)", recognise, index };

const ARRAY: &str = ".npy";

/// The header of an array must end within this many bytes: it is a short dictionary of three
/// entries.
const MOST_HEADER: usize = 1 << 16;

fn recognise(bytes: &[u8]) -> bool {
    zip::is_archive(bytes)
        && zip::members(bytes)
            .is_ok_and(|members| members.iter().any(|member| member.name.ends_with(ARRAY)))
}

#[derive(Debug, thiserror::Error)]
#[error("{name}: {source}")]
struct ArrayError {
    name: String,
    source: FormatError,
}

fn index(bytes: &[u8]) -> Result<Index<'_>, FormatError> {
    let mut index = Index::new();
    for member in zip::members(bytes)? {
        if let Some(name) = member.name.strip_suffix(ARRAY) {
            let error = |source| ArrayError { name: name.to_owned(), source };
            index.insert(name.to_owned(), array(&member).map_err(error)?);
        }
    }
    Ok(index)
}

fn array<'a>(member: &Member<'a>) -> Result<TensorView<'a>, FormatError> {
    let beginning = member.beginning(MOST_HEADER)?;
    let Header { dtype, order, shape, strides, length } = Header::read(&beginning)?;
    let data = member.data(length);
    let view = match strides {
        None => TensorView::new(dtype, shape, data)?,
        Some(strides) => TensorView::view(dtype, shape, strides, 0, data)?,
    };
    Ok(view.byte_order(order))
}
