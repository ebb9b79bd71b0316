//! A partly downloaded file: locked, and hashed as it grows.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use same_file::Handle;

use super::super::checksum::{Algorithm, Hasher};

/// A growing prefix of a file, held by one process at a time.
pub struct Part {
    path: PathBuf,
    file: File,
    length: u64,
    algorithm: Algorithm,
    hasher: Hasher,
}

impl Part {
    /// The partial file at `path`, empty if there was none; `None` if the finished `target` exists.
    /// Calls `waiting` before waiting for another process.
    ///
    /// # Errors
    /// If it cannot be opened, locked or read.
    pub fn open(
        path: &Path,
        target: &Path,
        algorithm: Algorithm,
        waiting: &mut dyn FnMut(),
    ) -> io::Result<Option<Part>> {
        loop {
            if target.is_file() {
                return Ok(None);
            }
            let mut options = OpenOptions::new();
            let mut file =
                options.read(true).write(true).create(true).truncate(false).open(path)?;
            lock(&file, waiting)?;
            // The previous holder may have finished or deleted it, and the name with it.
            if !is_named(&file, path)? {
                continue;
            }
            if target.is_file() {
                let _ = fs::remove_file(path);
                return Ok(None);
            }
            let mut hasher = algorithm.hasher();
            let length = hasher.read(&mut file)?;
            return Ok(Some(Part { path: path.to_owned(), file, length, algorithm, hasher }));
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn length(&self) -> u64 {
        self.length
    }

    /// The checksum of the bytes so far.
    pub fn checksum(&self) -> String {
        self.hasher.clone().finish()
    }

    /// # Errors
    /// If the bytes cannot be written; none of them are kept then.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Err(error) = self.file.write_all(bytes) {
            // The file must match the hash, or the next attempt would resume after a gap.
            self.file.set_len(self.length)?;
            self.file.seek(SeekFrom::Start(self.length))?;
            return Err(error);
        }
        self.hasher.update(bytes);
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Discards all bytes.
    ///
    /// # Errors
    /// If the file cannot be truncated.
    pub fn restart(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.length = 0;
        self.hasher = self.algorithm.hasher();
        Ok(())
    }

    /// Its first bytes, up to `most`.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn beginning(&self, most: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![];
        File::open(&self.path)?.take(most as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Renames it once it is entirely on disk.
    ///
    /// # Errors
    /// If that fails; the file is left as it was.
    pub fn rename(&self, to: &Path) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.path, to)
    }

    /// Deletes it.
    pub fn remove(mut self) {
        self.length = 0;
    }
}

/// An empty partial file is not left behind.
impl Drop for Part {
    fn drop(&mut self) {
        if self.length == 0 {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn lock(file: &File, waiting: &mut dyn FnMut()) -> io::Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            waiting();
            file.lock()
        }
        // A file system without locks: two processes at once disturb each other, and retry.
        Err(TryLockError::Error(error)) if is_without_locks(&error) => Ok(()),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn is_without_locks(error: &io::Error) -> bool {
    #[cfg(unix)]
    if error.raw_os_error() == Some(libc::ENOLCK) {
        return true;
    }
    error.kind() == ErrorKind::Unsupported
}

/// Whether the file still has this name.
fn is_named(file: &File, path: &Path) -> io::Result<bool> {
    match Handle::from_path(path) {
        Ok(named) => Ok(named == Handle::from_file(file.try_clone()?)?),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
