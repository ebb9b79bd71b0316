//! A weight file of any format: an index of its tensors, each decoded on demand.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use memmap2::Mmap;
use rayon::prelude::*;

use super::check::parameters;
use super::content::Content;
use super::format::{Format, Index};
use super::strip_prefix::strip_prefix;
use super::tensor_view::TensorView;
use super::values::ValuesError;
use super::{ReadError, Tensor, Weights, check};
use crate::network::Graph;

/// Tensors may share bytes (those of tied layers do), but together they may use no more than this
/// many times the size of the file.
const MOST_SHARED: usize = 16;

/// The tensors of a weight file, by name.
pub struct WeightFile<'a> {
    path: &'a Path,
    format: &'static Format,
    index: Index<'a>,
    /// The memory map behind the bytes, if there is one.
    #[cfg_attr(not(unix), expect(dead_code, reason = "only Unix releases parts of a map"))]
    map: Option<&'a Mmap>,
}

/// Maps a file; only the parts that are accessed are read from disk.
///
/// # Errors
/// If there is no such file, or it cannot be mapped.
pub fn map(path: &Path) -> Result<Mmap, ReadError> {
    let io = |source| ReadError::Io { path: path.to_owned(), source };
    let file = File::open(path).map_err(io)?;
    if !file.metadata().map_err(io)?.is_file() {
        return Err(io(std::io::Error::other("it is not a file")));
    }
    // SAFETY: the map is only read. If another program truncates the file meanwhile, this process
    // ends (SIGBUS), but nothing is corrupted.
    unsafe { Mmap::map(&file) }.map_err(io)
}

impl<'a> WeightFile<'a> {
    /// The tensors in the bytes of a file; errors name `path`.
    ///
    /// # Errors
    /// If the bytes are of no known format, or malformed.
    pub fn new(bytes: &'a [u8], path: &'a Path) -> Result<WeightFile<'a>, ReadError> {
        let unrecognised =
            || ReadError::Unrecognised { path: path.to_owned(), content: Content::of(bytes) };
        let format = Format::of(bytes).ok_or_else(unrecognised)?;
        let error =
            |source| ReadError::Format { path: path.to_owned(), format: format.name, source };
        let index = (format.index)(bytes).map_err(error)?;
        let spent = index.values().map(|view| view.data().spent());
        if spent.fold(0, usize::saturating_add) > bytes.len().saturating_mul(MOST_SHARED) {
            return Err(error("too many tensors share the same bytes".into()));
        }
        Ok(WeightFile { path, format, index: strip_prefix(index), map: None })
    }

    /// The tensors of a mapped file, whose memory is released while they are decoded.
    ///
    /// # Errors
    /// As for [`WeightFile::new`].
    pub fn mapped(map: &'a Mmap, path: &'a Path) -> Result<WeightFile<'a>, ReadError> {
        Ok(WeightFile { map: Some(map), ..WeightFile::new(map, path)? })
    }

    /// The form that its content shows.
    pub fn format(&self) -> &'static Format {
        self.format
    }

    /// Every tensor with its name, sorted by name.
    pub fn views(&self) -> impl Iterator<Item = (&str, &TensorView<'a>)> {
        self.index.iter().map(|(name, view)| (name.as_str(), view))
    }

    /// Decodes a tensor; `None` if there is none of that name.
    ///
    /// # Errors
    /// [`ReadError::Values`] if its dtype is not supported, or its values are damaged.
    pub fn tensor(&self, name: &str) -> Option<Result<Tensor, ReadError>> {
        let error = |source: ValuesError| ReadError::Values {
            path: self.path.to_owned(),
            name: name.to_owned(),
            source,
        };
        let view = self.index.get(name)?;
        Some(view.tensor(&|bytes| self.release(bytes)).map_err(error))
    }

    /// Decodes the parameters of `needed`, part of the network `whole`.
    ///
    /// # Errors
    /// If a parameter is missing, has the wrong shape, or cannot be decoded.
    pub fn weights(&self, needed: &Graph, whole: &Graph) -> Result<Weights, ReadError> {
        let shape = |(name, view): (&str, &TensorView)| (name.to_owned(), view.shape().to_vec());
        let found: BTreeMap<String, Vec<usize>> = self.views().map(shape).collect();
        check(&found, needed, whole).map_err(|mismatch| ReadError::Mismatch {
            path: self.path.to_owned(),
            model: whole.name().to_owned(),
            mismatch,
        })?;
        self.decode(parameters(needed).map(|(name, _)| name).collect())
    }

    /// Decodes every tensor, whatever network it is for.
    ///
    /// # Errors
    /// If any cannot be decoded.
    pub fn all(&self) -> Result<Weights, ReadError> {
        self.decode(self.index.keys().cloned().collect())
    }

    fn decode(&self, names: Vec<String>) -> Result<Weights, ReadError> {
        let decode = |name: String| Some(self.tensor(&name)?.map(|tensor| (name, tensor)));
        let tensors: Result<Vec<_>, _> = names.into_par_iter().filter_map(decode).collect();
        Ok(tensors?.into_iter().collect())
    }

    /// Tells the system that these bytes of the file will not be read again.
    #[cfg_attr(not(unix), expect(unused_variables, reason = "only Unix releases parts of a map"))]
    fn release(&self, bytes: &[u8]) {
        #[cfg(unix)]
        if let Some(map) = self.map {
            let offset = (bytes.as_ptr() as usize).checked_sub(map.as_ptr() as usize);
            if let Some(offset) = offset.filter(|offset| offset + bytes.len() <= map.len()) {
                use memmap2::UncheckedAdvice::DontNeed;
                // SAFETY: the map is read-only and backed by a file, so pages accessed again are
                // read again. On failure they stay where they are.
                let _ = unsafe { map.unchecked_advise_range(DontNeed, offset, bytes.len()) };
            }
        }
    }
}
