//! The bytes of a pickle, read argument by argument.

use super::machine::PickleError;

/// What is left to read.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Input<'a> {
    pub fn new(bytes: &'a [u8]) -> Input<'a> {
        Input { bytes, position: 0 }
    }

    /// Bytes read so far.
    pub fn position(&self) -> usize {
        self.position
    }

    pub fn array<const SIZE: usize>(&mut self) -> Result<[u8; SIZE], PickleError> {
        let array = self.bytes[self.position..].first_chunk().ok_or(PickleError::Short)?;
        self.position += SIZE;
        Ok(*array)
    }

    pub fn byte(&mut self) -> Result<u8, PickleError> {
        Ok(self.array::<1>()?[0])
    }

    /// Bytes preceded by their count, a little-endian number of `SIZE` bytes.
    pub fn counted<const SIZE: usize>(&mut self) -> Result<&'a [u8], PickleError> {
        let mut length = [0; 8];
        length[..SIZE].copy_from_slice(&self.array::<SIZE>()?);
        let length = usize::try_from(u64::from_le_bytes(length)).map_err(|_| PickleError::Short)?;
        let bytes = self.bytes[self.position..].get(..length).ok_or(PickleError::Short)?;
        self.position += length;
        Ok(bytes)
    }

    /// Text up to the end of the line, which is consumed too.
    pub fn line(&mut self) -> Result<&'a str, PickleError> {
        let rest = &self.bytes[self.position..];
        let length = rest.iter().position(|byte| *byte == b'\n').ok_or(PickleError::Short)?;
        self.position += length + 1;
        std::str::from_utf8(&rest[..length]).map_err(|_| PickleError::Text)
    }
}
