//! Where a comparison goes: contact sheets and pages, by the names' suffixes.

use std::path::{Path, PathBuf};

use anyhow::anyhow;

use super::super::exit::Exit;
use super::super::interrupt;
use super::arguments::SheetOptions;
use dreamer::atomic_file;
use dreamer::compare::{Comparison, page};
use dreamer::picture::{self, Output, WriteOptions};

/// A file to write.
pub enum Destination {
    Sheet(Output),
    Page(PathBuf),
}

/// The files that were asked for, each of which can be written as far as can be known before.
///
/// # Errors
/// [`Exit`] where a name says no format, or a file is there already.
pub fn check(names: &[PathBuf], force: bool) -> Result<Vec<Destination>, Exit> {
    names.iter().map(|name| destination(name, force)).collect()
}

fn destination(name: &Path, force: bool) -> Result<Destination, Exit> {
    if name.as_os_str() == "-" {
        return Err(Exit::usage(anyhow!(
            "a comparison is not written to standard output; name a file with --output"
        )));
    }
    let _hold = interrupt::hold();
    let suffix = name.extension().map(|suffix| suffix.to_ascii_lowercase());
    if suffix.is_some_and(|suffix| suffix == "html" || suffix == "htm") {
        atomic_file::check(name, force)?;
        return Ok(Destination::Page(name.to_owned()));
    }
    let output = Output::Path(name.to_owned());
    match picture::check(&output, force) {
        Err(picture::WriteError::Suffix(_)) => Err(anyhow!(
            "{} does not say what to write; end the name in .html for a page, or in .png, .jpg, \
             .webp, .tif or .bmp for a contact sheet",
            name.display()
        )
        .into()),
        Err(error) => Err(error.into()),
        Ok(()) => Ok(Destination::Sheet(output)),
    }
}

impl Destination {
    /// Writes the comparison, in place of what was there.
    ///
    /// # Errors
    /// [`Exit`] says why it cannot be written.
    pub fn write(
        &self,
        comparison: &Comparison,
        options: &SheetOptions,
        jpeg_quality: u8,
    ) -> Result<(), Exit> {
        match self {
            Destination::Page(path) => {
                atomic_file::write(path, page::html(comparison).as_bytes())?;
            }
            Destination::Sheet(output) => {
                let sheet = comparison.sheet(options.columns, options.cell).draw();
                let options = WriteOptions { force: true, jpeg_quality };
                picture::write(&sheet, None, output, &options)?;
            }
        }
        Ok(())
    }
}

impl std::fmt::Display for Destination {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Destination::Sheet(output) => output.fmt(f),
            Destination::Page(path) => path.display().fmt(f),
        }
    }
}
