//! The mean of a layer or channel, Σa/N: it grows everywhere alike, from below zero too (the channel
//! objective of C. Olah, A. Mordvintsev and L. Schubert, "Feature Visualization", 2017).

use super::{Part, Pull, Pulled, Term};
use crate::backend::{Backend, Seed};
use crate::network::Shape;

pub struct Mean;

impl<B: Backend> Term<B> for Mean {
    fn pull(&self, backend: &B, activation: &B::Array<'_>, part: Part<'_>) -> Pulled<B> {
        let shape = backend.shape(activation);
        let factor = 1.0 / (shape.channels * part.whole) as f64;
        let array = backend.filled(shape, 1.0)?;
        let score = factor * backend.dot(&array, activation, part.cells)?;
        let Shape { channels, height, width } = shape;
        let cells = part.cells.map_or(height * width, |cells| cells.area());
        let squared_norm = factor * factor * (channels * cells) as f64;
        Ok(Pull { score, squared_norm, seed: Seed::Array { array, factor } })
    }
}
