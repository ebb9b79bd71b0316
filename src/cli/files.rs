//! Reading photographs and writing dreams: the options, what is read, and where a dream goes.

use std::io::{IsTerminal, stdin, stdout};
use std::path::Path;

use anyhow::anyhow;

use super::exit::Exit;
use super::interrupt;
use super::progress::Display;
use dreamer::Size;
use dreamer::dream::{Error, Recipe, Settings};
use dreamer::options::{up_to, whole};
use dreamer::picture::{
    self, Depth, EncodeError, Format, Input, Limits, Output, Picture, Planes, WriteError,
    WriteOptions,
};
use dreamer::settings;

settings! {
    /// How photographs are read and dreams are written.
    pub struct FileOptions;

    /// Refuse a photograph of more pixels than this
    max_pixels "max-pixels": "PIXELS": u64 = Limits::default().max_pixels, whole;

    /// Quality of a JPEG, 1 to 100
    quality "quality": "1..100": u8 = WriteOptions::default().jpeg_quality, percent;
}

fn percent(text: &str) -> Result<u8, String> {
    up_to::<100>(text).map(|value| value as u8)
}

impl FileOptions {
    /// What is read.
    pub fn limits(&self) -> Limits {
        Limits { max_pixels: self.max_pixels }
    }
}

/// Whether a name that no file has is a pattern for files.
pub fn is_pattern(path: &Path) -> bool {
    let special = |byte: &u8| b"*?[".contains(byte);
    path.as_os_str().as_encoded_bytes().iter().any(special) && path.symlink_metadata().is_err()
}

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
pub fn read_pictures(settings: &Settings, files: &FileOptions) -> Result<(), Exit> {
    for picture in settings.pictures() {
        picture.load_within(&files.limits())?;
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

/// Where the picture goes: what was asked for, or `NAME.dream.png` in the current folder. Standard output
/// can be named where nothing else is written there.
pub fn output(name: Option<&Path>, input: &Input, is_free: bool) -> Result<Output, Exit> {
    let output = match (name, input) {
        (Some(path), _) if path.as_os_str() == "-" => Output::Stdout(Format::Png),
        (Some(path), _) => Output::Path(path.to_owned()),
        (None, Input::Stdin) => Output::Path("dream.png".into()),
        (None, Input::Path(path)) => {
            let mut name = path.file_stem().unwrap_or_default().to_owned();
            name.push(".dream.png");
            Output::Path(name.into())
        }
    };
    if matches!(output, Output::Stdout(_)) {
        if !is_free {
            return Err(Exit::usage(anyhow!(
                "--json and --preview need --output to be a file: standard output is the picture's"
            )));
        }
        if stdout().is_terminal() {
            return Err(Exit::usage(anyhow!(
                "standard output is a terminal; redirect it to a file or a program"
            )));
        }
    }
    Ok(output)
}

/// Finds out before any work whether the output would be refused.
pub fn check(output: &Output, force: bool) -> Result<(), WriteError> {
    let _hold = interrupt::hold();
    picture::check(output, force)
}

/// An output, the settings to put into it and how to write it.
pub struct Destination {
    output: Output,
    settings: String,
    options: WriteOptions,
    depth: Depth,
    has_alpha: bool,
}

impl Destination {
    /// For what will be dreamed on `original`.
    pub fn new(
        output: Output,
        options: WriteOptions,
        recipe: &Recipe,
        original: &Picture,
    ) -> Result<Destination, Exit> {
        let destination = Destination {
            output,
            settings: serde_json::to_string(recipe)?,
            options,
            depth: original.depth,
            has_alpha: original.alpha.is_some(),
        };
        let (width, height) = (original.planes.width(), original.planes.height());
        match destination.format() {
            Some(format) if width.max(height) > format.max_side() => {
                let reason = EncodeError::TooLarge { format, width, height };
                Err(WriteError::Encode { output: destination.output, reason }.into())
            }
            _ => Ok(destination),
        }
    }

    /// The format, where the name says.
    fn format(&self) -> Option<Format> {
        match &self.output {
            Output::Stdout(format) => Some(*format),
            Output::Path(path) => Format::from_path(path).ok(),
        }
    }

    /// Says what the format cannot keep.
    pub fn warn(&self, display: &Display) {
        match self.format() {
            Some(format) if self.has_alpha && !format.has_alpha() => {
                display.note(&format!("note: the transparency is lost: {format} has none"));
            }
            _ => {}
        }
    }

    /// Writes the picture so far, which the next one overwrites.
    pub fn preview(&mut self, planes: &Planes) -> Result<(), WriteError> {
        let picture = Picture { planes: planes.clone(), alpha: None, depth: self.depth };
        let mut hold = interrupt::hold();
        self.write(&picture)?;
        hold.leaves(format!("{} is a preview", self.output));
        self.options.force = true;
        Ok(())
    }

    /// Writes the picture; returns where it is.
    pub fn finish(self, picture: &Picture) -> Result<Output, WriteError> {
        let hold = interrupt::hold();
        self.write(picture)?;
        hold.forever();
        Ok(self.output)
    }

    fn write(&self, picture: &Picture) -> Result<(), WriteError> {
        picture::write(picture, Some(&self.settings), &self.output, &self.options)
    }
}
