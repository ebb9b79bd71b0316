//! The energy of what is positive at the places that stand out, ½·Σa² over values that are the largest of all
//! channels nearby: objects grow apart from each other, where with `positive` they would merge.

use super::{Part, Pull, Pulled, Term};
use crate::backend::{Backend, Seed};
use crate::network::{Extent, ReceptiveField};

/// How far apart objects grow, in receptive fields: they fill about the middle third of one. With a half there
/// are few, and a quarter is enough for two to share a head.
const APART: f64 = 1.0 / 3.0;

pub struct Peaks {
    /// How many cells around it a value must be the largest of, down and right.
    pub radius: Extent,
}

/// The radius at a layer; at one that sees the whole picture there is one peak.
pub fn radius(field: Option<&ReceptiveField>) -> Extent {
    let Some(field) = field else { return [usize::MAX; 2] };
    let size = field.size();
    [0, 1].map(|axis| {
        ((size[axis] as f64 * APART / field.stride[axis] as f64).round() as usize).max(1)
    })
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
