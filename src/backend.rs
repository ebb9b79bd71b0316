//! Executors of a network's graph, behind one trait: forward to the layers that are watched, back
//! from what is to grow there, and the array operations that a dream is written in.
//!
//! An executor knows nothing of dreams. What is climbed, how a step is taken and what a picture must
//! keep is said in [`crate::dream`], once for all executors, in terms of [`Arrays`].

pub mod core;
mod device;
mod fold;
mod pixels;
#[cfg(feature = "torch")]
pub mod torch;

pub use device::{DeviceChoice, DeviceList};

use crate::network::Shape;

/// A rectangle of pixels, or of a layer's grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rectangle {
    /// The first row.
    pub top: usize,
    /// The first column.
    pub left: usize,
    /// Number of rows.
    pub height: usize,
    /// Number of columns.
    pub width: usize,
}

impl Rectangle {
    /// The rectangle from the origin.
    pub fn whole(height: usize, width: usize) -> Rectangle {
        Rectangle { top: 0, left: 0, height, width }
    }

    /// Number of pixels or cells.
    pub fn area(self) -> usize {
        self.height * self.width
    }
}

/// What lies beyond the edges of a picture, along one axis of `length` pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// The picture again: pixel p is pixel p mod length.
    Wrap,
    /// Its mirror image, the outermost pixel twice: pixel −1 is pixel 0, and pixel `length` is pixel
    /// length − 1.
    Mirror,
}

/// A window of a picture: pixel (y, x) of the view is pixel (top + y, left + x) of the picture, which
/// goes on beyond its edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// Row of the picture that is the view's first; may be negative.
    pub top: isize,
    /// Column of the picture that is the view's first; may be negative.
    pub left: isize,
    /// Number of rows.
    pub height: usize,
    /// Number of columns.
    pub width: usize,
    /// What lies above and below the picture, and what on its left and right.
    pub edges: [Edge; 2],
}

impl View {
    /// The picture as it is.
    pub fn whole(height: usize, width: usize) -> View {
        View { top: 0, left: 0, height, width, edges: [Edge::Wrap; 2] }
    }
}

/// What a forward pass leaves behind for the way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record {
    /// Nothing: there is no way back, and less memory is taken.
    Nothing,
    /// What the gradient needs.
    Gradient,
    /// What the redirected gradient needs: a channel that the last rectifier before a target silences
    /// everywhere lets pass what would wake it (the positive part of the gradient), so that a layer that
    /// nothing excites has a gradient too; an earlier rectifier does so only where all its channels are
    /// silent, for else the gradient would wake them instead of the target (after the redirected ReLU of
    /// lucid, by C. Olah, A. Mordvintsev and L. Schubert, 2018).
    Redirected,
}

