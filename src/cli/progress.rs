//! What a dream shows on the terminal while it goes on.

use std::io::Write;
use std::ops::ControlFlow;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::exit::print_error;
use super::print::print;
use dreamer::dream::{Observer, Progress};
use dreamer::picture::Planes;

/// How often the display moves though nothing has happened.
const TICK: Duration = Duration::from_millis(100);

/// One line of progress on standard error, if that is a terminal.
#[derive(Clone)]
pub struct Display {
    quiet: bool,
    line: ProgressBar,
}

impl Display {
    pub fn new(quiet: bool) -> Display {
        let line = if quiet { ProgressBar::hidden() } else { ProgressBar::no_length() };
        Display { quiet, line }
    }

    /// Says what goes on, of which the end cannot be foreseen.
    pub fn busy(&self, what: &str) {
        if self.quiet {
            return;
        }
        if self.line.is_finished() {
            self.line.reset();
        }
        self.line.set_style(style("{spinner} {msg}"));
        self.line.set_message(what.to_owned());
        self.line.enable_steady_tick(TICK);
    }

    /// Says one thing to people, above the line of progress.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            self.line.suspend(|| {
                let _ = writeln!(anstream::stderr(), "{text}");
            });
        }
    }

    /// Another one, as quiet, for a job before the main one.
    pub fn another(&self) -> Display {
        Display::new(self.quiet)
    }

    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// The line of progress as a bar of bytes, whose length and position are the caller's.
    pub fn transfer(&self) -> ProgressBar {
        self.line.set_style(style(
            "{wide_bar} {decimal_bytes}/{decimal_total_bytes}  {decimal_bytes_per_sec}  {eta} left",
        ));
        self.line.clone()
    }

    /// Prints to standard output, which may be the same terminal.
    pub fn print(&self, text: &str) -> anyhow::Result<()> {
        self.line.suspend(|| print(text))
    }

    /// Says that something failed, above the line of progress.
    pub fn error(&self, text: &str) {
        self.line.suspend(|| print_error(text));
    }

    /// The line of progress as a bar, whose length and messages are the caller's.
    pub fn bar(&self) -> ProgressBar {
        self.line.set_message("");
        self.line.set_style(bar());
        self.line.clone()
    }

    /// Takes the line of progress away.
    pub fn clear(&self) {
        self.line.finish_and_clear();
    }
}

/// A bar over all steps of a dream, weighted by their pixels.
pub struct Steps<'a> {
    line: ProgressBar,
    octaves: usize,
    iterations: usize,
    preview: &'a mut (dyn FnMut(&Planes) + Send),
    /// Score of the last step.
    pub score: f64,
}

impl<'a> Steps<'a> {
    /// `preview` is given the picture after each octave but the last.
    pub fn new(
        display: &Display,
        octaves: usize,
        iterations: usize,
        preview: &'a mut (dyn FnMut(&Planes) + Send),
    ) -> Steps<'a> {
        Steps { line: display.line.clone(), octaves, iterations, preview, score: 0.0 }
    }
}

impl Observer for Steps<'_> {
    fn step(&mut self, progress: &Progress) -> ControlFlow<()> {
        if self.line.length().is_none() {
            self.line.set_length(progress.total_pixels);
            self.line.reset_eta();
            self.line.set_style(bar());
        }
        self.score = progress.score;
        self.line.set_position(progress.pixels);
        self.line.set_message(format!(
            "octave {}/{}  step {}/{}  score {:.3e}",
            progress.octave + 1,
            self.octaves,
            progress.iteration,
            self.iterations,
            progress.score
        ));
        ControlFlow::Continue(())
    }

    fn octave(&mut self, _octave: usize, picture: &Planes) {
        (self.preview)(picture);
    }
}

fn bar() -> ProgressStyle {
    style("{wide_bar} {percent:>3} %  {msg}  {eta} left")
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the template is sound")
}
