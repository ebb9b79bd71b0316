//! What a dream shows on the terminal while it goes on.

use std::env;
use std::fs;
use std::io::Write;
use std::ops::ControlFlow;
use std::sync::Once;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::exit::print_error;
use super::print::print;
use dreamer::dream::{Observer, Plan, Progress};
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

/// Says how far a dream is.
type Message<'a> = Box<dyn Fn(&Progress) -> String + Send + 'a>;

/// Uses the picture so far.
type Preview<'a> = Box<dyn FnMut(&Planes) + Send + 'a>;

/// Watches a dream for the command line: moves a bar on, writes previews, and ends it where it should.
pub struct Watch<'a> {
    bar: ProgressBar,
    /// What the dream is of the bar's length, and how much of that is shown.
    parts: u64,
    shown: u64,
    message: Option<Message<'a>>,
    preview: Option<Preview<'a>>,
    goes_on: Box<dyn Fn() -> ControlFlow<()> + Send + 'a>,
    /// Of the last step.
    pub score: Option<f64>,
    /// Steps that found no gradient, of those that were taken.
    passed_over: [usize; 2],
}

impl<'a> Watch<'a> {
    /// A dream that takes `parts` of a bar's length.
    pub fn new(bar: ProgressBar, parts: u64) -> Watch<'a> {
        let goes_on = Box::new(|| ControlFlow::Continue(()));
        Watch {
            bar,
            parts,
            shown: 0,
            message: None,
            preview: None,
            goes_on,
            score: None,
            passed_over: [0; 2],
        }
    }

    /// The one dream of a command, which has the display's bar to itself.
    pub fn of_one(display: &Display, plan: &Plan) -> Watch<'a> {
        let (octaves, iterations) = (plan.octaves.sizes.len(), plan.settings.iterations);
        let steps = plan.octaves.sizes.iter().map(|size| size.pixels()).sum::<usize>() * iterations;
        let line = display.line.clone();
        let bar = line.clone();
        let message = Box::new(move |progress: &Progress| {
            if line.length().is_none() {
                line.set_length(steps as u64);
                line.reset_eta();
                line.set_style(self::bar());
            }
            format!(
                "octave {}/{octaves}  step {}/{iterations}  score {:.3e}",
                progress.octave + 1,
                progress.iteration,
                progress.score
            )
        });
        Watch { message: Some(message), ..Watch::new(bar, steps as u64) }
    }

    /// With a use for the picture after each octave but the last.
    pub fn with_preview(self, preview: impl FnMut(&Planes) + Send + 'a) -> Watch<'a> {
        Watch { preview: Some(Box::new(preview)), ..self }
    }

    /// With a reason to end the dream, which is asked for after each step.
    pub fn while_it(self, goes_on: impl Fn() -> ControlFlow<()> + Send + 'a) -> Watch<'a> {
        Watch { goes_on: Box::new(goes_on), ..self }
    }

    /// What is to be said of a dream that is done, if anything.
    pub fn note(&self, layers: &str, before: &Planes, after: &Planes) -> Option<String> {
        // Half a level of 255.
        const SEEN: f32 = 0.5 / 255.0;
        let mut changes = before.data().iter().zip(after.data()).map(|(a, b)| (a - b).abs());
        let [passed_over, steps] = self.passed_over;
        if changes.all(|change| change < SEEN) {
            return Some(format!(
                "the picture has not changed: wherever {layers} would change it, it is as bright or dark as \
                 a picture can be, or masked; choose another layer"
            ));
        }
        (passed_over > 0).then(|| {
            format!(
                "{passed_over} of {steps} steps found no gradient of {layers}, and added noise instead"
            )
        })
    }

    /// The dream is done.
    pub fn finish(&mut self) {
        self.show(self.parts);
    }

    fn show(&mut self, parts: u64) {
        self.bar.inc(parts.saturating_sub(self.shown));
        self.shown = self.shown.max(parts);
    }
}

impl Observer for Watch<'_> {
    fn step(&mut self, progress: &Progress) -> ControlFlow<()> {
        ready();
        self.score = Some(progress.score);
        self.passed_over = [progress.passed_over, self.passed_over[1] + 1];
        if let Some(message) = &self.message {
            self.bar.set_message(message(progress));
        }
        let share = progress.pixels as f64 / progress.total_pixels.max(1) as f64;
        self.show((self.parts as f64 * share) as u64);
        (self.goes_on)()
    }

    fn octave(&mut self, _octave: usize, picture: &Planes) {
        if let Some(preview) = &mut self.preview {
            preview(picture);
        }
    }
}

/// Says once, to the file that the environment variable `DREAMER_READY` names, that the first step of
/// the work is done. For tests, which send their signals then.
pub fn ready() {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        if let Some(file) = env::var_os("DREAMER_READY") {
            let _ = fs::write(file, "ready\n");
        }
    });
}

fn bar() -> ProgressStyle {
    style("{wide_bar} {percent:>3} %  {msg}  {eta} left")
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the template is sound")
}