/// Float32 arrays of shape channels×height×width where an executor computes, and what can be done
/// with them there.
///
/// # Errors
/// Every operation that computes returns an [`Error`] if the device fails or lacks the memory.
pub trait Arrays: Sized + 'static {
    /// A picture, an activation or a gradient. It may borrow what a forward pass left.
    type Array<'a>;

    /// Channels, height and width.
    fn shape(&self, array: &Self::Array<'_>) -> Shape;

    /// Puts row-major values where the executor computes.
    fn upload(&self, shape: Shape, values: Vec<f32>) -> Result<Self::Array<'static>, Error>;

    /// The values in row-major order.
    fn download(&self, array: &Self::Array<'_>) -> Result<Vec<f32>, Error>;

    /// array ← array + factor · other
    fn add_scaled(
        &self,
        array: &mut Self::Array<'static>,
        other: &Self::Array<'_>,
        factor: f64,
    ) -> Result<(), Error>;

    /// An array of one value.
    fn filled(&self, shape: Shape, value: f32) -> Result<Self::Array<'static>, Error>;

    /// An array of its own with the same values.
    fn copy(&self, array: &Self::Array<'_>) -> Result<Self::Array<'static>, Error>;

    /// array ← factor · array
    fn scale(&self, array: &mut Self::Array<'static>, factor: f64) -> Result<(), Error>;

    /// array ← array · other, element by element.
    fn multiply(
        &self,
        array: &mut Self::Array<'static>,
        other: &Self::Array<'_>,
    ) -> Result<(), Error>;

    /// array ← array limited to `least`..`most`
    fn clamp(&self, array: &mut Self::Array<'static>, least: f32, most: f32) -> Result<(), Error>;

    /// Σv, Σ|v| and Σv² of all values.
    fn sums(&self, array: &Self::Array<'_>) -> Result<Sums, Error>;

    /// Σ a·b over the cells of a rectangle, or over all of them, of all channels.
    fn dot(
        &self,
        a: &Self::Array<'_>,
        b: &Self::Array<'_>,
        cells: Option<Rectangle>,
    ) -> Result<f64, Error>;

    /// Every channel at another size, as [`crate::picture::resize()`] resizes a picture.
    fn resize(
        &self,
        array: &Self::Array<'_>,
        height: usize,
        width: usize,
    ) -> Result<Self::Array<'static>, Error>;

    /// A view of every channel.
    fn window(&self, array: &Self::Array<'_>, view: View) -> Result<Self::Array<'static>, Error>;

    /// Every channel convolved with a Gaussian of that standard deviation in pixels, cut off at three of
    /// them.
    fn smooth(
        &self,
        array: &Self::Array<'_>,
        deviation: f64,
        edges: [Edge; 2],
    ) -> Result<Self::Array<'static>, Error>;

    /// The sum of each channel over the cells of a rectangle, or over all of them.
    fn channel_sums(
        &self,
        array: &Self::Array<'_>,
        cells: Option<Rectangle>,
    ) -> Result<Vec<f64>, Error>;

    /// An array of one value for each channel.
    fn per_channel(&self, shape: Shape, values: &[f32]) -> Result<Self::Array<'static>, Error>;

    /// The largest value of each channel over the cells of a rectangle, or over all of them.
    fn peaks(&self, array: &Self::Array<'_>, cells: Option<Rectangle>) -> Result<Vec<f32>, Error>;

    /// 1 where a value is at least that of its channel in `least`, and 0 elsewhere.
    fn at_least(
        &self,
        array: &Self::Array<'_>,
        least: &[f32],
    ) -> Result<Self::Array<'static>, Error>;

    /// The positive values that are the largest of all channels within a radius in cells, down and right,
    /// and 0 elsewhere.
    fn standing_out(
        &self,
        array: &Self::Array<'_>,
        radius: [usize; 2],
    ) -> Result<Self::Array<'static>, Error>;

    /// The columns (a value of each channel) at the cells of a rectangle of each array, one after
    /// another: channels×count×1.
    fn columns(
        &self,
        arrays: &[(Self::Array<'_>, Option<Rectangle>)],
    ) -> Result<Self::Array<'static>, Error>;

    /// At each place of `array` the one of `columns` that has the largest dot product with the column
    /// there; the first of equal ones.
    fn strongest_columns(
        &self,
        array: &Self::Array<'_>,
        columns: &Self::Array<'_>,
    ) -> Result<Self::Array<'static>, Error>;
}

/// Sums over all values of an array.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sums {
    /// Number of values.
    pub count: usize,
    /// Σv.
    pub sum: f64,
    /// Σ|v|.
    pub absolute: f64,
    /// Σv².
    pub squares: f64,
}

/// An executor of one network, cut at its targets.
pub trait Backend: Arrays {
    /// What a forward pass leaves behind for the way back.
    type Trace<'a>
    where
        Self: 'a;

    /// Passes a view of a picture (3×height×width, RGB in 0..1) through the network.
    ///
    /// # Errors
    /// [`Error`] if the device fails or lacks the memory.
    fn forward(
        &self,
        picture: &Self::Array<'_>,
        view: View,
        record: Record,
    ) -> Result<Self::Trace<'_>, Error>;

    /// The activation of each target, in the order in which the targets were given.
    fn activations<'t>(&self, trace: &'t Self::Trace<'_>) -> Vec<Self::Array<'t>>;

    /// Passes one seed for each target back to the picture, and adds the gradient at the `kept` pixels of
    /// the view to `gradient`, which has the picture's shape.
    ///
    /// # Errors
    /// [`Error`] if the device fails or lacks the memory.
    fn backward(
        &self,
        trace: Self::Trace<'_>,
        seeds: Vec<Seed<Self::Array<'static>>>,
        kept: Rectangle,
        gradient: &mut Self::Array<'static>,
    ) -> Result<(), Error>;

    /// Name of the device for people (`cpu`, `cuda:0`).
    fn device(&self) -> String;
}

/// The gradient of a score with respect to a target's activation.
#[derive(Clone, Debug)]
pub enum Seed<A> {
    /// A multiple of the activation itself, which needs no array of its own.
    Activation {
        /// What it is multiplied by.
        factor: f64,
    },
    /// A multiple of an array of the activation's shape.
    Array {
        /// Channels×height×width, as the activation.
        array: A,
        /// What it is multiplied by.
        factor: f64,
    },
}

impl<A> Seed<A> {
    /// A multiple of the seed.
    pub fn scaled(self, by: f64) -> Seed<A> {
        match self {
            Seed::Activation { factor } => Seed::Activation { factor: factor * by },
            Seed::Array { array, factor } => Seed::Array { array, factor: factor * by },
        }
    }
}

/// Why an executor cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The device does not exist on this machine, or the executor cannot use it.
    #[error("there is no device {device} here: {reason}")]
    NoDevice {
        /// The device that was asked for.
        device: String,
        /// Why it cannot be used.
        reason: String,
    },
    /// The device has too little memory. A dream tries again with smaller tiles.
    #[error("{device} has too little memory: {message}")]
    OutOfMemory {
        /// The device, as [`Backend::device`] names it.
        device: String,
        /// The device's own words.
        message: String,
    },
    /// Anything else, in the device's own words.
    #[error("computing failed: {0}")]
    Failed(String),
}
