//! One tensor of a weight file: its type, its shape, and where its bytes are.

mod data;
mod element;
mod layout;

pub(super) use data::MOST_INFLATED;
pub use data::{Data, Deflated};
pub use element::{ByteOrder, Element};
pub(super) use layout::volume;
use layout::{is_row_major, overlap, row_major, span};

/// As many as PyTorch and NumPy allow.
pub(super) const MOST_AXES: usize = 64;

/// Why there cannot be such a tensor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    #[error("its shape {0:?} has more values than any file holds")]
    Volume(Vec<usize>),
    #[error("its shape {shape:?} takes {expected} bytes, and the file has {found} for it")]
    Size { shape: Vec<usize>, expected: usize, found: usize },
    #[error(
        "its values, of shape {shape:?} and strides {strides:?}, lie beyond the {found} bytes of their storage"
    )]
    Beyond { shape: Vec<usize>, strides: Vec<usize>, found: usize },
    #[error("its values, of shape {shape:?} and strides {strides:?}, lie upon one another")]
    Overlap { shape: Vec<usize>, strides: Vec<usize> },
    #[error("it has {strides} strides for {axes} axes")]
    Strides { strides: usize, axes: usize },
    #[error("it has {0} axes; no program makes more than {MOST_AXES}")]
    Axes(usize),
    #[error("{size} bytes are said to be deflated into {deflated}")]
    Inflated { size: usize, deflated: usize },
}

/// A tensor as a file holds it; its values are decoded when they are asked for.
///
/// Whatever it was made from, all of its values lie within its data, none upon another.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    element: Element,
    order: ByteOrder,
    shape: Vec<usize>,
    /// How many elements apart neighbours along each axis are; `None` for row-major order.
    strides: Option<Vec<usize>>,
    /// The data, from the first value on.
    data: Data<'a>,
}

