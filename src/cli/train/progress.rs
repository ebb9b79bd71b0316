//! A bar over the epochs of a training run.

use std::time::{Duration, Instant};

use indicatif::ProgressBar;

use super::super::progress::{Display, ready};
use dreamer::train::Step;

/// Update interval: a small network can take a hundred thousand steps per second.
const INTERVAL: Duration = Duration::from_millis(100);

/// A bar updated at intervals of time, not at every step.
pub struct Bar {
    line: ProgressBar,
    epochs: usize,
    next: Instant,
}

impl Bar {
    pub fn new(display: &Display, epochs: usize) -> Bar {
        Bar { line: display.bar(), epochs, next: Instant::now() }
    }

    /// Updates the bar if it is due.
    pub fn step(&mut self, step: &Step) {
        ready();
        let now = Instant::now();
        if now < self.next {
            return;
        }
        self.next = now + INTERVAL;
        let done = (step.epoch - 1) * step.steps + step.step;
        if self.line.length().is_none() {
            self.line.set_length((self.epochs * step.steps) as u64);
            // Steps of an earlier run say nothing about this one's speed.
            self.line.set_position(done as u64);
            self.line.reset_eta();
            self.line.reset_elapsed();
        }
        self.line.set_position(done as u64);
        self.line.set_message(format!(
            "epoch {}/{}  step {}/{}  loss {:.4}",
            step.epoch, self.epochs, step.step, step.steps, step.loss
        ));
    }
}
