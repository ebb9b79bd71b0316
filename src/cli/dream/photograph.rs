//! One picture's way: read, set up, dreamed.

use std::io::{IsTerminal, stdin};

use anyhow::anyhow;

use super::super::arguments::DreamOptions;
use super::super::exit::Exit;
use super::super::progress::Display;
use super::super::recipe::Recipe;
use super::choice::Choice;
use super::executor::Executor;
use super::loaded::{Job, Loaded};
use super::session::{self, Session};
use crate::dream::{Observer, Settings, Size};
use crate::picture::{self, Input, Limits, Picture};

/// A photograph that has been read and fits the network.
pub struct Photograph {
    pub picture: Picture,
    /// The sizes at which it is dreamed.
    pub octaves: Vec<Size>,
    pub recipe: Recipe,
    settings: Settings,
}

impl Photograph {
    /// Reads a photograph and sets its dream up.
    pub fn read(
        session: &Session,
        options: &DreamOptions,
        input: &Input,
        display: &Display,
    ) -> Result<Photograph, Exit> {
        let picture = read(options, input, display)?;
        let Session { executor, choice } = session;
        Photograph::of(executor, choice, options, (input, picture), display)
    }

    /// Sets the dream of a picture up that has been read from `input`.
    pub fn of(
        executor: &Executor,
        choice: &Choice,
        options: &DreamOptions,
        (input, picture): (&Input, Picture),
        display: &Display,
    ) -> Result<Photograph, Exit> {
        let size = Size { height: picture.planes.height(), width: picture.planes.width() };
        let octaves = choice.octaves(options, input, size, display)?.sizes;
        let tile = choice.tile(options.tile, size, executor.bytes_per_pixel(choice))?;
        let recipe = session::recipe(executor, choice, options, file_name(input), tile);
        let settings = Settings {
            iterations: options.iterations,
            step: options.step,
            jitter: options.jitter as usize,
            normalize: options.normalize,
            seed: options.seed,
            tile,
        };
        Ok(Photograph { picture, octaves, recipe, settings })
    }

    /// Dreams on it: its picture is then the dream.
    pub fn dream(
        &mut self,
        loaded: &Loaded,
        observer: &mut (dyn Observer + Send),
    ) -> Result<(), Exit> {
        self.picture.planes = loaded.dream(Job {
            settings: self.settings.clone(),
            original: &self.picture.planes,
            octaves: &self.octaves,
            observer,
        })?;
        Ok(())
    }
}

/// Reads a photograph, and shrinks it if that is asked for.
pub fn read(options: &DreamOptions, input: &Input, display: &Display) -> Result<Picture, Exit> {
    if matches!(input, Input::Stdin) && stdin().is_terminal() {
        return Err(Exit::usage(anyhow!(
            "standard input is a terminal; name a photograph, or pipe one into dreamer"
        )));
    }
    display.busy(&format!("reading {input}"));
    let mut picture = picture::read(input, &Limits { max_pixels: options.max_pixels })?;
    if let Some(longest) = options.max_size {
        picture.shrink(longest);
    }
    Ok(picture)
}

/// The input's name without its folder, as the command line takes it.
fn file_name(input: &Input) -> String {
    let path = match input {
        Input::Stdin => return "-".to_owned(),
        Input::Path(path) => path,
    };
    match path.file_name().unwrap_or(path.as_os_str()).to_string_lossy() {
        name if name == "-" => "./-".to_owned(),
        name => name.into_owned(),
    }
}
