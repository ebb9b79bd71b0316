//! What is done to the gradient before a step.

mod laplacian;
mod normalize;
mod smooth;

pub use normalize::Normalize;

use super::Settings;
use crate::backend::{Backend, Error};

/// The gradient of the score with respect to the picture: `array / divisor`.
pub struct Gradient<B: Backend> {
    pub array: B::Array<'static>,
    /// Zero or not finite where there is nothing to climb.
    pub divisor: f64,
}

/// A change of the gradient.
pub trait Filter<B: Backend> {
    /// Changes a step's gradient.
    ///
    /// # Errors
    /// [`Error`] if the device fails.
    fn apply(&self, backend: &B, gradient: &mut Gradient<B>) -> Result<(), Error>;
}

/// A filter, if settings ask for it.
type Chosen<B> = fn(&Settings) -> Option<Box<dyn Filter<B>>>;

/// Every filter, in the order in which they are applied.
fn all<B: Backend>() -> [Chosen<B>; 3] {
    [smooth::chosen, laplacian::chosen, normalize::chosen]
}

/// Those that settings ask for.
pub fn chosen<B: Backend>(settings: &Settings) -> Vec<Box<dyn Filter<B>>> {
    all::<B>().iter().filter_map(|chosen| chosen(settings)).collect()
}
