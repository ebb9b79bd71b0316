//! The members of a zip archive, the container of PyTorch's and NumPy's tensors.

use std::borrow::Cow;
use std::io::{self, Read};
use std::ops::Range;

use flate2::CrcReader;
use flate2::bufread::DeflateDecoder;
use rawzip::{CompressionMethod, ZipArchive};

use super::tensor_view::{Data, Deflated, MOST_INFLATED};

/// The signature of an archive that has members.
const MARK: &[u8] = b"PK\x03\x04";

/// Why an archive, or a member of it, cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ZipError {
    #[error("its directory cannot be read ({0}); it is truncated or damaged, download it again")]
    Directory(#[from] rawzip::Error),
    #[error("its members {0} and {1} overlap")]
    Overlap(String, String),
    #[error("it has two members {0}")]
    Twice(String),
    #[error("its member {0} is encrypted")]
    Encrypted(String),
    #[error(
        "its member {name} is compressed with method {method}; only stored and deflated members are supported"
    )]
    Method { name: String, method: u16 },
    #[error("its member {name} claims {size} bytes, more than its {stored} can hold")]
    Size { name: String, size: u64, stored: usize },
    #[error("its member {name} cannot be inflated ({source}); it is damaged")]
    Inflate { name: String, source: io::Error },
}

/// A file in an archive.
#[derive(Clone, Debug)]
pub struct Member<'a> {
    pub name: String,
    /// As stored in the archive.
    bytes: &'a [u8],
    /// Its inflated size; `None` if it is stored uncompressed.
    inflated: Option<usize>,
    crc: u32,
}

/// Whether these bytes start like an archive.
pub fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(MARK)
}

/// The members of an archive, sorted by name. No two share bytes.
///
/// # Errors
/// [`ZipError`] if the archive is damaged, or a member is of an unsupported kind.
pub fn members(bytes: &[u8]) -> Result<Vec<Member<'_>>, ZipError> {
    let archive = ZipArchive::from_slice(bytes)?;
    let mut entries = archive.entries();
    let mut members = vec![];
    let mut ranges = vec![];
    while let Some(view) = entries.next_entry()? {
        if view.is_dir() {
            continue;
        }
        let name = String::from_utf8_lossy(view.file_path().as_ref()).into_owned();
        if view.flags().is_encrypted() {
            return Err(ZipError::Encrypted(name));
        }
        let (start, end) = archive.get_entry(view.wayfinder())?.compressed_data_range();
        let range = start as usize..end as usize;
        let member = Member {
            bytes: &bytes[range.clone()],
            inflated: inflated(
                &name,
                view.compression_method(),
                view.uncompressed_size_hint(),
                range.len(),
            )?,
            crc: view.crc32(),
            name,
        };
        ranges.push((view.local_header_offset() as usize..range.end, members.len()));
        members.push(member);
    }
    check_overlap(ranges, &members)?;
    members.sort_by(|one, other| one.name.cmp(&other.name));
    match members.windows(2).find(|pair| pair[0].name == pair[1].name) {
        Some(pair) => Err(ZipError::Twice(pair[0].name.clone())),
        None => Ok(members),
    }
}

/// The inflated size of a member, or `None` if it is stored uncompressed.
fn inflated(
    name: &str,
    method: CompressionMethod,
    size: u64,
    stored: usize,
) -> Result<Option<usize>, ZipError> {
    let most = match method {
        CompressionMethod::STORE => stored,
        CompressionMethod::DEFLATE => stored.saturating_mul(MOST_INFLATED),
        method => return Err(ZipError::Method { name: name.to_owned(), method: method.as_u16() }),
    };
    let is_stored = method == CompressionMethod::STORE;
    match usize::try_from(size) {
        Ok(size) if size == stored || (!is_stored && size <= most) => {
            Ok((!is_stored).then_some(size))
        }
        _ => Err(ZipError::Size { name: name.to_owned(), size, stored }),
    }
}

/// Checks the byte ranges of the members, each with its member's index.
fn check_overlap(
    mut ranges: Vec<(Range<usize>, usize)>,
    members: &[Member],
) -> Result<(), ZipError> {
    ranges.sort_by_key(|(range, _)| range.start);
    match ranges.windows(2).find(|pair| pair[0].0.end > pair[1].0.start) {
        Some(pair) => {
            let [one, other] = [0, 1].map(|at| members[pair[at].1].name.clone());
            Err(ZipError::Overlap(one, other))
        }
        None => Ok(()),
    }
}

impl<'a> Member<'a> {
    /// The whole member.
    ///
    /// # Errors
    /// If it cannot be inflated.
    pub fn contents(&self) -> Result<Cow<'a, [u8]>, ZipError> {
        let Some(size) = self.inflated else { return Ok(Cow::Borrowed(self.bytes)) };
        let mut contents = vec![0; size];
        let mut reader = CrcReader::new(DeflateDecoder::new(self.bytes));
        let inflate = |source| ZipError::Inflate { name: self.name.clone(), source };
        reader.read_exact(&mut contents).map_err(inflate)?;
        match reader.crc().sum() == self.crc {
            true => Ok(Cow::Owned(contents)),
            false => Err(inflate(io::Error::other("its checksum is wrong"))),
        }
    }

    /// Its first bytes, up to `most`.
    ///
    /// # Errors
    /// If they cannot be inflated.
    pub fn beginning(&self, most: usize) -> Result<Cow<'a, [u8]>, ZipError> {
        let most = most.min(self.size());
        if self.inflated.is_none() {
            return Ok(Cow::Borrowed(&self.bytes[..most]));
        }
        let mut beginning = vec![0; most];
        DeflateDecoder::new(self.bytes)
            .read_exact(&mut beginning)
            .map_err(|source| ZipError::Inflate { name: self.name.clone(), source })?;
        Ok(Cow::Owned(beginning))
    }

    /// Size of the whole member in bytes.
    pub fn size(&self) -> usize {
        self.inflated.unwrap_or(self.bytes.len())
    }

    /// The member starting at byte `skip`; empty if it is shorter.
    pub fn data(&self, skip: usize) -> Data<'a> {
        let skip = skip.min(self.size());
        match self.inflated {
            None => Data::from(&self.bytes[skip..]),
            Some(size) => Data::Deflated(Deflated { bytes: self.bytes, skip, size: size - skip }),
        }
    }
}
