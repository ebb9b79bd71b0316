//! A folder in which dreams are kept, so that another run need not dream them again.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use blake3::{Hash, Hasher};

use super::super::exit::Exit;
use super::super::interrupt;
use dreamer::atomic_file;
use dreamer::picture::read_settings;

/// A folder of dreams. Each file is whole, carries its settings, and says in its name which pixels it
/// was dreamed on.
pub struct DreamCache {
    folder: PathBuf,
}

/// What a dream was dreamed on, and how.
pub struct CacheKey<'a> {
    /// A name for people.
    pub name: &'a str,
    pub settings: &'a str,
    /// Of its pixels.
    pub start: Hash,
}

impl DreamCache {
    /// Makes the folder, if there is none yet.
    ///
    /// # Errors
    /// [`Exit`] where there is something else, or nothing can be made there.
    pub fn open(folder: &Path) -> Result<DreamCache, Exit> {
        match fs::create_dir(folder) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && folder.is_dir() => {}
            made => made.with_context(|| {
                anyhow!("{} cannot be made to keep pictures in", folder.display())
            })?,
        }
        Ok(DreamCache { folder: folder.to_owned() })
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file of a dream that was dreamed before in the same way.
    pub fn find(&self, key: &CacheKey) -> Option<Vec<u8>> {
        let file = fs::read(self.path(key)).ok()?;
        let settings = read_settings(&file).ok().flatten()?;
        (settings == key.settings).then_some(file)
    }

    /// Keeps the file of a dream.
    ///
    /// # Errors
    /// [`Exit`] says why it cannot be written.
    pub fn add(&self, key: &CacheKey, file: &[u8]) -> Result<(), Exit> {
        let _hold = interrupt::hold();
        Ok(atomic_file::write(&self.path(key), file)?)
    }

    /// The path of a file to dream on, which has this content afterwards.
    ///
    /// # Errors
    /// [`Exit`] says why it cannot be written.
    pub fn start(&self, name: &str, content: &[u8]) -> Result<PathBuf, Exit> {
        let path = self.folder.join(name);
        if fs::read(&path).ok().as_deref() != Some(content) {
            let _hold = interrupt::hold();
            atomic_file::write(&path, content)?;
        }
        Ok(path)
    }

    fn path(&self, key: &CacheKey) -> PathBuf {
        let mut hasher = Hasher::new();
        hasher.update(key.start.as_bytes()).update(key.settings.as_bytes());
        let hash = hasher.finalize().to_hex();
        self.folder.join(format!("{}.{}.jpg", key.name, &hash[..16]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::batch::settings::hash;
    use dreamer::picture::{Depth, Format, Picture, Planes, encode};

    fn file(settings: &str) -> Vec<u8> {
        let planes = Planes::filled(8, 8, 0.5);
        let picture = Picture { planes, alpha: None, depth: Depth::Eight };
        encode(&picture, Some(settings), Format::Jpeg, 90).expect("it is encoded")
    }

    #[test]
    fn what_was_kept_is_found_for_the_same_settings_and_pixels_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let keep = DreamCache::open(&folder.path().join("kept")).expect("it is made");
        let key = |settings, start| {
            let start = hash(&Planes::filled(2, 2, start));
            CacheKey { name: "a.features.7", settings, start }
        };
        keep.add(&key("{1}", 0.5), &file("{1}")).expect("it is written");
        assert_eq!(keep.find(&key("{1}", 0.5)), Some(file("{1}")));
        assert_eq!(keep.find(&key("{2}", 0.5)), None);
        assert_eq!(keep.find(&key("{1}", 0.6)), None);
        assert!(DreamCache::open(keep.folder()).is_ok(), "it is opened again");
    }

    #[test]
    fn a_file_that_is_damaged_is_not_taken() {
        let folder = tempfile::tempdir().expect("a folder");
        let keep = DreamCache::open(folder.path()).expect("it is there");
        let key = CacheKey { name: "a", settings: "{}", start: hash(&Planes::filled(2, 2, 0.5)) };
        keep.add(&key, b"\xFF\xD8 no more").expect("it is written");
        assert_eq!(keep.find(&key), None);
    }
}
