//! Plain gradient ascent: picture ← picture + step/255 · gradient.

use super::Ascent;
use crate::backend::{Backend, Error};
use crate::dream::Settings;
use crate::dream::filter::Gradient;

/// Levels of brightness that `step` counts in.
const LEVELS: f64 = 255.0;

pub struct Step {
    /// In levels.
    step: f64,
}

impl Step {
    pub fn new(settings: &Settings) -> Step {
        Step { step: settings.step }
    }
}

impl<B: Backend> Ascent<B> for Step {
    fn ascend(
        &mut self,
        backend: &B,
        parameters: &mut B::Array<'static>,
        gradient: &Gradient<B>,
    ) -> Result<(), Error> {
        let rate = Ascent::<B>::rate(self, gradient);
        backend.add_scaled(parameters, &gradient.array, rate)
    }

    fn rate(&self, gradient: &Gradient<B>) -> f64 {
        self.step / LEVELS / gradient.divisor
    }
}