impl<'a> Entry<'a> {
    /// A tensor of values in row-major order that fill `data`.
    ///
    /// # Errors
    /// [`EntryError`] where they do not.
    pub fn new(
        element: Element,
        shape: Vec<usize>,
        data: impl Into<Data<'a>>,
    ) -> Result<Entry<'a>, EntryError> {
        let data = data.into();
        let Some(size) = element.size() else { return Ok(Entry::unusable(element, shape)) };
        let expected = volume(&shape).and_then(|volume| volume.checked_mul(size));
        let Some(expected) = expected else { return Err(EntryError::Volume(shape)) };
        if expected != data.size() {
            return Err(EntryError::Size { shape, expected, found: data.size() });
        }
        Entry { element, order: ByteOrder::Little, shape, strides: None, data }.justified()
    }

    /// A view of `storage`: values that are `strides` elements apart along the axes, the first of
    /// them at element `offset`.
    ///
    /// # Errors
    /// [`EntryError`] where they leave the storage, or lie upon one another.
    pub fn view(
        element: Element,
        shape: Vec<usize>,
        strides: Vec<usize>,
        offset: usize,
        storage: impl Into<Data<'a>>,
    ) -> Result<Entry<'a>, EntryError> {
        let storage = storage.into();
        let Some(size) = element.size() else { return Ok(Entry::unusable(element, shape)) };
        if strides.len() != shape.len() {
            return Err(EntryError::Strides { strides: strides.len(), axes: shape.len() });
        }
        if volume(&shape) == Some(0) {
            return Entry::new(element, shape, &[][..]);
        }
        let found = storage.size();
        if overlap(&shape, &strides) {
            return Err(EntryError::Overlap { shape, strides });
        }
        let span = span(&shape, &strides).and_then(|span| span.checked_mul(size));
        let part = offset.checked_mul(size).zip(span);
        let data = part.and_then(|(start, length)| storage.part(start, length));
        let Some(data) = data else { return Err(EntryError::Beyond { shape, strides, found }) };
        let strides = (!is_row_major(&shape, &strides)).then_some(strides);
        Entry { element, order: ByteOrder::Little, shape, strides, data }.justified()
    }

    /// A tensor that is known to be there and cannot be weights.
    pub fn unusable(element: Element, shape: Vec<usize>) -> Entry<'a> {
        let data = Data::from(&[][..]);
        Entry { element, order: ByteOrder::Little, shape, strides: None, data }
    }

    /// The same with values in that order of bytes (little-endian if it is not stated).
    pub fn byte_order(self, order: ByteOrder) -> Entry<'a> {
        Entry { order, ..self }
    }

    /// The same values with the axes in another order: axis n is what was axis `axes[n]`.
    ///
    /// # Panics
    /// If `axes` does not name each axis once.
    pub fn permuted(self, axes: &[usize]) -> Entry<'a> {
        let mut sorted = axes.to_vec();
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..self.shape.len()), "{axes:?} are not all axes");
        let shape: Vec<usize> = axes.iter().map(|axis| self.shape[*axis]).collect();
        if self.element.size().is_none() || self.shape.contains(&0) {
            return Entry { shape, strides: None, ..self };
        }
        let own = self.strides.unwrap_or_else(|| row_major(&self.shape));
        let strides: Vec<usize> = axes.iter().map(|axis| own[*axis]).collect();
        let strides = (!is_row_major(&shape, &strides)).then_some(strides);
        Entry { shape, strides, ..self }
    }

    pub fn element(&self) -> &Element {
        &self.element
    }

    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// How many values it has; of values that cannot be weights, and are not read, a shape may
    /// promise more than there are numbers for.
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

    /// Itself, if it has no more axes than it can, and no more bytes than the file's can inflate to.
    fn justified(self) -> Result<Entry<'a>, EntryError> {
        if self.shape.len() > MOST_AXES {
            return Err(EntryError::Axes(self.shape.len()));
        }
        if let Data::Deflated(Deflated { bytes, skip, size }) = self.data {
            let size = skip.saturating_add(size);
            if size > bytes.len().saturating_mul(MOST_INFLATED) {
                return Err(EntryError::Inflated { size, deflated: bytes.len() });
            }
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A view of 24 bytes of float32.
    fn view(shape: &[usize], strides: &[usize], offset: usize) -> Result<Vec<f32>, EntryError> {
        let storage: Vec<u8> = (0..6).flat_map(|value| (value as f32).to_le_bytes()).collect();
        let entry = Entry::view(Element::F32, shape.into(), strides.into(), offset, &storage[..])?;
        Ok(entry.tensor(&|_| {}).unwrap().into_data())
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
    fn axes_are_put_into_another_order() {
        let bytes: Vec<u8> = (0..6).flat_map(|value| (value as f32).to_le_bytes()).collect();
        let entry = Entry::new(Element::F32, vec![1, 2, 3], &bytes[..]).unwrap();
        let turned = entry.permuted(&[2, 0, 1]);
        assert_eq!(turned.shape(), [3, 1, 2]);
        let values = |entry: &Entry| entry.tensor(&|_| {}).unwrap().into_data();
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
            assert!(matches!(error, EntryError::Beyond { found: 24, .. }), "{error}");
        }
    }

    #[test]
    fn values_upon_one_another_are_refused() {
        for (shape, strides) in [(&[6][..], &[0][..]), (&[2, 3], &[2, 1]), (&[2, 2], &[1, 1])] {
            let error = view(shape, strides, 0).unwrap_err();
            assert!(matches!(error, EntryError::Overlap { .. }), "{error}");
        }
    }

    #[test]
    fn a_view_has_as_many_strides_as_axes() {
        assert_eq!(view(&[2], &[], 0), Err(EntryError::Strides { strides: 0, axes: 1 }));
        assert_eq!(view(&[1; 65], &[1; 65], 0), Err(EntryError::Axes(65)));
    }

    #[test]
    fn values_fill_their_data() {
        let size = |bytes: &[u8]| Entry::new(Element::F16, vec![3], bytes).map(drop);
        assert_eq!(size(&[0; 6]), Ok(()));
        for bytes in [&[0; 5][..], &[0; 8]] {
            assert!(matches!(size(bytes), Err(EntryError::Size { expected: 6, .. })));
        }
        let huge = Entry::new(Element::F64, vec![usize::MAX, 2], &[][..]).map(drop);
        assert!(matches!(huge, Err(EntryError::Volume(_))));
    }

    #[test]
    fn shapes_beyond_all_numbers_have_a_volume() {
        let volume =
            |shape: &[usize]| Entry::unusable(Element::Other("I64".into()), shape.into()).volume();
        assert_eq!(volume(&[1 << 40, 1 << 40]), usize::MAX);
        assert_eq!(volume(&[1 << 40, 1 << 40, 0]), 0);
    }

    #[test]
    fn more_than_can_be_inflated_is_refused() {
        let deflated = |size| {
            let data = Deflated { bytes: &[0; 10], skip: 320, size };
            Entry::new(Element::F32, vec![size / 4], Data::Deflated(data)).map(drop)
        };
        assert_eq!(deflated(10_000), Ok(()));
        assert_eq!(deflated(10_004), Err(EntryError::Inflated { size: 10_324, deflated: 10 }));
    }
}
