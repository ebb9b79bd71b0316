//! The strongest place of each channel, the mean of maxₓ a(c, x) over the channels c: one thing grows, where
//! the picture is most like it already.

use super::{Part, Pull, Pulled, Term};
use crate::backend::{Backend, Error, Rectangle, Seed};

pub struct Max;

impl<B: Backend> Term<B> for Max {
    fn needs_survey(&self) -> bool {
        true
    }

    /// The largest value of each channel.
    fn survey(
        &self,
        backend: &B,
        activation: &B::Array<'_>,
        cells: Option<Rectangle>,
    ) -> Result<Vec<f64>, Error> {
        Ok(backend.peaks(activation, cells)?.into_iter().map(f64::from).collect())
    }

    fn join(&self, total: &mut f64, own: f64) {
        *total = total.max(own);
    }

    fn pull(&self, backend: &B, activation: &B::Array<'_>, part: Part<'_>) -> Pulled<B> {
        let peaks: Vec<f32> = part.survey.iter().map(|peak| *peak as f32).collect();
        let array = backend.at_least(activation, &peaks)?;
        let factor = 1.0 / peaks.len() as f64;
        let score = factor * backend.dot(&array, activation, part.cells)?;
        let squared_norm = factor * factor * backend.dot(&array, &array, part.cells)?;
        Ok(Pull { score, squared_norm, seed: Seed::Array { array, factor } })
    }
}
