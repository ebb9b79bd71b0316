//! The energy of what is positive at the places that stand out, ½·Σa² over values that are the largest of all
//! channels nearby: objects grow apart from each other, where with `positive` they would merge.

use super::{Part, Pull, Pulled, Term};
use crate::Size;
use crate::backend::{Backend, Seed};
use crate::dream::Tiling;
use crate::network::Extent;

/// How far apart objects grow, in sides of what the layer sees, or of the pictures that the network was trained
/// on where those are smaller. With a half there are few, and with a quarter digits grow into each other.
const APART: f64 = 0.375;

pub struct Peaks {
    /// How many cells around it a value must be the largest of, down and right.
    pub radius: Extent,
}

/// The radius at a target of a tiling; at one that sees the whole picture there is one peak.
pub fn radius(tiling: &Tiling, target: usize) -> Extent {
    let Some(field) = tiling.fields()[target] else { return [usize::MAX; 2] };
    let Size { height, width } = tiling.trained_on();
    [0, 1].map(|axis| {
        let side = field.size()[axis].min([height, width][axis]) as f64;
        ((side * APART / field.stride[axis] as f64).round() as usize).max(1)
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
