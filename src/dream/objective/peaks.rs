//! The energy of what is positive at the places that stand out, ½·Σa² over values that are the largest of all
//! channels nearby: objects grow apart from each other, where positive ones would merge.

use super::{Part, Pull, Pulled, Term};
use crate::backend::{Backend, Seed};

pub struct Peaks {
    /// Cells in which there is one object.
    pub radius: usize,
}

impl<B: Backend> Term<B> for Peaks {
    fn pull(&self, backend: &B, activation: &B::Array<'_>, part: Part<'_>) -> Pulled<B> {
        let array = backend.standing_out(activation, self.radius)?;
        let squared_norm = backend.dot(&array, &array, part.cells)?;
        Ok(Pull {
            score: 0.5 * squared_norm,
            squared_norm,
            seed: Seed::Array { array, factor: 1.0 },
        })
    }
}
