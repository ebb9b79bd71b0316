//! The energy of a layer or channel, ½·Σa²: whatever is there already grows (A. Mordvintsev, C. Olah and
//! M. Tyka, "Inceptionism: Going deeper into neural networks", 2015).

use super::{Part, Pull, Pulled, Term};
use crate::backend::{Backend, Seed};

pub struct Energy;

impl<B: Backend> Term<B> for Energy {
    fn pull(&self, backend: &B, activation: &B::Array<'_>, part: Part<'_>) -> Pulled<B> {
        let squared_norm = backend.dot(activation, activation, part.cells)?;
        let seed = Seed::Activation { factor: 1.0 };
        Ok(Pull { score: 0.5 * squared_norm, squared_norm, seed })
    }
}
