//! One tensor of a weight file: its type, its shape, and where its bytes are.

use std::borrow::Cow;
use std::fmt::{self, Display};

/// What a tensor's values are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Element {
    F16,
    Bf16,
    F32,
    F64,
    /// A type that weights do not have, by its format's name for it: `I64` counters, quantised
    /// values, …
    Other(Cow<'static, str>),
}

impl Element {
    /// Bytes of one value; `None` for a type that is not read.
    pub fn size(&self) -> Option<usize> {
        match self {
            Element::F16 | Element::Bf16 => Some(2),
            Element::F32 => Some(4),
            Element::F64 => Some(8),
            Element::Other(_) => None,
        }
    }
}

impl Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Element::F16 => "float16",
            Element::Bf16 => "bfloat16",
            Element::F32 => "float32",
            Element::F64 => "float64",
            Element::Other(name) => name,
        })
    }
}

/// The order of the bytes of a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ByteOrder {
    #[default]
    Little,
    Big,
}

/// The bytes that a tensor's values are in.
#[derive(Clone, Debug)]
pub enum Data<'a> {
    /// As they are: a part of the file, or made from it.
    Plain(Cow<'a, [u8]>),
    Deflated(Deflated<'a>),
}

/// Bytes that a file holds compressed with DEFLATE.
#[derive(Clone, Copy, Debug)]
pub struct Deflated<'a> {
    pub bytes: &'a [u8],
    /// How many of the inflated bytes come before the first value.
    pub skip: usize,
    /// How many inflated bytes the values take.
    pub size: usize,
}

/// DEFLATE makes of one byte at most this many.
pub(super) const MOST_INFLATED: usize = 1032;

impl Data<'_> {
    fn size(&self) -> usize {
        match self {
            Data::Plain(bytes) => bytes.len(),
            Data::Deflated(deflated) => deflated.size,
        }
    }
}

impl<'a> From<&'a [u8]> for Data<'a> {
    fn from(bytes: &'a [u8]) -> Data<'a> {
        Data::Plain(Cow::Borrowed(bytes))
    }
}

impl From<Vec<u8>> for Data<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Data::Plain(Cow::Owned(bytes))
    }
}

impl From<Vec<f32>> for Data<'_> {
    fn from(values: Vec<f32>) -> Self {
        Data::from(values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())
    }
}

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
    Axes { strides: usize, axes: usize },
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
            return Err(EntryError::Axes { strides: strides.len(), axes: shape.len() });
        }
        if volume(&shape) == Some(0) {
            return Entry::new(element, shape, &[][..]);
        }
        let found = storage.size();
        let Some(span) = span(&shape, &strides) else {
            return Err(EntryError::Overlap { shape, strides });
        };
        let part = offset.checked_mul(size).zip(span.checked_mul(size));
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
        assert!(
            (0..self.shape.len()).all(|axis| axes.contains(&axis))
                && axes.len() == self.shape.len()
        );
        let shape: Vec<usize> = axes.iter().map(|axis| self.shape[*axis]).collect();
        if self.element.size().is_none() || self.volume() == 0 {
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

    /// How many values it has.
    pub fn volume(&self) -> usize {
        self.shape.iter().product()
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

    /// Itself, if its bytes can be what the file's bytes inflate to.
    fn justified(self) -> Result<Entry<'a>, EntryError> {
        if let Data::Deflated(Deflated { bytes, skip, size }) = self.data {
            let size = skip.saturating_add(size);
            if size > bytes.len().saturating_mul(MOST_INFLATED) {
                return Err(EntryError::Inflated { size, deflated: bytes.len() });
            }
        }
        Ok(self)
    }
}

impl<'a> Data<'a> {
    /// `length` bytes from `start` on, if there are as many.
    fn part(self, start: usize, length: usize) -> Option<Data<'a>> {
        let end = start.checked_add(length).filter(|end| *end <= self.size())?;
        Some(match self {
            Data::Plain(Cow::Borrowed(bytes)) => Data::from(&bytes[start..end]),
            Data::Plain(Cow::Owned(bytes)) => Data::from(bytes[start..end].to_vec()),
            Data::Deflated(Deflated { bytes, skip, .. }) => {
                Data::Deflated(Deflated { bytes, skip: skip + start, size: length })
            }
        })
    }
}

/// How many values a shape has, if that is a number.
fn volume(shape: &[usize]) -> Option<usize> {
    if shape.contains(&0) {
        return Some(0);
    }
    shape.iter().try_fold(1_usize, |volume, length| volume.checked_mul(*length))
}

/// From the first to behind the last value of a view, in elements; `None` where values lie upon one
/// another.
fn span(shape: &[usize], strides: &[usize]) -> Option<usize> {
    let mut axes: Vec<(usize, usize)> =
        strides.iter().copied().zip(shape.iter().copied()).filter(|axis| axis.1 != 1).collect();
    axes.sort_unstable();
    axes.into_iter().try_fold(1_usize, |span, (stride, length)| match stride >= span {
        true => (length - 1).checked_mul(stride)?.checked_add(span),
        false => None,
    })
}

/// The strides of a shape in row-major order.
fn row_major(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis];
    }
    strides
}

fn is_row_major(shape: &[usize], strides: &[usize]) -> bool {
    let mut expected = 1;
    shape.iter().zip(strides).rev().all(|(length, stride)| {
        let is_next = *length == 1 || *stride == expected;
        expected *= length;
        is_next
    })
}
