//! What computes dreams: libtorch, or the core.

use anyhow::anyhow;

use super::super::arguments::{BackendChoice, DreamOptions};
use super::super::exit::Exit;
use super::choice::Choice;
use super::core;
use super::loaded::{Loaded, Ready};
#[cfg(feature = "torch")]
use super::torch;
use dreamer::backend::DeviceChoice;
use dreamer::weights::Weights;

/// A device, and the threads to compute with.
pub enum Executor {
    Core(core::Executor),
    #[cfg(feature = "torch")]
    Torch(torch::Executor),
}

impl Executor {
    /// Opens what was asked for: libtorch where it is built in, unless the core was named.
    ///
    /// # Errors
    /// [`Exit`] where several devices were, or one that is not there.
    pub fn open(arguments: &DreamOptions) -> Result<Executor, Exit> {
        let [device] = arguments.device.devices() else {
            return Err(Exit::usage(anyhow!(
                "one photograph is dreamed on one device, not on {}; name one of them",
                arguments.device
            )));
        };
        Executor::on(*device, arguments.threads, arguments.backend)
    }

    /// Opens a device, with so many threads of the CPU.
    pub fn on(
        device: DeviceChoice,
        threads: Option<usize>,
        backend: BackendChoice,
    ) -> Result<Executor, Exit> {
        match backend {
            #[cfg(feature = "torch")]
            BackendChoice::Auto | BackendChoice::Torch => {
                torch::Executor::open(device, threads).map(Executor::Torch)
            }
            #[cfg(not(feature = "torch"))]
            BackendChoice::Auto => core::Executor::open(device, threads).map(Executor::Core),
            BackendChoice::Core => core::Executor::open(device, threads).map(Executor::Core),
        }
    }

    /// Has the calling thread compute with as many threads as were asked for, and no more.
    pub fn enter(&self) {
        match self {
            Executor::Core(_) => {}
            #[cfg(feature = "torch")]
            Executor::Torch(executor) => executor.enter(),
        }
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
            Executor::Torch(executor) => dreamer::backend::torch::device_name(executor.device),
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
