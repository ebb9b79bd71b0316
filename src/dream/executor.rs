//! What computes dreams: libtorch on a device, or the core on threads of its own.

use std::sync::Arc;

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::backend::core::{self, Core};
#[cfg(feature = "torch")]
use crate::backend::torch::{self, Torch};
use crate::backend::{self, Backend, DeviceChoice};
use crate::network::{Graph, NodeId};
use crate::options::choices;
use crate::weights::Weights;

choices! {
    /// Backend to compute with.
    pub enum BackendChoice {
        /// libtorch where it is built in, else the core
        Auto "auto",
        /// dreamer's own core, in plain Rust, on the CPU
        Core "core",
        /// libtorch, on the CPU or a GPU
        Torch "torch",
    }
}

/// A device, and the threads to compute with.
#[derive(Clone)]
pub enum Executor {
    /// The core, on the CPU.
    Core {
        /// The threads that compute.
        pool: Arc<ThreadPool>,
    },
    /// libtorch.
    #[cfg(feature = "torch")]
    Torch {
        /// The CPU or a GPU.
        device: tch::Device,
        /// Threads of the CPU.
        threads: usize,
    },
}

/// Why nothing can compute.
#[derive(Debug, thiserror::Error)]
pub enum ExecutorError {
    /// The core was asked to compute on a GPU.
    #[error("the core computes on the CPU, not on {0}")]
    CoreDevice(DeviceChoice),
    /// libtorch was asked for, and the crate is built without the feature `torch`.
    #[error("this dreamer is built without libtorch")]
    NoTorch,
    /// The operating system starts no more threads.
    #[error("the system gives no more threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// The device cannot be used.
    #[error(transparent)]
    Backend(#[from] backend::Error),
}

impl Executor {
    /// Opens a device, with `threads` of the CPU, or one per core.
    ///
    /// # Errors
    /// [`ExecutorError`] where it is not there.
    pub fn open(
        backend: BackendChoice,
        device: DeviceChoice,
        threads: Option<usize>,
    ) -> Result<Executor, ExecutorError> {
        match backend {
            #[cfg(feature = "torch")]
            BackendChoice::Auto | BackendChoice::Torch => {
                let device = torch::open(device)?;
                let threads = Torch::set_threads(threads);
                torch::tune_process(if device == tch::Device::Cpu { threads } else { 1 });
                Ok(Executor::Torch { device, threads })
            }
            #[cfg(not(feature = "torch"))]
            BackendChoice::Torch => Err(ExecutorError::NoTorch),
            _ => match device {
                DeviceChoice::Auto | DeviceChoice::Cpu => {
                    let threads = ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0));
                    Ok(Executor::Core { pool: Arc::new(threads.build()?) })
                }
                device => Err(ExecutorError::CoreDevice(device)),
            },
        }
    }

    /// The same device with another number of threads.
    ///
    /// # Errors
    /// [`ExecutorError::Threads`] where the system gives no more.
    pub(crate) fn with_threads(&self, threads: usize) -> Result<Executor, ExecutorError> {
        Ok(match self {
            Executor::Core { .. } => {
                let pool = ThreadPoolBuilder::new().num_threads(threads).build()?;
                Executor::Core { pool: Arc::new(pool) }
            }
            #[cfg(feature = "torch")]
            Executor::Torch { device, .. } => Executor::Torch { device: *device, threads },
        })
    }

    /// Has the calling thread compute with as many threads as were asked for, and no more.
    pub(crate) fn enter(&self) {
        match self {
            Executor::Core { .. } => {}
            #[cfg(feature = "torch")]
            Executor::Torch { threads, .. } => {
                Torch::set_threads(Some(*threads));
            }
        }
    }

    /// The backend's name, as [`BackendChoice`] has it.
    pub fn backend(&self) -> &'static str {
        match self {
            Executor::Core { .. } => "core",
            #[cfg(feature = "torch")]
            Executor::Torch { .. } => "torch",
        }
    }

    /// The device's name, as [`DeviceChoice`] reads it.
    pub fn device(&self) -> String {
        match self {
            Executor::Core { .. } => "cpu".to_owned(),
            #[cfg(feature = "torch")]
            Executor::Torch { device, .. } => torch::device_name(*device),
        }
    }

    /// Number of the CPU's threads that a dream takes.
    pub fn threads(&self) -> usize {
        match self {
            Executor::Core { pool } => pool.current_num_threads(),
            #[cfg(feature = "torch")]
            Executor::Torch { threads, .. } => *threads,
        }
    }

    /// Bytes of the machine's own memory that a step takes for each pixel; `None` where it computes
    /// in a GPU's.
    pub(super) fn bytes_per_pixel(&self, graph: &Graph, targets: &[NodeId]) -> Option<usize> {
        match self {
            Executor::Core { .. } => Some(core::bytes_per_pixel(graph, targets)),
            #[cfg(feature = "torch")]
            Executor::Torch { device, .. } => {
                (!device.is_cuda()).then(|| torch::bytes_per_pixel(graph))
            }
        }
    }

    /// Puts a network on the device.
    pub(super) fn load(
        &self,
        graph: &Graph,
        targets: &[NodeId],
        weights: Weights,
    ) -> Result<Loaded, backend::Error> {
        Ok(match self {
            Executor::Core { .. } => Loaded::Core(Core::new(graph, weights, targets)),
            #[cfg(feature = "torch")]
            Executor::Torch { device, .. } => {
                Loaded::Torch(Torch::new(graph, weights, targets, *device)?)
            }
        })
    }
}

/// A network on a device. Clones share its weights.
#[derive(Clone)]
pub(super) enum Loaded {
    Core(Core),
    #[cfg(feature = "torch")]
    Torch(Torch),
}

/// Something to do with a network on whatever backend it is loaded.
pub(super) trait Work: Send {
    type Done: Send;

    fn on<B: Backend>(self, backend: &B) -> Self::Done;
}

impl Loaded {
    /// Does something on the threads of the executor that has loaded the network.
    pub(super) fn work<W: Work>(&self, executor: &Executor, work: W) -> W::Done {
        match (self, executor) {
            (Loaded::Core(core), Executor::Core { pool }) => pool.install(|| work.on(core)),
            #[cfg(feature = "torch")]
            (Loaded::Torch(torch), _) => work.on(torch),
            #[cfg(feature = "torch")]
            _ => unreachable!("a network is loaded for its own executor"),
        }
    }
}
