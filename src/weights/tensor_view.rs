//! One tensor of a weight file: its dtype, its shape, and where its bytes are.

mod data;
mod dtype;
mod layout;

pub(super) use data::MOST_INFLATED;
pub use data::{Data, Deflated};
pub use dtype::{ByteOrder, DType};
pub(super) use layout::volume;
use layout::{is_row_major, overlap, row_major, span};

/// The limit of PyTorch and NumPy.
pub(super) const MOST_AXES: usize = 64;

/// Why a described tensor is impossible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TensorViewError {
    /// The shape has more values than can be counted.
    #[error("its shape {0:?} has more values than any file can hold")]
    Volume(Vec<usize>),
    /// The bytes are not as many as the shape needs.
    #[error("its shape {shape:?} needs {expected} bytes, but the file has {found}")]
    Size {
        /// The length of each axis.
        shape: Vec<usize>,
        /// Bytes that the shape needs.
        expected: usize,
        /// Bytes that there are.
        found: usize,
    },
    /// The last value lies behind the end of the bytes.
    #[error(
        "its values, of shape {shape:?} and strides {strides:?}, reach beyond the {found} bytes of their storage"
    )]
    Beyond {
        /// The length of each axis.
        shape: Vec<usize>,
        /// Values from one index of each axis to the next.
        strides: Vec<usize>,
        /// Bytes that there are.
        found: usize,
    },
    /// Two indices mean the same value.
    #[error("its values, of shape {shape:?} and strides {strides:?}, overlap")]
    Overlap {
        /// The length of each axis.
        shape: Vec<usize>,
        /// Values from one index of each axis to the next.
        strides: Vec<usize>,
    },
    /// The strides are not as many as the axes.
    #[error("it has {strides} strides for {axes} axes")]
    Strides {
        /// Number of strides.
        strides: usize,
        /// Number of axes.
        axes: usize,
    },
    /// There are more axes than any layer has.
    #[error("it has {0} axes; the limit is {MOST_AXES}")]
    Axes(usize),
    /// The compressed bytes are too few for that size: DEFLATE gives at most 1032 for one.
    #[error("{deflated} compressed bytes cannot inflate to {size}")]
    Inflated {
        /// Bytes that should come of them.
        size: usize,
        /// Compressed bytes.
        deflated: usize,
    },
}

/// A tensor as stored in a file; its values are decoded on demand.
///
/// However it was made, its values lie within its data and none overlap.
#[derive(Clone, Debug)]
pub struct TensorView<'a> {
    dtype: DType,
    order: ByteOrder,
    shape: Vec<usize>,
    /// Distance between neighbours along each axis, in elements; `None` for row-major order.
    strides: Option<Vec<usize>>,
    /// The data, starting at the first value.
    data: Data<'a>,
}

