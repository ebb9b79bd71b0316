//! The class folders in a folder, and the files in them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::train::data::DataError;

/// Labels are 16 bits.
const MOST_CLASSES: usize = 1 << 16;

/// A folder of pictures.
pub struct Class {
    pub name: String,
    pub folder: PathBuf,
    /// By name; never empty.
    pub pictures: Vec<PathBuf>,
}

/// The class folders in `folder`, sorted by name. Hidden ones and other files are skipped.
pub fn classes(folder: &Path) -> Result<Vec<Class>, DataError> {
    let folders = subfolders(folder)?;
    let (folder, classes) = (folder.into(), folders.len());
    match classes {
        0..2 => Err(DataError::FewClasses { folder, classes }),
        _ if classes > MOST_CLASSES => {
            Err(DataError::ManyClasses { folder, classes, most: MOST_CLASSES })
        }
        _ => folders.into_iter().map(class).collect(),
    }
}

/// The folders in `folder` except hidden ones, sorted by name.
pub fn subfolders(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let mut paths = visible(folder)?;
    paths.retain(|path| path.is_dir());
    Ok(paths)
}

fn class(folder: PathBuf) -> Result<Class, DataError> {
    let pictures = visible(&folder)?;
    if let Some(path) = pictures.iter().find(|path| path.is_dir()) {
        return Err(DataError::Nested { path: path.clone() });
    }
    if pictures.is_empty() {
        return Err(DataError::EmptyClass { folder });
    }
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Class { name, folder, pictures })
}

/// Everything in `folder` whose name does not start with a dot, sorted by name.
fn visible(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let list = || -> io::Result<Vec<PathBuf>> {
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect()
    };
    let mut paths = list()
        .map_err(|error| DataError::Folder { folder: folder.into(), reason: error.to_string() })?;
    paths.retain(|path| !path.file_name().unwrap_or_default().as_encoded_bytes().starts_with(b"."));
    paths.sort();
    Ok(paths)
}
