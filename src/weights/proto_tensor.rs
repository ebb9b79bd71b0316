//! Tensors as Caffe and TensorFlow write them: shapes of signed numbers, values separate from them.

use std::borrow::Cow;

use super::tensor_view::{DType, Data, MOST_AXES, TensorView, TensorViewError};

/// Why a described tensor is impossible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProtoTensorError {
    #[error("an axis of its shape has length {0}")]
    Side(i64),
    #[error(transparent)]
    TensorView(#[from] TensorViewError),
}

/// The lengths of a tensor's axes.
///
/// # Errors
/// [`ProtoTensorError`] if a length is negative, or there are too many axes.
pub fn shape(sides: &[i64]) -> Result<Vec<usize>, ProtoTensorError> {
    if sides.len() > MOST_AXES {
        return Err(TensorViewError::Axes(sides.len()).into());
    }
    let length = |side: &i64| usize::try_from(*side).map_err(|_| ProtoTensorError::Side(*side));
    sides.iter().map(length).collect()
}

/// A tensor whose values fill its shape.
///
/// # Errors
/// [`ProtoTensorError::TensorView`] if they do not.
pub fn view(
    dtype: DType,
    shape: Vec<usize>,
    values: Cow<[u8]>,
) -> Result<TensorView, ProtoTensorError> {
    Ok(TensorView::new(dtype, shape, Data::Plain(values))?)
}