impl<'a> TensorView<'a> {
    /// A tensor whose values fill `data` in row-major order.
    ///
    /// # Errors
    /// [`TensorViewError`] if they do not.
    pub fn new(
        dtype: DType,
        shape: Vec<usize>,
        data: impl Into<Data<'a>>,
    ) -> Result<TensorView<'a>, TensorViewError> {
        let data = data.into();
        let Some(size) = dtype.size() else { return Ok(TensorView::unusable(dtype, shape)) };
        let expected = volume(&shape).and_then(|volume| volume.checked_mul(size));
        let Some(expected) = expected else { return Err(TensorViewError::Volume(shape)) };
        if expected != data.size() {
            return Err(TensorViewError::Size { shape, expected, found: data.size() });
        }
        TensorView { dtype, order: ByteOrder::Little, shape, strides: None, data }.validated()
    }

    /// A view of `storage`: values `strides` elements apart along each axis, starting at element
    /// `offset`.
    ///
    /// # Errors
    /// [`TensorViewError`] if they leave the storage or overlap.
    pub fn view(
        dtype: DType,
        shape: Vec<usize>,
        strides: Vec<usize>,
        offset: usize,
        storage: impl Into<Data<'a>>,
    ) -> Result<TensorView<'a>, TensorViewError> {
        let storage = storage.into();
        let Some(size) = dtype.size() else { return Ok(TensorView::unusable(dtype, shape)) };
        if strides.len() != shape.len() {
            return Err(TensorViewError::Strides { strides: strides.len(), axes: shape.len() });
        }
        if volume(&shape) == Some(0) {
            return TensorView::new(dtype, shape, &[][..]);
        }
        let found = storage.size();
        if overlap(&shape, &strides) {
            return Err(TensorViewError::Overlap { shape, strides });
        }
        let span = span(&shape, &strides).and_then(|span| span.checked_mul(size));
        let part = offset.checked_mul(size).zip(span);
        let data = part.and_then(|(start, length)| storage.part(start, length));
        let Some(data) = data else {
            return Err(TensorViewError::Beyond { shape, strides, found });
        };
        let strides = (!is_row_major(&shape, &strides)).then_some(strides);
        TensorView { dtype, order: ByteOrder::Little, shape, strides, data }.validated()
    }

    /// A tensor that exists but cannot be weights.
    pub fn unusable(dtype: DType, shape: Vec<usize>) -> TensorView<'a> {
        let data = Data::from(&[][..]);
        TensorView { dtype, order: ByteOrder::Little, shape, strides: None, data }
    }

    /// The same tensor in another byte order (little-endian by default).
    pub fn byte_order(self, order: ByteOrder) -> TensorView<'a> {
        TensorView { order, ..self }
    }

    /// The same values with the axes permuted: axis n was axis `axes[n]`.
    ///
    /// # Panics
    /// If `axes` does not name each axis exactly once.
    pub fn permuted(self, axes: &[usize]) -> TensorView<'a> {
        let mut sorted = axes.to_vec();
        sorted.sort_unstable();
        assert!(
            sorted.into_iter().eq(0..self.shape.len()),
            "{axes:?} is not a permutation of the axes"
        );
        let shape: Vec<usize> = axes.iter().map(|axis| self.shape[*axis]).collect();
        if self.dtype.size().is_none() || self.shape.contains(&0) {
            return TensorView { shape, strides: None, ..self };
        }
        let own = self.strides.unwrap_or_else(|| row_major(&self.shape));
        let strides: Vec<usize> = axes.iter().map(|axis| own[*axis]).collect();
        let strides = (!is_row_major(&shape, &strides)).then_some(strides);
        TensorView { shape, strides, ..self }
    }

    /// The data type of the values, as they are in the file.
    pub fn dtype(&self) -> &DType {
        &self.dtype
    }

    /// The length of each axis, first axis first.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Number of values, saturating: the shape of a tensor that cannot be weights may promise more
    /// than fit in a `usize`.
    pub fn volume(&self) -> usize {
        volume(&self.shape).unwrap_or(usize::MAX)
    }

    pub(super) fn order(&self) -> ByteOrder {
        self.order
    }

    pub(super) fn strides(&self) -> Option<&[usize]> {
        self.strides.as_deref()
    }

    pub(super) fn data(&self) -> &Data<'a> {
        &self.data
    }

    /// Itself, if it has a valid number of axes and no more bytes than its data can inflate to.
    fn validated(self) -> Result<TensorView<'a>, TensorViewError> {
        if self.shape.len() > MOST_AXES {
            return Err(TensorViewError::Axes(self.shape.len()));
        }
        if let Data::Deflated(Deflated { bytes, skip, size }) = self.data {
            let size = skip.saturating_add(size);
            if size > bytes.len().saturating_mul(MOST_INFLATED) {
                return Err(TensorViewError::Inflated { size, deflated: bytes.len() });
            }
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A view of 24 bytes of float32.
    fn view(
        shape: &[usize],
        strides: &[usize],
        offset: usize,
    ) -> Result<Vec<f32>, TensorViewError> {
        let storage: Vec<u8> = (0..6).flat_map(|value| (value as f32).to_le_bytes()).collect();
        let view =
            TensorView::view(DType::F32, shape.into(), strides.into(), offset, &storage[..])?;
        Ok(view.tensor(&|_| {}).unwrap().into_data())
    }

    #[test]
    fn a_view_takes_its_values_in_row_major_order() {
        assert_eq!(view(&[2, 3], &[3, 1], 0), Ok(vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0]));
        assert_eq!(view(&[3, 2], &[1, 3], 0), Ok(vec![0.0, 3.0, 1.0, 4.0, 2.0, 5.0]));
        assert_eq!(view(&[2, 2], &[3, 1], 1), Ok(vec![1.0, 2.0, 4.0, 5.0]));
        assert_eq!(view(&[1, 2, 1], &[0, 4, 99], 1), Ok(vec![1.0, 5.0]));
        assert_eq!(view(&[], &[], 5), Ok(vec![5.0]));
        assert_eq!(view(&[0, 9], &[9, 1], 99), Ok(vec![]));
    }

    #[test]
    fn axes_are_permuted() {
        let bytes: Vec<u8> = (0..6).flat_map(|value| (value as f32).to_le_bytes()).collect();
        let view = TensorView::new(DType::F32, vec![1, 2, 3], &bytes[..]).unwrap();
        let turned = view.permuted(&[2, 0, 1]);
        assert_eq!(turned.shape(), [3, 1, 2]);
        let values = |view: &TensorView| view.tensor(&|_| {}).unwrap().into_data();
        assert_eq!(values(&turned), [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
        let back = turned.permuted(&[1, 2, 0]);
        assert_eq!((back.shape(), back.strides()), (&[1, 2, 3][..], None));
        assert_eq!(values(&back), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    }

    #[test]
    fn a_view_beyond_its_storage_is_refused() {
        let huge = usize::MAX / 2;
        for (shape, strides, offset) in [
            (&[2, 3][..], &[3, 1][..], 1),
            (&[2], &[6], 0),
            (&[], &[], 6),
            (&[1], &[1], usize::MAX),
            (&[huge], &[1], 0),
            (&[huge, huge], &[huge, 1], 0),
        ] {
            let error = view(shape, strides, offset).unwrap_err();
            assert!(matches!(error, TensorViewError::Beyond { found: 24, .. }), "{error}");
        }
    }

    #[test]
    fn overlapping_values_are_refused() {
        for (shape, strides) in [(&[6][..], &[0][..]), (&[2, 3], &[2, 1]), (&[2, 2], &[1, 1])] {
            let error = view(shape, strides, 0).unwrap_err();
            assert!(matches!(error, TensorViewError::Overlap { .. }), "{error}");
        }
    }

    #[test]
    fn a_view_has_as_many_strides_as_axes() {
        assert_eq!(view(&[2], &[], 0), Err(TensorViewError::Strides { strides: 0, axes: 1 }));
        assert_eq!(view(&[1; 65], &[1; 65], 0), Err(TensorViewError::Axes(65)));
    }

    #[test]
    fn values_fill_their_data() {
        let size = |bytes: &[u8]| TensorView::new(DType::F16, vec![3], bytes).map(drop);
        assert_eq!(size(&[0; 6]), Ok(()));
        for bytes in [&[0; 5][..], &[0; 8]] {
            assert!(matches!(size(bytes), Err(TensorViewError::Size { expected: 6, .. })));
        }
        let huge = TensorView::new(DType::F64, vec![usize::MAX, 2], &[][..]).map(drop);
        assert!(matches!(huge, Err(TensorViewError::Volume(_))));
    }

    #[test]
    fn shapes_too_large_to_count_have_a_volume() {
        let volume = |shape: &[usize]| {
            TensorView::unusable(DType::Other("I64".into()), shape.into()).volume()
        };
        assert_eq!(volume(&[1 << 40, 1 << 40]), usize::MAX);
        assert_eq!(volume(&[1 << 40, 1 << 40, 0]), 0);
    }

    #[test]
    fn more_bytes_than_can_be_inflated_are_refused() {
        let deflated = |size| {
            let data = Deflated { bytes: &[0; 10], skip: 320, size };
            TensorView::new(DType::F32, vec![size / 4], Data::Deflated(data)).map(drop)
        };
        assert_eq!(deflated(10_000), Ok(()));
        assert_eq!(deflated(10_004), Err(TensorViewError::Inflated { size: 10_324, deflated: 10 }));
    }
}
