//! The energy of what is positive, ½·Σmax(a, 0)²: what is there already grows, and what is below zero is
//! left alone.

use super::{Part, Pull, Pulled, Term};
use crate::backend::{Backend, Seed};

pub struct Positive;

impl<B: Backend> Term<B> for Positive {
    fn pull(&self, backend: &B, activation: &B::Array<'_>, part: Part<'_>) -> Pulled<B> {
        let mut array = backend.copy(activation)?;
        backend.clamp(&mut array, 0.0, f32::INFINITY)?;
        let squared_norm = backend.dot(&array, &array, part.cells)?;
        let seed = Seed::Array { array, factor: 1.0 };
        Ok(Pull { score: 0.5 * squared_norm, squared_norm, seed })
    }
}
