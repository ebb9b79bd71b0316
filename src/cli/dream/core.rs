//! The dream on the core.

use rayon::ThreadPool;

use super::super::arguments::DreamArguments;
use super::super::exit::Exit;
use super::super::threads::Threads;
use super::choice::Choice;
use super::executor::Job;
use crate::backend::DeviceChoice;
use crate::backend::core::{self, Core};
use crate::picture::Planes;

/// The processor's cores.
pub struct Executor {
    pool: ThreadPool,
    pub threads: usize,
}

impl Executor {
    /// As many threads as were asked for.
    pub fn open(arguments: &DreamArguments) -> Result<Executor, Exit> {
        if !matches!(arguments.device, DeviceChoice::Auto | DeviceChoice::Cpu) {
            return Err(Exit::usage(anyhow::anyhow!(
                "the core computes on the CPU, not on {}; {}",
                arguments.device,
                if cfg!(feature = "torch") {
                    "leave out --device, or --backend core"
                } else {
                    "leave out --device (a dreamer that is built with libtorch can use a GPU)"
                }
            )));
        }
        let Threads { pool, count } = Threads::new(arguments.threads)?;
        Ok(Executor { pool, threads: count })
    }

    /// Bytes of memory that a step takes for each pixel.
    pub fn bytes_per_pixel(&self, choice: &Choice) -> usize {
        core::bytes_per_pixel(&choice.needed, &choice.targets)
    }

    /// Loads the weights and dreams.
    pub fn dream(&self, choice: &Choice, job: Job) -> Result<Planes, Exit> {
        let weights = choice.load()?;
        self.pool.install(|| job.run(&Core::new(&choice.needed, weights, &choice.targets)))
    }
}
