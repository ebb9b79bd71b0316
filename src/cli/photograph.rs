//! Reading the photographs that the command line names.

use std::io::{IsTerminal, stdin};

use anyhow::anyhow;

use super::exit::Exit;
use super::files::FileOptions;
use super::progress::Display;
use dreamer::Size;
use dreamer::dream::{Error, Settings};
use dreamer::picture::{self, Input, Picture};

/// Reads a photograph.
///
/// # Errors
/// [`Exit`] says why it cannot be read.
pub fn read(files: &FileOptions, input: &Input, display: &Display) -> Result<Picture, Exit> {
    if matches!(input, Input::Stdin) && stdin().is_terminal() {
        return Err(Exit::usage(anyhow!(
            "standard input is a terminal; name a photograph, or pipe one into dreamer"
        )));
    }
    display.busy(&format!("reading {input}"));
    Ok(picture::read(input, &files.limits())?)
}

/// Reads the pictures that settings name, so that one that cannot be read is refused before any work.
///
/// # Errors
/// [`Exit`] says why one cannot be read.
pub fn read_pictures(settings: &Settings) -> Result<(), Exit> {
    for picture in settings.pictures() {
        picture.load()?;
    }
    Ok(())
}

/// Shrinks a picture as settings say.
pub fn shrink(mut picture: Picture, settings: &Settings) -> Picture {
    if let Some(longest) = settings.max_size {
        picture.shrink(longest);
    }
    picture
}

/// The size of a picture of a size after [`shrink`].
pub fn shrunk(size: Size, settings: &Settings) -> Size {
    picture::shrunk(size, settings.max_size.unwrap_or(usize::MAX))
}

/// The input's name without its folder, as the command line takes it.
pub fn file_name(input: &Input) -> String {
    let path = match input {
        Input::Stdin => return "-".to_owned(),
        Input::Path(path) => path,
    };
    match path.file_name().unwrap_or(path.as_os_str()).to_string_lossy() {
        name if name == "-" => "./-".to_owned(),
        name => name.into_owned(),
    }
}

/// An error of a photograph's dream, which names the photograph where its size is what does not fit.
pub fn named(error: Error, input: &Input) -> Exit {
    match error {
        Error::Size(error) => Exit::Failure(anyhow!("{input} {error}")),
        error => error.into(),
    }
}
