//! What belongs to all pictures of one run: what computes, and the network.

use std::sync::Arc;

use super::super::arguments::DreamOptions;
use super::super::exit::Exit;
use super::super::recipe::{Recipe, Resolved};
use super::choice::Choice;
use super::executor::Executor;
use super::loaded::Loaded;
use dreamer::picture::Input;

/// An executor and the network that it will dream with.
pub struct Session {
    pub executor: Executor,
    pub choice: Arc<Choice>,
}

impl Session {
    /// Reads the weights, once for any number of pictures.
    pub fn load(&self) -> Result<Loaded, Exit> {
        self.executor.load(&self.choice)
    }

    /// The settings that a picture carries: that of `input`, in tiles of side `tile`.
    pub fn recipe(&self, options: &DreamOptions, input: &Input, tile: Option<usize>) -> Recipe {
        recipe(&self.executor, &self.choice, options, input, tile)
    }
}

/// The settings that a picture carries, as [`Session::recipe`] gives them.
pub fn recipe(
    executor: &Executor,
    choice: &Choice,
    options: &DreamOptions,
    input: &Input,
    tile: Option<usize>,
) -> Recipe {
    let resolved = Resolved {
        input: file_name(input),
        model: &choice.model,
        layers: &choice.layers,
        tile,
        backend: executor.name(),
        device: executor.device(),
        threads: executor.threads(),
    };
    Recipe::new(options, resolved)
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
