//! `dreamer models pull`, and downloading the weights that a dream needs.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use indicatif::ProgressBar;

use super::super::exit::{Exit, message, print_error};
use super::super::interrupt::{self, Hold};
use super::super::print::print;
use super::super::progress::Display;
use super::PullArguments;
use dreamer::weights::Search;
use dreamer::weights::fetch::{FetchError, Fetched, Fetcher, Observer};
use dreamer::weights::registry::{Published, Registry, Source};

/// Environment variable that forbids downloads, unless it is empty or 0.
const OFFLINE: &str = "DREAMER_OFFLINE";

/// Downloads the weights of the networks in turn; a failure does not stop the others.
pub fn run(arguments: &PullArguments) -> Result<(), Exit> {
    let display = Display::new(arguments.quiet);
    interrupt::watch(&display);
    let registry = Registry::from_environment()?;
    let search = Search::from_environment();
    let mut failures = vec![];
    for model in &arguments.models {
        let started = Instant::now();
        let fetched = match search.find(model) {
            Ok(path) => Ok(Fetched { path, was_there: true }),
            Err(_) => weights(published(&registry, model)?, &search, &display),
        };
        match fetched {
            Ok(fetched) => {
                let reported = report(arguments, model, &fetched, started.elapsed(), &display);
                failures.extend(reported.err());
            }
            Err(error) => failures.push(error),
        }
    }
    // All but the last are printed here; the last one ends the program.
    let last = failures.pop();
    failures.iter().for_each(|error| print_error(&message(error)));
    last.map_or(Ok(()), |error| Err(Exit::Failure(error)))
}

fn published<'a>(registry: &'a Registry, model: &str) -> Result<&'a Published, Exit> {
    registry
        .get(model)
        .ok_or_else(|| Exit::usage(anyhow!("there are no published weights for {model}")))
}

fn report(
    arguments: &PullArguments,
    model: &str,
    fetched: &Fetched,
    time: Duration,
    display: &Display,
) -> Result<(), anyhow::Error> {
    let Fetched { path, was_there } = fetched;
    let bytes = fs::metadata(path).with_context(|| path.display().to_string())?.len();
    let seconds = time.as_secs_f64();
    if arguments.json {
        let line = serde_json::json!({
            "model": model,
            "path": path.to_string_lossy(),
            "bytes": bytes,
            "was_there": was_there,
            "seconds": seconds,
        });
        print(&format!("{line}\n"))?;
    }
    let path = path.display();
    display.note(&match was_there {
        true => format!("{model} is already installed: {path}"),
        false => format!("{model}: {path}, {:.1} MB in {seconds:.1} s", bytes as f64 / 1e6),
    });
    Ok(())
}

/// Downloads published weights into the folder where all dreams find them.
///
/// # Errors
/// [`FetchError`], or that downloads are forbidden.
pub fn weights(
    published: &Published,
    search: &Search,
    display: &Display,
) -> Result<Fetched, anyhow::Error> {
    if is_offline() {
        return Err(anyhow!("{}", offline(published)));
    }
    let fetcher = Fetcher::from_environment();
    // The work before and after has a progress line of its own.
    display.clear();
    let display = display.another();
    let interrupted = {
        let display = display.clone();
        move || {
            display.clear();
            "what was received is kept, and the next pull resumes there".to_owned()
        }
    };
    let before = interrupt::hold().replace(Some(Box::new(interrupted)));
    if let Source::Download(download) = &published.source {
        let url = fetcher.shown_url(download);
        display.note(&format!(
            "downloading {} ({:.0} MB, {}) from {url}",
            published.model, published.megabytes, published.licence
        ));
    }
    let bar = display.transfer();
    let mut watched = Watched { display: &display, bar, begun: false, finishing: None };
    let fetched = fetcher.fetch(published, search.install_folder(), &mut watched);
    drop(watched);
    display.clear();
    interrupt::hold().replace(before);
    fetched.map_err(FetchError::into)
}

/// Whether downloads are forbidden.
pub fn is_offline() -> bool {
    std::env::var_os(OFFLINE).is_some_and(|value| !value.is_empty() && value != "0")
}

/// The error if downloads are forbidden.
fn offline(published: &Published) -> String {
    let model = &published.model;
    let at = match &published.source {
        Source::Download(download) => &download.url,
        Source::Page(page) => page,
    };
    format!(
        "the weights of {model} are not installed, and {OFFLINE} forbids downloads; download {at} on \
         another machine and run `dreamer models import FILE --as {model}`"
    )
}

/// The progress of a transfer on the terminal.
struct Watched<'a> {
    display: &'a Display,
    bar: ProgressBar,
    begun: bool,
    /// Held while the file is renamed.
    finishing: Option<Hold>,
}

impl Observer for Watched<'_> {
    fn finishing(&mut self) {
        self.finishing = Some(interrupt::hold());
    }

    fn waiting(&mut self) {
        self.display.note("another dreamer is downloading it; waiting");
    }

    fn received(&mut self, bytes: u64, total: Option<u64>) {
        if let Some(total) = total {
            self.bar.set_length(total);
        }
        self.bar.set_position(bytes);
        if !self.begun {
            // Bytes from an earlier run say nothing about the rate.
            self.bar.reset_eta();
            self.begun = true;
        }
    }

    fn retrying(&mut self, reason: &str, delay: Duration) {
        self.begun = false;
        self.display.note(&match delay.as_secs_f64() {
            0.0 => format!("note: {reason}"),
            seconds => format!("note: {reason}; retrying in {seconds:.1} s"),
        });
    }
}
