//! One picture's way: read, set up, dreamed.

use std::io::{IsTerminal, stdin};

use anyhow::anyhow;

use super::super::arguments::DreamOptions;
use super::super::exit::Exit;
use super::super::progress::Display;
use super::choice::Choice;
use super::loaded::{Job, Loaded};
use super::session::Session;
use dreamer::dream::{Observer, Settings, Size};
use dreamer::memory::Budget;
use dreamer::picture::{self, Input, Limits, Picture};

/// A photograph that has been read and fits the network.
pub struct Photograph {
    pub picture: Picture,
    /// The sizes at which it is dreamed.
    pub octaves: Vec<Size>,
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
        let budget = Budget::new();
        let memory = executor.bytes_per_pixel(choice).map(|bytes| (&budget, bytes));
        Photograph::of(choice, options, (input, picture), memory, display)
    }

    /// Sets the dream of a picture up that has been read from `input`, which is cut into tiles where
    /// the machine's `memory` demands it (as for [`Choice::tile`]).
    pub fn of(
        choice: &Choice,
        options: &DreamOptions,
        (input, picture): (&Input, Picture),
        memory: Option<(&Budget, usize)>,
        display: &Display,
    ) -> Result<Photograph, Exit> {
        let octaves = choice.octaves(options, input, size(&picture), display)?.sizes;
        let tile = choice.tile(options.tile, size(&picture), memory)?;
        Ok(Photograph::new(options, picture, octaves, tile))
    }

    /// A picture that is to be dreamed at the sizes of `octaves`, in tiles of side `tile`.
    pub fn new(
        options: &DreamOptions,
        picture: Picture,
        octaves: Vec<Size>,
        tile: Option<usize>,
    ) -> Photograph {
        let settings = Settings {
            iterations: options.iterations,
            step: options.step,
            jitter: options.jitter as usize,
            normalize: options.normalize,
            seed: options.seed,
            tile,
        };
        Photograph { picture, octaves, settings }
    }

    /// The same with another number of steps in each octave.
    pub fn with_iterations(mut self, iterations: usize) -> Photograph {
        self.settings.iterations = iterations;
        self
    }

    /// The side of its tiles.
    pub fn tile(&self) -> Option<usize> {
        self.settings.tile
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

/// Height and width of a picture of width and height `size` after it is shrunk as [`read`] shrinks it.
pub fn shrunk(options: &DreamOptions, size: [usize; 2]) -> Size {
    let [width, height] = picture::shrunk(size, options.max_size.unwrap_or(usize::MAX));
    Size { height, width }
}

/// Height and width of a picture.
pub fn size(picture: &Picture) -> Size {
    Size { height: picture.planes.height(), width: picture.planes.width() }
}
