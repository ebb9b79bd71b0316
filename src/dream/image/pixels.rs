//! The pixels themselves are what climbs.

use super::Image;
use crate::backend::{Backend, Error};
use crate::dream::ascent::Ascent;
use crate::dream::filter::Gradient;

/// A picture of pixels.
pub struct Pixels<B: Backend> {
    pub picture: B::Array<'static>,
}

impl<B: Backend> Image<B> for Pixels<B> {
    fn picture(&self) -> &B::Array<'static> {
        &self.picture
    }

    fn picture_mut(&mut self) -> &mut B::Array<'static> {
        &mut self.picture
    }

    fn step(
        &mut self,
        backend: &B,
        ascent: &mut dyn Ascent<B>,
        gradient: &Gradient<B>,
    ) -> Result<(), Error> {
        ascent.ascend(backend, &mut self.picture, gradient)
    }
}
