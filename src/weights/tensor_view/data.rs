//! The bytes of a tensor, plain or deflated.

use std::borrow::Cow;

/// The bytes that hold a tensor's values.
#[derive(Clone, Debug)]
pub enum Data<'a> {
    /// Uncompressed: part of the file, or computed from it.
    Plain(Cow<'a, [u8]>),
    /// Compressed.
    Deflated(Deflated<'a>),
}

/// Bytes compressed with DEFLATE.
#[derive(Clone, Copy, Debug)]
pub struct Deflated<'a> {
    /// The compressed bytes.
    pub bytes: &'a [u8],
    /// Inflated bytes before the first value.
    pub skip: usize,
    /// Inflated bytes of the values.
    pub size: usize,
}

/// The largest expansion of DEFLATE: one byte becomes at most this many.
pub const MOST_INFLATED: usize = 1032;

impl Data<'_> {
    /// Bytes of the values.
    pub fn size(&self) -> usize {
        match self {
            Data::Plain(bytes) => bytes.len(),
            Data::Deflated(deflated) => deflated.size,
        }
    }

    /// Bytes they take in the file.
    pub fn spent(&self) -> usize {
        match self {
            Data::Plain(bytes) => bytes.len(),
            Data::Deflated(deflated) => deflated.bytes.len(),
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

impl<'a> Data<'a> {
    /// `length` bytes starting at `start`, if there are that many.
    pub(super) fn part(self, start: usize, length: usize) -> Option<Data<'a>> {
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
