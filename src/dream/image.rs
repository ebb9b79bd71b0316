//! What the numbers are that change: how a picture is made of the parameters that climb.

mod pixels;

use super::ascent::Ascent;
use super::filter::Gradient;
use crate::backend::{Backend, Error};

/// A picture and its parameters.
pub trait Image<B: Backend> {
    /// The picture that the network sees: 3×height×width, RGB in 0..1.
    fn picture(&self) -> &B::Array<'static>;

    /// The picture, for what it must keep after a step.
    fn picture_mut(&mut self) -> &mut B::Array<'static>;

    /// Takes a step along the gradient of the score with respect to the picture.
    ///
    /// # Errors
    /// [`Error`] if the device fails.
    fn step(
        &mut self,
        backend: &B,
        ascent: &mut dyn Ascent<B>,
        gradient: &Gradient<B>,
    ) -> Result<(), Error>;
}

/// The picture's parameterisation: its pixels.
pub fn new<B: Backend>(picture: B::Array<'static>) -> Box<dyn Image<B>> {
    Box::new(pixels::Pixels { picture })
}
