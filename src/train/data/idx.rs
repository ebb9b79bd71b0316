//! The IDX format of MNIST's files: a big-endian header, then unsigned bytes.

use std::path::Path;

use super::DataError;
use super::file::DataFile;

/// The third byte of the magic number: unsigned bytes follow.
const UNSIGNED_BYTES: u32 = 0x08;

/// An array of bytes.
pub struct Idx<const DIMENSIONS: usize> {
    /// Its dimensions, the slowest first.
    pub extents: [usize; DIMENSIONS],
    pub values: Vec<u8>,
}

impl<const DIMENSIONS: usize> Idx<DIMENSIONS> {
    /// Reads a file, which must have the length that its header says.
    pub fn read(path: &Path) -> Result<Self, DataError> {
        let mut file = DataFile::open(path)?;
        let expected = UNSIGNED_BYTES << 8 | DIMENSIONS as u32;
        let found = u32::from_be_bytes(file.array()?);
        if found != expected {
            let path = path.into();
            return Err(DataError::NotIdx { path, found, expected, dimensions: DIMENSIONS });
        }
        let mut extents = [0; DIMENSIONS];
        for extent in &mut extents {
            *extent = u32::from_be_bytes(file.array()?) as usize;
        }
        if extents.contains(&0) {
            let content = extents.map(|extent| extent.to_string()).join("×");
            return Err(DataError::NoPictures { path: path.into(), content });
        }
        let length = extents.iter().fold(1, |product: u64, &extent| {
            product.saturating_mul(u64::try_from(extent).unwrap_or(u64::MAX))
        });
        Ok(Idx { extents, values: file.last(length)? })
    }
}
