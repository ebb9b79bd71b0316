//! Writing dreams into a folder: each whole, and with its record.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::anyhow;
use blake3::Hash;

use super::super::exit::Exit;
use super::super::interrupt;
use super::inputs::Entry;
use super::manifest::{Manifest, Record};
use dreamer::atomic_file::Target;
use dreamer::dream::Recipe;
use dreamer::picture::{self, Format, Picture};

/// How the dreams of a run are written.
pub struct Writer {
    /// Where they go.
    pub folder: PathBuf,
    pub manifest: Arc<Manifest>,
    /// Hash of the settings.
    pub settings: Hash,
    /// Overwrite what is there.
    pub force: bool,
    /// Of JPEGs.
    pub quality: u8,
}

/// Where one dream goes.
pub struct Slot {
    writer: Arc<Writer>,
    /// The photograph's name below the base.
    relative: PathBuf,
    /// The dream's name below the folder.
    output: PathBuf,
    /// Hash of the photograph's file.
    input: Hash,
    /// Hash of the preview that has the dream's name until the dream has it.
    preview: Option<Hash>,
}

impl Slot {
    /// For the dream of a photograph whose file has the hash `input`. A file with the hash `preview`
    /// gives way to it.
    pub fn new(writer: &Arc<Writer>, entry: &Entry, input: Hash, preview: Option<Hash>) -> Slot {
        Slot {
            writer: writer.clone(),
            relative: entry.relative.clone(),
            output: entry.output.clone(),
            input,
            preview,
        }
    }

    /// Writes the picture so far, which the next one overwrites: in this run, or in another one if this
    /// one does not get so far.
    ///
    /// # Errors
    /// Says why it cannot be written.
    pub fn preview(&mut self, picture: &Picture, recipe: &Recipe) -> Result<(), Exit> {
        self.preview = Some(self.write(picture, recipe, None)?);
        Ok(())
    }

    /// Writes the dream.
    ///
    /// # Errors
    /// Says why it cannot be written.
    pub fn finish(self, picture: &Picture, recipe: &Recipe) -> Result<(), Exit> {
        self.write(picture, recipe, Some(self.writer.settings)).map(drop)
    }

    /// Returns the file's hash.
    fn write(
        &self,
        picture: &Picture,
        recipe: &Recipe,
        settings: Option<Hash>,
    ) -> Result<Hash, Exit> {
        let path = self.writer.folder.join(&self.output);
        let format = Format::from_path(&path)?;
        let quality = self.writer.quality;
        let bytes =
            picture::encode(picture, Some(&serde_json::to_string(recipe)?), format, quality)?;
        let record = Record { input: self.input, settings, output: blake3::hash(&bytes) };
        self.place(&path, &bytes, record).map_err(|error| {
            Exit::Failure(anyhow!("{} cannot be written: {}", path.display(), message(&error)))
        })?;
        Ok(record.output)
    }

    /// Gives a picture its name, when its record is on the disk.
    fn place(&self, path: &Path, bytes: &[u8], record: Record) -> io::Result<()> {
        let Writer { manifest, force, .. } = &*self.writer;
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let target = Target::find(path)?;
        if target.is_folder() {
            return Err(ErrorKind::IsADirectory.into());
        }
        let file = target.prepare(manifest.parts(), bytes)?;
        manifest.append(&self.relative, &self.output, record)?;
        let _hold = interrupt::hold();
        let is_preview = |preview| hash_of(path).is_ok_and(|hash| hash == preview);
        let overwrite = *force || self.preview.is_some_and(is_preview);
        match target.place(file, overwrite) {
            Err(error) if error.kind() == ErrorKind::CrossesDevices => {
                target.place(target.prepare(target.folder(), bytes)?, overwrite)
            }
            placed => placed,
        }
    }
}

/// Why a dream cannot be written.
fn message(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::AlreadyExists => {
            "it has come to exist meanwhile; pass --force to overwrite it".into()
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "the disk is full; make room, and the same command goes on".into()
        }
        kind => kind.to_string(),
    }
}

/// The hash of a file that may be large.
pub fn hash_of(path: &Path) -> io::Result<Hash> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(fs::File::open(path)?)?;
    Ok(hasher.finalize())
}
