//! The libtorch executor: any graph, on the CPU, on CUDA and on Metal.

mod arrays;
mod average_pool;
mod convolution;
mod cpu;
mod cuda;
mod device;
mod epilogue;
mod layout;
mod memory;
mod onednn;
mod process;
mod program;
mod response_norm;
mod squash;
mod subsample;

pub use device::{name as device_name, open};
pub use memory::bytes_per_pixel;
pub use process::tune_process;

use std::sync::Arc;

use tch::{Device, TchError, Tensor};

use self::arrays::Input;
use self::program::Program;
use super::fold::{fold_batch_norm, fold_channel_order};
use super::{Backend, Error, Record, Rectangle, Seed, View};
use crate::network::{Graph, NodeId};
use crate::weights::Weights;

/// A network on a device, cut at its targets. Clones share its weights, and may compute at once.
#[derive(Clone)]
pub struct Torch {
    program: Arc<Program>,
    input: Arc<Input>,
    device: Device,
}

impl Torch {
    /// Puts a network on a device: `graph` is truncated to what `targets` need, and `weights` holds
    /// every parameter of it.
    ///
    /// # Errors
    /// [`Error`] where the device lacks the memory.
    pub fn new(
        graph: &Graph,
        weights: Weights,
        targets: &[NodeId],
        device: Device,
    ) -> Result<Torch, Error> {
        let (graph, weights) = fold_channel_order(graph, weights);
        let (folded, weights, targets) = fold_batch_norm(&graph, weights, targets);
        let make = || {
            let input = Input::new(graph.preprocessing(), graph.input_channels(), device)?;
            Ok((Program::new(&folded, weights, &targets, device)?, input))
        };
        let (program, input) = tch::no_grad(make).map_err(|error| failure(device, error))?;
        Ok(Torch { program: Arc::new(program), input: Arc::new(input), device })
    }

    /// Lets libtorch compute on `threads` threads for the thread that calls; returns how many it
    /// uses, with `None` as many as it thinks right.
    pub fn set_threads(threads: Option<usize>) -> usize {
        // The first question of a thread takes over the number that another has set last.
        let _ = tch::get_num_threads();
        if let Some(threads) = threads {
            tch::set_num_threads(i32::try_from(threads).unwrap_or(i32::MAX));
        }
        tch::get_num_threads() as usize
    }

    fn guard<T>(&self, work: impl FnOnce() -> Result<T, TchError>) -> Result<T, Error> {
        tch::no_grad(work).map_err(|error| failure(self.device, error))
    }
}

/// A forward pass, and where its view lies.
pub struct Trace {
    view: View,
    passed: program::Trace,
}

impl Backend for Torch {
    type Trace<'a> = Trace;

    fn forward(&self, picture: &Tensor, view: View, record: Record) -> Result<Trace, Error> {
        self.guard(|| {
            let input = self.input.take(picture, view)?;
            Ok(Trace { view, passed: self.program.forward(input, record)? })
        })
    }

    fn activations(&self, trace: &Trace) -> Vec<Tensor> {
        let activations = self.program.activations(&trace.passed);
        activations.into_iter().map(Tensor::shallow_clone).collect()
    }

    fn backward(
        &self,
        trace: Trace,
        seeds: Vec<Seed<Tensor>>,
        kept: Rectangle,
        gradient: &mut Tensor,
    ) -> Result<(), Error> {
        self.guard(|| {
            let back = self.program.backward(trace.passed, seeds)?;
            self.input.put(&back, trace.view, kept, gradient)
        })
    }

    fn device(&self) -> String {
        device::name(self.device)
    }
}

/// An error of libtorch in one line.
fn failure(device: Device, error: TchError) -> Error {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default().to_owned();
    let memory = [
        "out of memory",
        "can't allocate memory",
        "not enough memory",
        // What CUDA's libraries say where their own workspace or handle finds no room.
        "cudnn_status_internal_error",
        "cudnn_status_alloc_failed",
        "cublas_status_alloc_failed",
        "cublas_status_not_initialized",
    ];
    if memory.iter().any(|sign| text.to_lowercase().contains(sign)) {
        return Error::OutOfMemory { device: device::name(device), message: line };
    }
    Error::Failed(line)
}
