//! What computes the dream: libtorch, or the core.

#[cfg(feature = "torch")]
use super::super::arguments::BackendChoice;
use super::super::arguments::DreamArguments;
use super::super::exit::Exit;
use super::choice::Choice;
use super::core;
#[cfg(feature = "torch")]
use super::torch;
use crate::backend::Backend;
use crate::dream::{Dream, Objective, Observer, Settings, Size};
use crate::picture::Planes;

/// A backend that is ready to dream.
pub enum Executor {
    Core(core::Executor),
    #[cfg(feature = "torch")]
    Torch(torch::Executor),
}

/// A picture to dream, whatever computes it.
pub struct Job<'a> {
    pub choice: &'a Choice,
    pub settings: Settings,
    pub original: &'a Planes,
    pub octaves: &'a [Size],
    pub observer: &'a mut (dyn Observer + Send),
}

impl Executor {
    /// Opens what was asked for: libtorch where it is built in, unless the core was named.
    pub fn open(arguments: &DreamArguments) -> Result<Executor, Exit> {
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

    /// Loads the weights and dreams.
    pub fn dream(&self, job: Job) -> Result<Planes, Exit> {
        match self {
            Executor::Core(executor) => executor.dream(job.choice, job),
            #[cfg(feature = "torch")]
            Executor::Torch(executor) => executor.dream(job.choice, job),
        }
    }
}

impl Job<'_> {
    /// Dreams on a backend.
    pub fn run(self, backend: &impl Backend) -> Result<Planes, Exit> {
        let weights = self.choice.layers.iter().map(|layer| layer.weight).collect();
        let dream = Dream {
            backend,
            objective: Objective::new(weights),
            tiling: self.choice.tiling(),
            layers: self.choice.layer_names(),
            settings: self.settings,
        };
        Ok(dream.run(self.original, self.octaves, self.observer)?)
    }
}
