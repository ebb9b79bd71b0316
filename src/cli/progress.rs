//! The progress bar of a dream.

use std::ops::ControlFlow;

use indicatif::{ProgressBar, ProgressStyle};

use super::interrupt::Guard;
use crate::dream::{Observer, Progress};
use crate::picture::Planes;

/// A bar over all steps, weighted by their pixels, on standard error if that is a terminal.
pub struct Bar<'a> {
    bar: ProgressBar,
    octaves: usize,
    iterations: usize,
    guard: &'a Guard,
    preview: &'a mut dyn FnMut(&Planes),
    /// Score of the last step.
    pub score: f64,
}

impl<'a> Bar<'a> {
    /// `preview` is given the picture after each octave but the last.
    pub fn new(
        quiet: bool,
        octaves: usize,
        iterations: usize,
        guard: &'a Guard,
        preview: &'a mut dyn FnMut(&Planes),
    ) -> Bar<'a> {
        let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new(1) };
        let style = ProgressStyle::with_template("{wide_bar} {percent:>3} %  {msg}  {eta} left")
            .expect("the template is sound");
        bar.set_style(style);
        bar.set_message("loading");
        Bar { bar, octaves, iterations, guard, preview, score: 0.0 }
    }

    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Observer for Bar<'_> {
    fn step(&mut self, progress: &Progress) -> ControlFlow<()> {
        self.score = progress.score;
        self.bar.set_length(progress.total_pixels);
        self.bar.set_position(progress.pixels);
        self.bar.set_message(format!(
            "octave {}/{}  step {}/{}  score {:.4e}",
            progress.octave + 1,
            self.octaves,
            progress.iteration,
            self.iterations,
            progress.score
        ));
        if self.guard.wanted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn octave(&mut self, _octave: usize, picture: &Planes) {
        (self.preview)(picture);
    }
}

/// Says one thing to people, above the bar if there is one.
pub fn note(quiet: bool, text: &str) {
    if !quiet {
        anstream::eprintln!("{text}");
    }
}
