//! A progress bar over all training runs of an experiment.

use std::time::{Duration, Instant};

use super::super::progress::Display;
use dreamer::train::experiment::{Progress, Watcher};
use indicatif::ProgressBar;

/// Update interval.
const INTERVAL: Duration = Duration::from_millis(100);

/// Parts of the bar: finer than any terminal shows.
const PARTS: f64 = 1e4;

/// A bar updated at intervals of time, not at every step, and weighted by the cost of each network.
pub struct Bar<'a> {
    display: &'a Display,
    /// Once a network is in training.
    line: Option<ProgressBar>,
    next: Instant,
}

impl Bar<'_> {
    pub fn new(display: &Display) -> Bar<'_> {
        Bar { display, line: None, next: Instant::now() }
    }
}

impl Watcher for Bar<'_> {
    fn note(&mut self, text: &str) {
        self.display.note(text);
    }

    fn step(&mut self, progress: &Progress) {
        let now = Instant::now();
        if now < self.next {
            return;
        }
        self.next = now + INTERVAL;
        let line = self.line.get_or_insert_with(|| {
            let line = self.display.bar();
            line.set_length(PARTS as u64);
            line.reset_eta();
            line.reset_elapsed();
            line
        });
        let Progress { run, number, runs, step, epochs, share } = progress;
        line.set_position((share * PARTS) as u64);
        line.set_message(format!(
            "{run} ({number}/{runs})  epoch {}/{epochs}  loss {:.4}",
            step.epoch, step.loss
        ));
    }
}
