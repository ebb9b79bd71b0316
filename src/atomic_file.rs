//! Writing a file completely or not at all.
//!
//! A file gets its name only once it is complete and on disk: it is written under a temporary name
//! in the same folder and then renamed. It takes the permissions of the file it overwrites, or else
//! those of any new file. If the name is a symbolic link, its target is written and the link stays.
//! A device or named pipe is written to directly.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// The longest chain of symbolic links, as in Linux.
const MAX_LINKS: usize = 40;

/// Why a file cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The file is there, and may not be overwritten.
    #[error("{} already exists", path.display())]
    Exists {
        /// The file, as it was named.
        path: PathBuf,
    },
    /// A folder has that name.
    #[error("{} is a folder, not a file", path.display())]
    Folder {
        /// The file, as it was named.
        path: PathBuf,
    },
    /// The folder to write into does not exist.
    #[error(
        "{} cannot be written: there is no folder {}",
        path.display(),
        folder.display()
    )]
    MissingFolder {
        /// The file, as it was named.
        path: PathBuf,
        /// That folder.
        folder: PathBuf,
    },
    /// The disk is full.
    #[error("{} cannot be written: the disk is full", path.display())]
    DiskFull {
        /// The file, as it was named.
        path: PathBuf,
    },
    /// The reader of a pipe has gone.
    #[error("{} cannot be written: its reader has closed it", path.display())]
    Closed {
        /// The file, as it was named.
        path: PathBuf,
    },
    /// The operating system refuses or fails.
    #[error("{} cannot be written: {reason}", path.display())]
    Unwritable {
        /// The file, as it was named.
        path: PathBuf,
        /// The operating system's reason.
        reason: String,
    },
}

/// Checks, before any work is done, whether [`write()`] would fail, or would overwrite a file
/// against the caller's wish.
///
/// # Errors
/// The reason.
pub fn check(path: &Path, overwrite: bool) -> Result<(), WriteError> {
    let target = admit(path, overwrite)?;
    if target.is_special() {
        return Ok(());
    }
    new_file(target.folder()).map(drop).map_err(|error| target.failed(path, &error))
}

/// Writes a file, replacing any that exists; the old one stays if this fails.
///
/// # Errors
/// The reason.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    write_unless_there(path, bytes, true)
}

/// Writes a file; one that exists is replaced with `overwrite`, and an error without.
///
/// # Errors
/// The reason; an existing file stays.
pub fn write_unless_there(path: &Path, bytes: &[u8], overwrite: bool) -> Result<(), WriteError> {
    let target = admit(path, overwrite)?;
    target.write(bytes, overwrite).map_err(|error| target.failed(path, &error))
}

/// The target of a name, unless what is there already may not be written over.
pub(crate) fn admit(path: &Path, overwrite: bool) -> Result<Target, WriteError> {
    let target = Target::find(path).map_err(|error| failed(path, &error))?;
    target.refuse(path, overwrite)?;
    Ok(target)
}

/// The error of a file of that name.
pub(crate) fn failed(path: &Path, error: &io::Error) -> WriteError {
    let path = path.to_owned();
    match error.kind() {
        ErrorKind::AlreadyExists => WriteError::Exists { path },
        ErrorKind::BrokenPipe => WriteError::Closed { path },
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => WriteError::DiskFull { path },
        kind => WriteError::Unwritable { path, reason: kind.to_string() },
    }
}

/// The file that a name refers to, which may not exist yet.
pub struct Target {
    /// Its own name, after following all symbolic links.
    path: PathBuf,
    /// `None` if it does not exist.
    metadata: Option<Metadata>,
}

