//! What belongs to all pictures of one run: what computes, and the network.

use super::super::arguments::DreamArguments;
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

    /// The settings that a picture carries: `input` is its name, and `tile` the side of its tiles.
    pub fn recipe(&self, arguments: &DreamArguments, input: String, tile: Option<usize>) -> Recipe {
        let resolved = Resolved {
            input,
            model: &self.choice.model,
            layers: &self.choice.layers,
            tile,
            backend: self.executor.name(),
            device: self.executor.device(),
            threads: self.executor.threads(),
        };
        Recipe::new(arguments, resolved)
    }
}
