//! An observer for dreams that nobody watches.

use std::ops::ControlFlow;

use dreamer::dream::{Observer, Progress};
use dreamer::picture::Planes;

/// Sees nothing and ends nothing.
pub struct Nobody;

impl Observer for Nobody {
    fn step(&mut self, _: &Progress) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn octave(&mut self, _: usize, _: &Planes) {}
}
