//! How a step is taken.

mod step;

use super::Settings;
use super::filter::Gradient;
use crate::backend::{Backend, Error};

/// A way to climb, which may remember the steps before.
pub trait Ascent<B: Backend> {
    /// Takes a step along the gradient.
    ///
    /// # Errors
    /// [`Error`] if the device fails.
    fn ascend(
        &mut self,
        backend: &B,
        parameters: &mut B::Array<'static>,
        gradient: &Gradient<B>,
    ) -> Result<(), Error>;

    /// The largest factor that a value of the gradient is multiplied by.
    fn rate(&self, gradient: &Gradient<B>) -> f64;
}

/// The one that settings ask for: steps of one size.
pub fn chosen<B: Backend>(settings: &Settings) -> Box<dyn Ascent<B>> {
    Box::new(step::Step::new(settings))
}
