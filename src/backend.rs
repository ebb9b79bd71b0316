//! Executors of a network's graph: what computes scores and gradients, behind one trait.

pub mod core;
mod device;
mod pixels;
#[cfg(feature = "torch")]
pub mod torch;

pub use device::{DeviceChoice, DeviceList};

use crate::picture::Planes;

/// A rectangle of pixels, or of a layer's grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rectangle {
    pub top: usize,
    pub left: usize,
    pub height: usize,
    pub width: usize,
}

impl Rectangle {
    /// The rectangle from the origin.
    pub fn whole(height: usize, width: usize) -> Rectangle {
        Rectangle { top: 0, left: 0, height, width }
    }

    pub fn area(self) -> usize {
        self.height * self.width
    }
}

/// A part of the rolled picture that passes through the network on its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// Pixels that the network is given.
    pub window: Rectangle,
    /// Pixels, within the window, whose gradient is kept.
    pub kept: Rectangle,
    /// For each target the cells of its grid (in the window's own grid) that count for the score;
    /// `None`: all of them.
    pub cells: Vec<Option<Rectangle>>,
}

/// How far the picture is rolled, cyclically: pixel (y, x) of the rolled picture is pixel
/// (y − down, x − right) of the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Roll {
    pub down: isize,
    pub right: isize,
}

/// What a gradient is divided by before a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum Normalize {
    /// Its mean absolute value: a step moves a pixel by `step` levels on average
    Mean,
    /// Its standard deviation
    Std,
    /// Nothing: the gradient as it is, which is huge (SqueezeNet wants a --step near 1e-7)
    None,
}

/// An executor of one network, cut at its targets.
///
/// A picture is climbed on a [`Backend::Canvas`], which lives where the executor computes, so that
/// it crosses no bus between steps.
pub trait Backend {
    /// A picture and its gradient, both 3×height×width.
    type Canvas;

    /// Puts a picture where the executor computes.
    ///
    /// # Errors
    /// [`Error`] where the device lacks the memory.
    fn canvas(&self, picture: Planes) -> Result<Self::Canvas, Error>;

    /// The picture as it is in the end.
    ///
    /// # Errors
    /// [`Error`] if the device fails.
    fn finish(&self, canvas: Self::Canvas) -> Result<Planes, Error>;

    /// Σa² of each target over the tile's cells, by a forward pass alone.
    ///
    /// # Errors
    /// [`Error`] if the device fails.
    fn energies(&self, canvas: &Self::Canvas, roll: Roll, tile: &Tile) -> Result<Vec<f64>, Error>;

    /// Writes the gradient of the tile's kept pixels into the canvas; returns Σa² of each target
    /// over the tile's cells.
    ///
    /// The gradient at a target with activation a is `factors(energies)[target] · a`.
    ///
    /// # Errors
    /// [`Error`] if the device fails.
    fn gradient(
        &self,
        canvas: &mut Self::Canvas,
        roll: Roll,
        tile: &Tile,
        factors: &dyn Fn(&[f64]) -> Vec<f64>,
    ) -> Result<Vec<f64>, Error>;

    /// What `normalize` divides the canvas's gradient by (1 for [`Normalize::None`]). Zero where the
    /// gradient is all zero (for [`Normalize::Std`]: all the same) and not finite where it is not.
    ///
    /// # Errors
    /// [`Error`] if the device fails.
    fn magnitude(&self, canvas: &Self::Canvas, normalize: Normalize) -> Result<f64, Error>;

    /// picture ← clamp(picture + rate · gradient, 0, 1).
    ///
    /// # Errors
    /// [`Error`] if the device fails.
    fn climb(&self, canvas: &mut Self::Canvas, rate: f64) -> Result<(), Error>;

    /// Name of the device for people (`cpu`, `cuda:0`).
    fn device(&self) -> String;
}

/// Why an executor cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no device {device} here: {reason}")]
    NoDevice { device: String, reason: String },
    #[error("{device} has too little memory: {message}; try --tile, --max-size or --device cpu")]
    OutOfMemory { device: String, message: String },
    #[error("computing failed: {0}")]
    Failed(String),
}
