//! A network that is ready to dream, one picture after another.

use super::super::exit::Exit;
use super::choice::Choice;
use super::core;
use crate::backend::Backend;
#[cfg(feature = "torch")]
use crate::backend::torch::Torch;
use crate::dream::{Dream, Objective, Observer, Settings, Size, Tiling};
use crate::picture::Planes;

/// The chosen layers' network on its device, with its weights.
pub struct Loaded {
    ready: Ready,
    target: Target,
}

/// What is climbed, on whatever computes it.
struct Target {
    objective: Objective,
    tiling: Tiling,
    layers: String,
}

/// The network on what computes it.
pub enum Ready {
    Core(core::Ready),
    #[cfg(feature = "torch")]
    Torch(Torch),
}

/// A picture to dream.
pub struct Job<'a> {
    pub settings: Settings,
    pub original: &'a Planes,
    pub octaves: &'a [Size],
    pub observer: &'a mut (dyn Observer + Send),
}

impl Loaded {
    /// `ready` is the network of `choice`.
    pub fn new(ready: Ready, choice: &Choice) -> Loaded {
        let weights = choice.layers.iter().map(|layer| layer.weight).collect();
        let target = Target {
            objective: Objective::new(weights),
            tiling: choice.tiling(),
            layers: choice.layer_names(),
        };
        Loaded { ready, target }
    }

    /// Dreams a picture.
    pub fn dream(&self, job: Job) -> Result<Planes, Exit> {
        let Loaded { ready, target } = self;
        match ready {
            Ready::Core(ready) => ready.pool.install(|| target.dream(&ready.core, job)),
            #[cfg(feature = "torch")]
            Ready::Torch(torch) => target.dream(torch, job),
        }
    }
}

impl Target {
    fn dream(&self, backend: &impl Backend, job: Job) -> Result<Planes, Exit> {
        let dream = Dream {
            backend,
            objective: self.objective.clone(),
            tiling: self.tiling.clone(),
            layers: self.layers.clone(),
            settings: job.settings,
        };
        Ok(dream.run(job.original, job.octaves, job.observer)?)
    }
}
