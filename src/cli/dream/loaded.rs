//! A network that is ready to dream, one picture after another.

use super::super::exit::Exit;
use super::choice::Choice;
use super::core;
use super::executor::Executor;
use dreamer::backend::Backend;
#[cfg(feature = "torch")]
use dreamer::backend::torch::Torch;
use dreamer::dream::{Dream, Objective, Observer, Settings, Size, Tiling};
use dreamer::picture::Planes;

/// The chosen layers' network on its device, with its weights.
pub struct Loaded {
    ready: Ready,
    target: Target,
}

/// What is climbed, on whatever computes it.
#[derive(Clone)]
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

    /// The same network for another executor of its device, with which it shares the weights.
    pub fn for_executor(&self, executor: &Executor) -> Loaded {
        let ready = match (&self.ready, executor) {
            (Ready::Core(ready), Executor::Core(executor)) => {
                Ready::Core(executor.with(ready.core.clone()))
            }
            #[cfg(feature = "torch")]
            (Ready::Torch(torch), Executor::Torch(_)) => Ready::Torch(torch.clone()),
            #[cfg(feature = "torch")]
            _ => unreachable!("one backend computes all dreams of a run"),
        };
        Loaded { ready, target: self.target.clone() }
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
