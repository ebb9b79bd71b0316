//! A picture in a file, which is read once however often it is needed.

use std::convert::Infallible;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::{Input, Limits, Picture, ReadError, read};
use crate::options::Value;

/// The path of a picture. Clones share the picture once one of them has read it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "PathBuf", into = "PathBuf")]
pub struct PictureFile {
    path: PathBuf,
    picture: Arc<Mutex<Option<Arc<Picture>>>>,
}

impl PictureFile {
    /// A picture that has been read, or made, under a name.
    pub fn of(name: impl Into<PathBuf>, picture: Picture) -> PictureFile {
        PictureFile { path: name.into(), picture: Arc::new(Mutex::new(Some(Arc::new(picture)))) }
    }

    /// The path, or the name of a picture that was made.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The picture.
    ///
    /// # Errors
    /// [`ReadError`] says why it cannot be read.
    pub fn load(&self) -> Result<Arc<Picture>, ReadError> {
        self.load_within(&Limits::default())
    }

    /// The picture, which is read within limits if it is not read yet.
    ///
    /// # Errors
    /// [`ReadError`] says why it cannot be read.
    pub fn load_within(&self, limits: &Limits) -> Result<Arc<Picture>, ReadError> {
        let mut picture = self.picture.lock().unwrap_or_else(PoisonError::into_inner);
        if picture.is_none() {
            *picture = Some(Arc::new(read(&Input::Path(self.path.clone()), limits)?));
        }
        Ok(picture.clone().expect("it was read just now"))
    }

    /// The file's name alone.
    pub fn without_folder(&self) -> PictureFile {
        let name = self.path.file_name().map_or(self.path.clone(), PathBuf::from);
        PictureFile { path: name, picture: self.picture.clone() }
    }
}

impl From<PathBuf> for PictureFile {
    fn from(path: PathBuf) -> PictureFile {
        PictureFile { path, picture: Arc::default() }
    }
}

impl From<PictureFile> for PathBuf {
    fn from(file: PictureFile) -> PathBuf {
        file.path
    }
}

impl FromStr for PictureFile {
    type Err = Infallible;

    fn from_str(path: &str) -> Result<PictureFile, Infallible> {
        Ok(PathBuf::from(path).into())
    }
}

impl fmt::Display for PictureFile {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.path.display().fmt(f)
    }
}

impl fmt::Debug for PictureFile {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.path.fmt(f)
    }
}

/// The same path.
impl PartialEq for PictureFile {
    fn eq(&self, other: &PictureFile) -> bool {
        self.path == other.path
    }
}

impl Value for PictureFile {
    type Read = PictureFile;

    fn of(read: PictureFile) -> PictureFile {
        read
    }

    fn text(&self) -> Option<String> {
        Some(self.to_string())
    }
}
