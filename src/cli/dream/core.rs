//! The dream on the core.

use std::sync::Arc;

use rayon::ThreadPool;

use super::super::exit::Exit;
use super::super::threads::Threads;
use super::choice::Choice;
use dreamer::backend::DeviceChoice;
use dreamer::backend::core::{self, Core};
use dreamer::weights::Weights;

/// The processor's cores.
pub struct Executor {
    pool: Arc<ThreadPool>,
    pub threads: usize,
}

impl Executor {
    /// As many threads as were asked for.
    pub fn open(device: DeviceChoice, threads: Option<usize>) -> Result<Executor, Exit> {
        if !matches!(device, DeviceChoice::Auto | DeviceChoice::Cpu) {
            return Err(Exit::usage(anyhow::anyhow!(
                "the core computes on the CPU, not on {device}; {}",
                if cfg!(feature = "torch") {
                    "leave out --device, or --backend core"
                } else {
                    "leave out --device (a dreamer that is built with libtorch can use a GPU)"
                }
            )));
        }
        let Threads { pool, count } = Threads::new(threads)?;
        Ok(Executor { pool: Arc::new(pool), threads: count })
    }

    /// Bytes of memory that a step takes for each pixel.
    pub fn bytes_per_pixel(&self, choice: &Choice) -> usize {
        core::bytes_per_pixel(&choice.needed, &choice.targets)
    }

    /// Makes the network ready to dream.
    pub fn load(&self, choice: &Choice, weights: Weights) -> Ready {
        self.with(Core::new(&choice.needed, weights, &choice.targets))
    }

    /// A network that these threads compute.
    pub fn with(&self, core: Core) -> Ready {
        Ready { pool: self.pool.clone(), core }
    }
}

/// A network on the core, and the threads that compute it.
pub struct Ready {
    pub pool: Arc<ThreadPool>,
    pub core: Core,
}
