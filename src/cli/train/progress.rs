//! A bar over the epochs of a training run.

use std::time::{Duration, Instant};

use indicatif::ProgressBar;

use super::super::progress::Display;
use dreamer::train::Step;

/// How often the bar moves: a small network takes a hundred thousand steps a second.
const INTERVAL: Duration = Duration::from_millis(100);

/// A bar that is moved by time, not by steps.
pub struct Bar {
    line: ProgressBar,
    epochs: usize,
    next: Instant,
}

impl Bar {
    pub fn new(display: &Display, epochs: usize) -> Bar {
        Bar { line: display.bar(), epochs, next: Instant::now() }
    }

    /// Moves the bar, if it is time to.
    pub fn step(&mut self, step: &Step) {
        let now = Instant::now();
        if now < self.next {
            return;
        }
        self.next = now + INTERVAL;
        let done = (step.epoch - 1) * step.steps + step.step;
        if self.line.length().is_none() {
            self.line.set_length((self.epochs * step.steps) as u64);
            // What an earlier run has done says nothing about this one's speed.
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
