//! Tensors as Caffe and TensorFlow write them: shapes of signed numbers, and values apart from them.

use std::borrow::Cow;

use super::entry::{Data, Element, Entry, EntryError};

/// More axes than Caffe allows; TensorFlow's weights have four at most.
const MOST_AXES: usize = 32;

/// Why there cannot be such a tensor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShapedError {
    #[error("a side of its shape is {0}")]
    Side(i64),
    #[error("its shape has {0} axes")]
    Axes(usize),
    #[error(transparent)]
    Entry(#[from] EntryError),
}

/// The lengths of a tensor's axes.
///
/// # Errors
/// [`ShapedError`] where a length is negative, or no tensor has so many axes.
pub fn shape(sides: &[i64]) -> Result<Vec<usize>, ShapedError> {
    if sides.len() > MOST_AXES {
        return Err(ShapedError::Axes(sides.len()));
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
