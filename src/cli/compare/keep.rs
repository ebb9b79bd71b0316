//! A folder in which dreams are kept, so that another run need not dream them again.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use blake3::{Hash, Hasher};

use super::super::exit::Exit;
use super::super::interrupt;
use dreamer::atomic_file;
use dreamer::picture::{Planes, read_settings};

/// A folder of dreams. Each file is whole, carries its settings, and says in its name which pixels it
/// was dreamed on.
pub struct Keep {
    folder: PathBuf,
}

/// What a dream was dreamed on, and how.
pub struct Origin<'a> {
    /// A name for people.
    pub name: &'a str,
    pub settings: &'a str,
    /// Of its pixels.
    pub start: Hash,
}

impl Keep {
    /// Makes the folder, if there is none yet.
    ///
    /// # Errors
    /// [`Exit`] where there is something else, or nothing can be made there.
    pub fn open(folder: &Path) -> Result<Keep, Exit> {
        match fs::create_dir(folder) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && folder.is_dir() => {}
            made => made.with_context(|| {
                anyhow!("{} cannot be made to keep pictures in", folder.display())
            })?,
        }
        Ok(Keep { folder: folder.to_owned() })
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file of a dream that was dreamed before in the same way.
    pub fn find(&self, origin: &Origin) -> Option<Vec<u8>> {
        let file = fs::read(self.path(origin)).ok()?;
        let settings = read_settings(&file).ok().flatten()?;
        (settings == origin.settings).then_some(file)
    }

    /// Keeps the file of a dream.
    ///
    /// # Errors
    /// [`Exit`] says why it cannot be written.
    pub fn add(&self, origin: &Origin, file: &[u8]) -> Result<(), Exit> {
        let _hold = interrupt::hold();
        Ok(atomic_file::write(&self.path(origin), file)?)
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

    fn path(&self, origin: &Origin) -> PathBuf {
        let mut hasher = Hasher::new();
        hasher.update(origin.start.as_bytes()).update(origin.settings.as_bytes());
        let hash = hasher.finalize().to_hex();
        self.folder.join(format!("{}.{}.jpg", origin.name, &hash[..16]))
    }
}

/// The hash of a picture's size and values.
pub fn fingerprint(picture: &Planes) -> Hash {
    let mut hasher = Hasher::new();
    hasher.update(&(picture.width() as u64).to_le_bytes());
    for values in picture.data().chunks(4096) {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        hasher.update(&bytes);
    }
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use dreamer::picture::{Depth, Format, Picture, encode};

    fn file(settings: &str) -> Vec<u8> {
        let planes = Planes::filled(8, 8, 0.5);
        let picture = Picture { planes, alpha: None, depth: Depth::Eight };
        encode(&picture, Some(settings), Format::Jpeg, 90).expect("it is encoded")
    }

    #[test]
    fn what_was_kept_is_found_for_the_same_settings_and_pixels_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let keep = Keep::open(&folder.path().join("kept")).expect("it is made");
        let origin = |settings, start| {
            let start = fingerprint(&Planes::filled(2, 2, start));
            Origin { name: "a.features.7", settings, start }
        };
        keep.add(&origin("{1}", 0.5), &file("{1}")).expect("it is written");
        assert_eq!(keep.find(&origin("{1}", 0.5)), Some(file("{1}")));
        assert_eq!(keep.find(&origin("{2}", 0.5)), None);
        assert_eq!(keep.find(&origin("{1}", 0.6)), None);
        assert!(Keep::open(keep.folder()).is_ok(), "it is opened again");
    }

    #[test]
    fn a_file_that_is_damaged_is_not_taken() {
        let folder = tempfile::tempdir().expect("a folder");
        let keep = Keep::open(folder.path()).expect("it is there");
        let origin =
            Origin { name: "a", settings: "{}", start: fingerprint(&Planes::filled(2, 2, 0.5)) };
        keep.add(&origin, b"\xFF\xD8 no more").expect("it is written");
        assert_eq!(keep.find(&origin), None);
    }

    #[test]
    fn other_pixels_or_another_shape_have_another_fingerprint() {
        let of = |width, height, value| fingerprint(&Planes::filled(width, height, value));
        assert_ne!(of(4, 3, 0.5), of(4, 3, 0.6));
        assert_ne!(of(4, 3, 0.5), of(3, 4, 0.5));
    }
}