impl Target {
    /// The file that `name` leads to.
    ///
    /// # Errors
    /// If the file system says nothing of it, or symbolic links lead in a circle.
    pub fn find(name: &Path) -> io::Result<Self> {
        let mut path = name.to_owned();
        for _ in 0..=MAX_LINKS {
            match fs::symlink_metadata(&path) {
                Ok(metadata) if metadata.is_symlink() => {
                    path = folder_of(&path).join(fs::read_link(&path)?);
                }
                Ok(metadata) => {
                    return Ok(Self { path, metadata: Some(metadata) });
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    return Ok(Self { path, metadata: None });
                }
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::other("too many symbolic links"))
    }

    /// Whether it is there, and a file like most.
    pub fn is_file(&self) -> bool {
        self.metadata.as_ref().is_some_and(Metadata::is_file)
    }

    /// Whether it is a folder.
    pub fn is_folder(&self) -> bool {
        self.metadata.as_ref().is_some_and(Metadata::is_dir)
    }

    /// Whether it is a device, a named pipe or the like, which is never replaced by a file.
    pub(crate) fn is_special(&self) -> bool {
        self.metadata.is_some() && !self.is_file() && !self.is_folder()
    }

    /// The folder it is in.
    pub fn folder(&self) -> &Path {
        folder_of(&self.path)
    }

    fn refuse(&self, path: &Path, overwrite: bool) -> Result<(), WriteError> {
        if self.is_folder() {
            return Err(WriteError::Folder { path: path.to_owned() });
        }
        if self.is_file() && !overwrite {
            return Err(WriteError::Exists { path: path.to_owned() });
        }
        Ok(())
    }

    fn failed(&self, path: &Path, error: &io::Error) -> WriteError {
        let folder = self.folder();
        if error.kind() == ErrorKind::NotFound && !folder.exists() {
            let (path, folder) = (path.to_owned(), folder.to_owned());
            return WriteError::MissingFolder { path, folder };
        }
        failed(path, error)
    }

    /// Writes `bytes`; an existing file is replaced with `force`, and an error without.
    ///
    /// # Errors
    /// The file system's error; an existing file stays.
    pub fn write(&self, bytes: &[u8], force: bool) -> io::Result<()> {
        if self.is_special() {
            return write_all_to(OpenOptions::new().write(true).open(&self.path)?, bytes);
        }
        self.place(self.prepare(self.folder(), bytes)?, force)
    }

    /// A file in `folder` with the content `bytes`, on disk, deleted when dropped.
    ///
    /// # Errors
    /// The file system's error.
    pub fn prepare(&self, folder: &Path, bytes: &[u8]) -> io::Result<NamedTempFile<File>> {
        let mut file = new_file(folder)?;
        write_all_to(&mut file, bytes)?;
        if let Some(metadata) = &self.metadata {
            file.as_file().set_permissions(metadata.permissions())?;
        }
        file.as_file().sync_all()?;
        Ok(file)
    }

    /// Renames a file to the target; an existing file is replaced with `force`, and an error without.
    ///
    /// # Errors
    /// The file system's error.
    pub fn place(&self, file: NamedTempFile<File>, force: bool) -> io::Result<()> {
        let renamed =
            if force { file.persist(&self.path) } else { file.persist_noclobber(&self.path) };
        renamed.map(drop).map_err(|error| error.error)
    }
}

fn new_file(folder: &Path) -> io::Result<NamedTempFile<File>> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".dreamer-").suffix(".part");
    builder.make_in(folder, |path| OpenOptions::new().write(true).create_new(true).open(path))
}

/// Writes and flushes all `bytes`.
pub(crate) fn write_all_to(mut to: impl Write, bytes: &[u8]) -> io::Result<()> {
    to.write_all(bytes)?;
    to.flush()
}

pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_has_gone_and_a_full_disk_are_errors_of_their_own() {
        let of = |kind: ErrorKind| failed("a.png".as_ref(), &kind.into());
        assert!(matches!(of(ErrorKind::BrokenPipe), WriteError::Closed { .. }));
        let full = of(ErrorKind::StorageFull).to_string();
        assert!(full.contains("a.png cannot be written: the disk is full"), "{full}");
    }

    #[test]
    fn a_bare_file_name_is_in_the_current_folder() {
        assert_eq!(folder_of("a.png".as_ref()), Path::new("."));
        assert_eq!(folder_of("b/a.png".as_ref()), Path::new("b"));
        assert_eq!(folder_of("/a.png".as_ref()), Path::new("/"));
    }
}
