//! The dream on libtorch.

use super::super::exit::Exit;
use super::choice::Choice;
use dreamer::backend::DeviceChoice;
use dreamer::backend::torch::{self, Torch};
use dreamer::weights::Weights;

/// A device of libtorch's.
pub struct Executor {
    pub device: tch::Device,
    pub threads: usize,
}

impl Executor {
    /// Opens the device that was asked for.
    pub fn open(device: DeviceChoice, threads: Option<usize>) -> Result<Executor, Exit> {
        let device = torch::open(device)?;
        let threads = Torch::set_threads(threads);
        torch::tune_process(if device == tch::Device::Cpu { threads } else { 1 });
        Ok(Executor { device, threads })
    }

    /// Has libtorch use this executor's number of threads where the calling thread waits for it.
    pub fn enter(&self) {
        Torch::set_threads(Some(self.threads));
    }

    /// Bytes of the machine's own memory that a step takes for each pixel; `None` on a GPU.
    pub fn bytes_per_pixel(&self, choice: &Choice) -> Option<usize> {
        (!self.device.is_cuda()).then(|| torch::bytes_per_pixel(&choice.needed))
    }

    /// Puts the network on the device.
    pub fn load(&self, choice: &Choice, weights: Weights) -> Result<Torch, Exit> {
        Ok(Torch::new(&choice.needed, weights, &choice.targets, self.device)?)
    }
}
