//! Values stay within 0..1.

use super::Constraint;
use crate::backend::{self, Backend};
use crate::dream::{Error, Setup};

struct Clamp;

/// Always.
pub fn chosen<B: Backend>(_setup: &Setup<B>) -> Option<Result<Box<dyn Constraint<B>>, Error>> {
    Some(Ok(Box::new(Clamp)))
}

impl<B: Backend> Constraint<B> for Clamp {
    fn after_step(
        &self,
        backend: &B,
        picture: &mut B::Array<'static>,
    ) -> Result<(), backend::Error> {
        backend.clamp(picture, 0.0, 1.0)
    }
}
