//! Reading a data file, gzipped or not, without trusting its length.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use super::DataError;

const GZIP: &[u8] = &[0x1f, 0x8b];

/// A file read decompressed; gzip is detected from its first bytes.
pub struct DataFile {
    path: PathBuf,
    content: Box<dyn Read>,
    /// Bytes read so far.
    position: u64,
}

/// Names of everything in `folder`; those that are not Unicode are left out.
pub fn names(folder: &Path) -> Result<Vec<String>, DataError> {
    let list = || -> io::Result<Vec<String>> {
        let names = folder.read_dir()?.map(|entry| Ok(entry?.file_name().into_string().ok()));
        names.filter_map(Result::transpose).collect()
    };
    list().map_err(|error| DataError::Folder { folder: folder.into(), reason: error.to_string() })
}

/// The first existing file for each of `names`, with or without .gz; an error names the first.
pub fn find(folder: &Path, names: &[&str]) -> Result<PathBuf, DataError> {
    let there = self::names(folder)?;
    names
        .iter()
        .flat_map(|name| [(*name).to_owned(), format!("{name}.gz")])
        .find(|name| there.contains(name))
        .map(|name| folder.join(name))
        .ok_or_else(|| DataError::MissingFile { folder: folder.into(), name: names[0].into() })
}

impl DataFile {
    pub fn open(path: &Path) -> Result<DataFile, DataError> {
        let packed = || -> io::Result<Box<dyn Read>> {
            let mut file = BufReader::with_capacity(1 << 16, File::open(path)?);
            Ok(match file.fill_buf()?.starts_with(GZIP) {
                true => Box::new(MultiGzDecoder::new(file)),
                false => Box::new(file),
            })
        };
        let content = packed().map_err(|error| unreadable(path, &error))?;
        Ok(DataFile { path: path.into(), content, position: 0 })
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], DataError> {
        let expected = self.position + N as u64;
        let (bytes, error) = self.up_to(N as u64);
        bytes.try_into().map_err(|_| self.short(expected, error))
    }

    /// The file's last `length` bytes.
    pub fn last(&mut self, length: u64) -> Result<Vec<u8>, DataError> {
        let expected = self.position.saturating_add(length);
        let (bytes, error) = self.up_to(length.saturating_add(1));
        match (bytes.len() as u64).cmp(&length) {
            std::cmp::Ordering::Less => Err(self.short(expected, error)),
            std::cmp::Ordering::Greater => Err(self.long(expected)),
            std::cmp::Ordering::Equal => error.map_or(Ok(bytes), |error| Err(self.broken(&error))),
        }
    }

    /// All records of `record` bytes, up to `most` of them.
    pub fn records(&mut self, record: u64, most: u64) -> Result<Vec<u8>, DataError> {
        let (bytes, error) = self.up_to(record * most + 1);
        let length = bytes.len() as u64;
        match error {
            Some(error) => Err(self.broken(&error)),
            None if length > record * most => Err(self.long(record * most)),
            None if !length.is_multiple_of(record) => {
                Err(self.short(length.next_multiple_of(record), None))
            }
            None => Ok(bytes),
        }
    }

    /// Up to `most` bytes, and the error that ended them, unless it was the end of the file. Memory
    /// grows only with what is there.
    fn up_to(&mut self, most: u64) -> (Vec<u8>, Option<io::Error>) {
        let mut bytes = Vec::new();
        let error = self.content.by_ref().take(most).read_to_end(&mut bytes).err();
        self.position += bytes.len() as u64;
        (bytes, error)
    }

    fn short(&self, expected: u64, error: Option<io::Error>) -> DataError {
        match error {
            Some(error) if error.kind() != ErrorKind::UnexpectedEof => self.broken(&error),
            _ => DataError::CutShort { path: self.path.clone(), expected, found: self.position },
        }
    }

    fn long(&self, expected: u64) -> DataError {
        DataError::TooLong { path: self.path.clone(), expected }
    }

    /// The error of a failed read: gzip's own errors mean that the data are damaged.
    fn broken(&self, error: &io::Error) -> DataError {
        let path = self.path.clone();
        match error.kind() {
            ErrorKind::UnexpectedEof => {
                let reason = format!("its gzip data end too early, after {} bytes", self.position);
                DataError::Damaged { path, reason }
            }
            ErrorKind::InvalidInput | ErrorKind::InvalidData => {
                DataError::Damaged { path, reason: error.to_string() }
            }
            _ => unreadable(&path, error),
        }
    }
}

fn unreadable(path: &Path, error: &io::Error) -> DataError {
    DataError::Unreadable { path: path.into(), reason: error.to_string() }
}
