//! A Gaussian over the gradient: what is finer than the network's own patterns, and is noise to people, does
//! not grow.

use super::{Filter, Gradient};
use crate::backend::{Backend, Edge, Error};
use crate::dream::Settings;

struct Smooth {
    /// Standard deviation in pixels.
    deviation: f64,
    edges: [Edge; 2],
}

/// With `smooth` above 0.
pub fn chosen<B: Backend>(settings: &Settings) -> Option<Box<dyn Filter<B>>> {
    let deviation = settings.smooth.filter(|deviation| *deviation > 0.0)?;
    Some(Box::new(Smooth { deviation, edges: settings.edges() }))
}

impl<B: Backend> Filter<B> for Smooth {
    fn apply(&self, backend: &B, gradient: &mut Gradient<B>) -> Result<(), Error> {
        gradient.array = backend.smooth(&gradient.array, self.deviation, self.edges)?;
        Ok(())
    }
}
