//! The dream on libtorch.

use super::super::arguments::DreamArguments;
use super::super::exit::Exit;
use super::choice::Choice;
use crate::backend::torch::{self, Torch};
use crate::dream::{Dream, Objective, Observer, Settings, Size};
use crate::picture::Planes;
use crate::weights;

/// A device to dream on.
pub struct Executor {
    device: tch::Device,
    threads: usize,
}

impl Executor {
    /// Opens the device that was asked for.
    pub fn open(arguments: &DreamArguments) -> Result<Executor, Exit> {
        let device = torch::open(arguments.device)?;
        let threads = Torch::set_threads(arguments.threads);
        torch::tune_process(if device == tch::Device::Cpu { threads } else { 1 });
        Ok(Executor { device, threads })
    }

    /// Its name, as `--device` takes it.
    pub fn device(&self) -> String {
        torch::device_name(self.device)
    }

    /// Whether it computes in the machine's own memory, not in a GPU's.
    pub fn shares_memory(&self) -> bool {
        !self.device.is_cuda()
    }

    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Loads the weights and dreams.
    pub fn dream(
        &self,
        choice: &Choice,
        settings: Settings,
        original: &Planes,
        octaves: &[Size],
        observer: &mut impl Observer,
    ) -> Result<Planes, Exit> {
        let weights = weights::read(&choice.weights, &choice.needed, &choice.whole)?;
        let backend = Torch::new(&choice.needed, weights, &choice.targets, self.device)?;
        let dream = Dream {
            backend: &backend,
            objective: Objective::new(choice.layers.iter().map(|layer| layer.weight).collect()),
            tiling: choice.tiling(),
            layers: choice.layer_names(),
            settings,
        };
        Ok(dream.run(original, octaves, observer)?)
    }
}
