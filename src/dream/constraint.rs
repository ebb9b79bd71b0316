//! What a picture must keep while it climbs.

mod clamp;
mod contrast;
mod mask;

use super::filter::Gradient;
use super::{Error, Setup};
use crate::backend::{self, Backend};
use crate::picture::Planes;

/// Something that a picture must keep.
pub trait Constraint<B: Backend> {
    /// Before the first step of an octave, that begins with `start` in place of the photograph at its
    /// size, `base`.
    ///
    /// # Errors
    /// [`backend::Error`] if the device fails.
    fn begin(
        &mut self,
        _backend: &B,
        _base: &Planes,
        _start: &mut Planes,
    ) -> Result<(), backend::Error> {
        Ok(())
    }

    /// Before a step, on what the filters have left of the gradient.
    ///
    /// # Errors
    /// [`backend::Error`] if the device fails.
    fn before_step(&self, _backend: &B, _gradient: &mut Gradient<B>) -> Result<(), backend::Error> {
        Ok(())
    }

    /// After a step.
    ///
    /// # Errors
    /// [`backend::Error`] if the device fails.
    fn after_step(
        &self,
        _backend: &B,
        _picture: &mut B::Array<'static>,
    ) -> Result<(), backend::Error> {
        Ok(())
    }

    /// After the last step of an octave, on what has become of the photograph at its size, `base`.
    fn end(&self, _base: &Planes, _picture: &mut Planes) {}
}

/// A constraint, if settings ask for it.
type Chosen<B> = fn(&Setup<B>) -> Option<Result<Box<dyn Constraint<B>>, Error>>;

/// Every constraint, in the order in which they are applied.
fn all<B: Backend>() -> [Chosen<B>; 3] {
    [contrast::chosen, mask::chosen, clamp::chosen]
}

/// Those that settings ask for.
pub(super) fn chosen<B: Backend>(setup: &Setup<B>) -> Result<Vec<Box<dyn Constraint<B>>>, Error> {
    all::<B>().iter().filter_map(|chosen| chosen(setup)).collect()
}
