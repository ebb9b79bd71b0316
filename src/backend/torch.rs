//! The libtorch executor: any graph, on the CPU, on CUDA and on Metal.

mod canvas;
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

pub use canvas::Canvas;
pub use device::{name as device_name, open};
pub use memory::bytes_per_pixel;
pub use process::tune_process;

use std::sync::Arc;

use tch::{Device, Kind, TchError, Tensor};

use self::program::Program;
use super::{Backend, Error, Normalize, Rectangle, Roll, Tile};
use crate::network::{Graph, NodeId, Preprocessing, fold_batch_norm, fold_channel_order};
use crate::picture::Planes;
use crate::weights::{self, Weights};

/// A network on a device, cut at its targets. Clones share its weights, and may compute at once.
#[derive(Clone)]
pub struct Torch {
    program: Arc<Program>,
    preprocessing: Preprocessing,
    /// Of the network's input.
    channels: usize,
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
        let program = tch::no_grad(|| Program::new(&folded, weights, &targets, device))
            .map_err(|error| failure(device, error))?;
        let (preprocessing, channels) = (graph.preprocessing(), graph.input_channels());
        Ok(Torch { program: Arc::new(program), preprocessing, channels, device })
    }

    /// The targets' activations for a whole picture, each 1×channels×height×width.
    ///
    /// # Errors
    /// [`Error`] if the device fails.
    pub fn activations(&self, picture: Planes) -> Result<Vec<weights::Tensor>, Error> {
        let canvas = self.canvas(picture)?;
        let tile = canvas.whole();
        self.guard(|| {
            let input = self.input(&canvas, Roll::default(), tile)?;
            let trace = self.program.forward(input, false)?;
            self.program
                .activations(&trace)
                .into_iter()
                .map(|activation| {
                    let shape = activation.size().iter().map(|size| *size as usize).collect();
                    let flat = activation.f_contiguous()?.f_view([-1])?;
                    Ok(weights::Tensor::new(shape, Vec::try_from(flat)?))
                })
                .collect()
        })
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

    /// The gradient that [`Backend::gradient`] left in a canvas.
    ///
    /// # Errors
    /// [`Error`] if the device fails.
    pub fn gradient_planes(&self, canvas: &Canvas) -> Result<Planes, Error> {
        self.guard(|| canvas.gradient())
    }

    fn guard<T>(&self, work: impl FnOnce() -> Result<T, TchError>) -> Result<T, Error> {
        tch::no_grad(work).map_err(|error| failure(self.device, error))
    }

    /// A window of the rolled picture, preprocessed and in channels-last memory.
    fn input(&self, canvas: &Canvas, roll: Roll, window: Rectangle) -> Result<Tensor, TchError> {
        canvas.take(roll, window, self.preprocessing, self.channels)
    }
}

impl Backend for Torch {
    type Canvas = Canvas;

    fn canvas(&self, picture: Planes) -> Result<Canvas, Error> {
        self.guard(|| Canvas::new(picture, self.device))
    }

    fn finish(&self, canvas: Canvas) -> Result<Planes, Error> {
        self.guard(|| canvas.finish())
    }

    fn energies(&self, canvas: &Canvas, roll: Roll, tile: &Tile) -> Result<Vec<f64>, Error> {
        self.guard(|| {
            let input = self.input(canvas, roll, tile.window)?;
            let trace = self.program.forward(input, false)?;
            energies(&self.program.activations(&trace), tile)
        })
    }

    fn gradient(
        &self,
        canvas: &mut Canvas,
        roll: Roll,
        tile: &Tile,
        factors: &dyn Fn(&[f64]) -> Vec<f64>,
    ) -> Result<Vec<f64>, Error> {
        self.guard(|| {
            let input = self.input(canvas, roll, tile.window)?;
            let trace = self.program.forward(input, true)?;
            let energies = energies(&self.program.activations(&trace), tile)?;
            let gradient = self.program.backward(trace, &factors(&energies))?;
            canvas.put(&gradient, roll, tile.window, tile.kept, self.preprocessing)?;
            Ok(energies)
        })
    }

    fn magnitude(&self, canvas: &Canvas, normalize: Normalize) -> Result<f64, Error> {
        self.guard(|| canvas.magnitude(normalize))
    }

    fn climb(&self, canvas: &mut Canvas, rate: f64) -> Result<(), Error> {
        self.guard(|| canvas.climb(rate))
    }

    fn device(&self) -> String {
        device::name(self.device)
    }
}

/// Σa² of each activation over the tile's cells.
fn energies(activations: &[&Tensor], tile: &Tile) -> Result<Vec<f64>, TchError> {
    activations
        .iter()
        .zip(&tile.cells)
        .map(|(activation, cells)| {
            // Not `norm`: it adds up float32 values one by one, and loses the fourth digit.
            let squares = match cells {
                None => activation.f_square()?,
                Some(cells) => activation
                    .f_narrow(2, cells.top as i64, cells.height as i64)?
                    .f_narrow(3, cells.left as i64, cells.width as i64)?
                    .f_square()?,
            };
            f64::try_from(squares.f_sum(Kind::Float)?)
        })
        .collect()
}

/// An error of libtorch in one line.
fn failure(device: Device, error: TchError) -> Error {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default().to_owned();
    let memory = ["out of memory", "can't allocate memory", "not enough memory"];
    if memory.iter().any(|sign| text.to_lowercase().contains(sign)) {
        return Error::OutOfMemory { device: device::name(device), message: line };
    }
    Error::Failed(line)
}
