//! Writing a picture file completely or not at all.
//!
//! A file gets its name only once it is complete and on disk: it is written under a temporary name
//! in the same folder and then renamed. It takes the permissions of the file it overwrites, or else
//! those of any new file. If the name is a symbolic link, its target is written and the link stays.
//! A device or named pipe is written to directly, without `force`, as PNG unless its name says
//! otherwise.

use super::encode::{EncodeError, encode};
use super::{Format, Picture, UnknownSuffix};
use crate::atomic_file::{self, Target, failed, write_all_to, write_unless_there};
use std::fmt;
use std::io;
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
    /// The file cannot be written.
    #[error(transparent)]
    File(#[from] atomic_file::WriteError),
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
    format_of(path)?;
    Ok(atomic_file::check(path, force)?)
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
            .map_err(|error| failed(output.to_string().as_ref(), &error).into()),
        Output::Path(path) => {
            let format = format_of(path)?;
            // Before the work of encoding.
            atomic_file::admit(path, options.force)?;
            Ok(write_unless_there(path, &encoded(format)?, options.force)?)
        }
    }
}

/// The format of a file of that name; a device or named pipe takes PNG unless its name says otherwise.
fn format_of(path: &Path) -> Result<Format, UnknownSuffix> {
    let is_special = || Target::find(path).is_ok_and(|target| target.is_special());
    Format::from_path(path).or_else(|error| if is_special() { Ok(Format::Png) } else { Err(error) })
}
