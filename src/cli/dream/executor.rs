//! What computes dreams: libtorch, or the core.

#[cfg(feature = "torch")]
use super::super::arguments::BackendChoice;
use super::super::arguments::DreamOptions;
use super::super::exit::Exit;
use super::choice::Choice;
use super::core;
use super::loaded::{Loaded, Ready};
#[cfg(feature = "torch")]
use super::torch;
use crate::weights::Weights;

/// A device, and the threads to compute with.
pub enum Executor {
    Core(core::Executor),
    #[cfg(feature = "torch")]
    Torch(torch::Executor),
}

impl Executor {
    /// Opens what was asked for: libtorch where it is built in, unless the core was named.
    pub fn open(arguments: &DreamOptions) -> Result<Executor, Exit> {
        #[cfg(feature = "torch")]
        if arguments.backend != BackendChoice::Core {
            return torch::Executor::open(arguments).map(Executor::Torch);
        }
        core::Executor::open(arguments).map(Executor::Core)
    }

    /// Its name, as `--backend` takes it.
    pub fn name(&self) -> &'static str {
        match self {
            Executor::Core(_) => "core",
            #[cfg(feature = "torch")]
            Executor::Torch(_) => "torch",
        }
    }

    /// Its device's name, as `--device` takes it.
    pub fn device(&self) -> String {
        match self {
            Executor::Core(_) => "cpu".to_owned(),
            #[cfg(feature = "torch")]
            Executor::Torch(executor) => crate::backend::torch::device_name(executor.device),
        }
    }

    /// Bytes of the machine's own memory that a step takes for each pixel; `None` where it computes
    /// in a GPU's.
    pub fn bytes_per_pixel(&self, choice: &Choice) -> Option<usize> {
        match self {
            Executor::Core(executor) => Some(executor.bytes_per_pixel(choice)),
            #[cfg(feature = "torch")]
            Executor::Torch(executor) => executor.bytes_per_pixel(choice),
        }
    }

    pub fn threads(&self) -> usize {
        match self {
            Executor::Core(executor) => executor.threads,
            #[cfg(feature = "torch")]
            Executor::Torch(executor) => executor.threads,
        }
    }

    /// Reads the weights that the chosen layers need, and makes the network ready to dream.
    pub fn load(&self, choice: &Choice) -> Result<Loaded, Exit> {
        self.load_with(choice, choice.load()?)
    }

    /// Likewise with weights that have been read.
    pub fn load_with(&self, choice: &Choice, weights: Weights) -> Result<Loaded, Exit> {
        let ready = match self {
            Executor::Core(executor) => Ready::Core(executor.load(choice, weights)),
            #[cfg(feature = "torch")]
            Executor::Torch(executor) => Ready::Torch(executor.load(choice, weights)?),
        };
        Ok(Loaded::new(ready, choice))
    }
}
