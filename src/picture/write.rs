//! Writing a picture file completely or not at all.
//!
//! A file gets its name only once it is complete and on disk: it is written under a temporary name
//! in the same folder and then renamed. It takes the permissions of the file it overwrites, or else
//! those of any new file. If the name is a symbolic link, its target is written and the link stays.
//! A device or named pipe is written to directly, without `force`, as PNG unless its name says
//! otherwise.

use super::encode::{EncodeError, encode};
use super::{Format, Picture, UnknownSuffix};
use crate::atomic_file::{Target, write_all_to};
use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Where a picture is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// A file, in the format its suffix names.
    Path(PathBuf),
    /// Standard output, in the format given.
    Stdout(Format),
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Stdout(_) => f.write_str("standard output"),
        }
    }
}

/// How a picture is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteOptions {
    /// Whether an existing file may be overwritten.
    pub force: bool,
    /// The quality of a JPEG, 1 (smallest file) to 100 (best picture).
    pub jpeg_quality: u8,
}

impl Default for WriteOptions {
    /// Overwrites nothing; JPEG quality 95.
    fn default() -> Self {
        Self { force: false, jpeg_quality: 95 }
    }
}

/// Why a picture cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The name does not determine a format.
    #[error(transparent)]
    Suffix(#[from] UnknownSuffix),
    /// A file of that name exists, and must not be overwritten.
    #[error("{output} already exists")]
    Exists {
        /// The file, or standard output.
        output: Output,
    },
    /// There is a folder of that name.
    #[error("{output} is a folder, not a file")]
    Directory {
        /// The file, or standard output.
        output: Output,
    },
    /// The folder of the file does not exist.
    #[error("{output} cannot be written: there is no folder {}", folder.display())]
    MissingFolder {
        /// The file, or standard output.
        output: Output,
        /// That folder.
        folder: PathBuf,
    },
    /// The disk has no room.
    #[error("{output} cannot be written: the disk is full")]
    DiskFull {
        /// The file, or standard output.
        output: Output,
    },
    /// The reader of a pipe has gone.
    #[error("{output} cannot be written: its reader has closed it")]
    Closed {
        /// The file, or standard output.
        output: Output,
    },
    /// The operating system refuses or fails.
    #[error("{output} cannot be written: {reason}")]
    Unwritable {
        /// The file, or standard output.
        output: Output,
        /// The operating system's reason.
        reason: String,
    },
    /// The format cannot hold the picture.
    #[error("{output} cannot be written: {reason}")]
    Encode {
        /// The file, or standard output.
        output: Output,
        /// Why the format cannot hold it.
        reason: EncodeError,
    },
}

/// Checks, before any work is done, whether [`write()`] to `output` would be refused.
///
/// It is refused if the suffix names no format, if a folder has that name, if a file has that name
/// and `force` is not set, or if the folder is missing or not writable.
pub fn check(output: &Output, force: bool) -> Result<(), WriteError> {
    let Output::Path(path) = output else {
        return Ok(());
    };
    let target = Target::find(path).map_err(|error| failed(output, error))?;
    format_of(&target, path)?;
    refuse_to_overwrite(&target, output, force)?;
    if target.is_special() {
        return Ok(());
    }
    target.new_file().map(drop).map_err(|error| folder_failed(&target, output, error))
}

/// Writes `picture` to `output`, with `settings` inside it if it is a PNG or JPEG.
///
/// The picture is encoded in memory first, so nothing is left behind if it cannot be encoded; nor
/// if it cannot be written, except in a device, a pipe or standard output.
pub fn write(
    picture: &Picture,
    settings: Option<&str>,
    output: &Output,
    options: &WriteOptions,
) -> Result<(), WriteError> {
    let encoded = |format| {
        encode(picture, settings, format, options.jpeg_quality)
            .map_err(|reason| WriteError::Encode { output: output.clone(), reason })
    };
    match output {
        Output::Stdout(format) => write_all_to(io::stdout().lock(), &encoded(*format)?)
            .map_err(|error| failed(output, error)),
        Output::Path(path) => {
            let target = Target::find(path).map_err(|error| failed(output, error))?;
            refuse_to_overwrite(&target, output, options.force)?;
            let bytes = encoded(format_of(&target, path)?)?;
            target
                .write(&bytes, options.force)
                .map_err(|error| folder_failed(&target, output, error))
        }
    }
}

fn failed(output: &Output, error: io::Error) -> WriteError {
    let output = output.clone();
    match error.kind() {
        ErrorKind::AlreadyExists => WriteError::Exists { output },
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => WriteError::DiskFull { output },
        ErrorKind::BrokenPipe => WriteError::Closed { output },
        kind => WriteError::Unwritable { output, reason: kind.to_string() },
    }
}

/// The format in which to write `target` under the name `given`.
fn format_of(target: &Target, given: &Path) -> Result<Format, UnknownSuffix> {
    Format::from_path(given)
        .or_else(|error| if target.is_special() { Ok(Format::Png) } else { Err(error) })
}

fn refuse_to_overwrite(target: &Target, output: &Output, force: bool) -> Result<(), WriteError> {
    if target.is_folder() {
        return Err(WriteError::Directory { output: output.clone() });
    }
    if target.is_file() && !force {
        return Err(WriteError::Exists { output: output.clone() });
    }
    Ok(())
}

/// The error for a file that could not be created or written in the target's folder.
fn folder_failed(target: &Target, output: &Output, error: io::Error) -> WriteError {
    let folder = target.folder();
    if error.kind() == ErrorKind::NotFound && !folder.exists() {
        return WriteError::MissingFolder { output: output.clone(), folder: folder.to_owned() };
    }
    failed(output, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_has_gone_is_an_error_of_its_own() {
        let error = failed(&Output::Stdout(Format::Png), ErrorKind::BrokenPipe.into());
        assert!(matches!(error, WriteError::Closed { .. }));
        assert!(error.to_string().starts_with("standard output cannot be written: "));
    }

    #[test]
    fn a_full_disk_is_an_error_of_its_own() {
        let error = failed(&Output::Path("a.png".into()), ErrorKind::StorageFull.into());
        assert!(error.to_string().contains("a.png cannot be written: the disk is full"));
    }
}
