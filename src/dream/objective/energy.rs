//! The energy of a layer or channel, ½·Σa²: whatever is there already grows (A. Mordvintsev, C. Olah and
//! M. Tyka, "Inceptionism: Going deeper into neural networks", 2015).

use super::{Pull, Term, Terms};
use crate::backend::{Arrays, Backend, Error, Rectangle, Seed};
use crate::dream::{self, Setup};

struct Energy;

/// What is climbed unless something else is asked for.
pub fn terms<B: Backend>(setup: &Setup<B>) -> Option<Result<Terms<B>, dream::Error>> {
    Some(Ok(setup.settings.layers.iter().map(|_| Box::new(Energy) as Box<dyn Term<B>>).collect()))
}

impl<B: Backend> Term<B> for Energy {
    fn pull(
        &self,
        backend: &B,
        activation: &B::Array<'_>,
        cells: Option<Rectangle>,
        _survey: &[f64],
    ) -> Result<Pull<<B as Arrays>::Array<'static>>, Error> {
        let squared_norm = backend.dot(activation, activation, cells)?;
        let seed = Seed::Activation { factor: 1.0 };
        Ok(Pull { score: 0.5 * squared_norm, squared_norm, seed })
    }
}
