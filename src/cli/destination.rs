//! Where the picture goes, and what goes with it.

use std::io::{IsTerminal, stdout};

use anyhow::anyhow;

use super::batch::DreamArguments;
use super::exit::Exit;
use super::interrupt;
use super::progress::Display;
use dreamer::dream::Recipe;
use dreamer::picture::{
    self, Depth, EncodeError, Format, Input, Output, Picture, Planes, WriteError, WriteOptions,
};

/// Where the picture goes: what was asked for, or `NAME.dream.png` in the current folder.
pub fn output(arguments: &DreamArguments, input: &Input) -> Result<Output, Exit> {
    let output = match (&arguments.output, input) {
        (Some(path), _) if path.as_os_str() == "-" => Output::Stdout(Format::Png),
        (Some(path), _) => Output::Path(path.clone()),
        (None, Input::Stdin) => Output::Path("dream.png".into()),
        (None, Input::Path(path)) => {
            let mut name = path.file_stem().unwrap_or_default().to_owned();
            name.push(".dream.png");
            Output::Path(name.into())
        }
    };
    if matches!(output, Output::Stdout(_)) {
        if arguments.json || arguments.preview {
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
        arguments: &DreamArguments,
        output: Output,
        recipe: &Recipe,
        original: &Picture,
    ) -> Result<Destination, Exit> {
        let destination = Destination {
            output,
            settings: serde_json::to_string(recipe)?,
            options: WriteOptions {
                force: arguments.force,
                jpeg_quality: arguments.dream.files.0.quality,
            },
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

    /// The format, where the name tells.
    fn format(&self) -> Option<Format> {
        match &self.output {
            Output::Stdout(format) => Some(*format),
            Output::Path(path) => Format::from_path(path).ok(),
        }
    }

    /// Tells what the format cannot keep.
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
