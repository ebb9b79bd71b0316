//! Tensors as Caffe and TensorFlow write them: shapes of signed numbers, and values apart from them.

use std::borrow::Cow;

use super::entry::{Data, Element, Entry, EntryError, MOST_AXES};

/// Why there cannot be such a tensor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShapedError {
    #[error("a side of its shape is {0}")]
    Side(i64),
    #[error(transparent)]
    Entry(#[from] EntryError),
}

/// The lengths of a tensor's axes.
///
/// # Errors
/// [`ShapedError`] where a length is negative, or there are more axes than a tensor has.
pub fn shape(sides: &[i64]) -> Result<Vec<usize>, ShapedError> {
    if sides.len() > MOST_AXES {
        return Err(EntryError::Axes(sides.len()).into());
    }
    let length = |side: &i64| usize::try_from(*side).map_err(|_| ShapedError::Side(*side));
    sides.iter().map(length).collect()
}

/// A tensor of values that must fill its shape.
///
/// # Errors
/// [`ShapedError::Entry`] where they do not.
pub fn entry(element: Element, shape: Vec<usize>, values: Cow<[u8]>) -> Result<Entry, ShapedError> {
    Ok(Entry::new(element, shape, Data::Plain(values))?)
}
