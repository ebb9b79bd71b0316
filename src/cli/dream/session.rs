//! What belongs to all pictures of one run: what computes, and the network.

use super::super::arguments::DreamOptions;
use super::super::exit::Exit;
use super::super::recipe::{Recipe, Resolved};
use super::choice::Choice;
use super::executor::Executor;
use super::loaded::Loaded;

/// An executor and the network that it will dream with.
pub struct Session {
    pub executor: Executor,
    pub choice: Choice,
}

impl Session {
    /// Reads the weights, once for any number of pictures.
    pub fn load(&self) -> Result<Loaded, Exit> {
        self.executor.load(&self.choice)
    }
}

/// The settings that a picture carries: `input` is its name, and `tile` the side of its tiles.
pub fn recipe(
    executor: &Executor,
    choice: &Choice,
    options: &DreamOptions,
    input: String,
    tile: Option<usize>,
) -> Recipe {
    let resolved = Resolved {
        input,
        model: &choice.model,
        layers: &choice.layers,
        tile,
        backend: executor.name(),
        device: executor.device(),
        threads: executor.threads(),
    };
    Recipe::new(options, resolved)
}
