//! A class against all others: its mean score plus three times the logarithm of its probability,
//! m(c) + 3·log softmax(m)(c), with m the mean over all places of the scores before a softmax.
//!
//! The score alone paints the class, but often raises those of its relatives as much (K. Simonyan, A. Vedaldi
//! and A. Zisserman, "Deep Inside Convolutional Networks", 2013); the probability alone has no gradient once
//! the class has won. Together they do both.

use super::{Part, Pull, Pulled, Term};
use crate::backend::{Backend, Error, Rectangle, Seed};

/// What the logarithm of the probability counts: with 1, relatives of some classes still win on photographs
/// without detail.
const RIVALRY: f64 = 3.0;

pub struct Class {
    /// Channel of the layer of scores.
    pub index: usize,
}

impl<B: Backend> Term<B> for Class {
    fn needs_survey(&self) -> bool {
        true
    }

    /// The sum of each channel.
    fn survey(
        &self,
        backend: &B,
        activation: &B::Array<'_>,
        cells: Option<Rectangle>,
    ) -> Result<Vec<f64>, Error> {
        backend.channel_sums(activation, cells)
    }

    fn pull(&self, backend: &B, activation: &B::Array<'_>, part: Part<'_>) -> Pulled<B> {
        let means: Vec<f64> = part.survey.iter().map(|sum| sum / part.whole as f64).collect();
        let largest = means.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let raised: Vec<f64> = means.iter().map(|mean| (mean - largest).exp()).collect();
        let sum: f64 = raised.iter().sum();
        let own = |channel: usize| if channel == self.index { 1.0 + RIVALRY } else { 0.0 };
        let wanted = raised
            .iter()
            .enumerate()
            .map(|(channel, raised)| own(channel) - RIVALRY * raised / sum);
        let wanted: Vec<f32> = wanted.map(|wanted| wanted as f32).collect();
        let shape = backend.shape(activation);
        let array = backend.per_channel(shape, &wanted)?;
        let cells = part.cells.map_or(shape.height * shape.width, Rectangle::area) as f64;
        let factor = 1.0 / part.whole as f64;
        let squares: f64 = wanted.iter().map(|wanted| f64::from(*wanted).powi(2)).sum();
        let own = means[self.index];
        let score = own + RIVALRY * (own - largest - sum.ln());
        Ok(Pull {
            // Each tile's share of what they all say.
            score: score * cells * factor,
            squared_norm: factor * factor * squares * cells,
            seed: Seed::Array { array, factor },
        })
    }
}
