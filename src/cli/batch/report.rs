//! The report on many photographs: as they are dreamed, and in the end.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::anyhow;
use indicatif::ProgressBar;
use serde_json::{Value, json};

use super::super::exit::Exit;
use super::super::interrupt;
use super::super::progress::Display;
use super::arguments::DreamArguments;
use super::inputs::Entry;
use super::manifest::Manifest;
use super::name::Name;
use dreamer::escape::printable;

/// Parts of the bar for each photograph.
pub const PARTS: u64 = 1000;

/// Counts photographs and reports each.
pub struct Report {
    json: bool,
    quiet: bool,
    fail_fast: bool,
    dry_run: bool,
    /// Where the dreams go.
    folder: PathBuf,
    display: Display,
    bar: ProgressBar,
    all: usize,
    dreamed: AtomicUsize,
    skipped: AtomicUsize,
    failed: AtomicUsize,
    stopped: AtomicBool,
    /// Why nothing can go on.
    broken: Mutex<Option<Exit>>,
}

impl Report {
    /// Of `all` photographs, whose dreams go to `folder`.
    pub fn new(arguments: &DreamArguments, folder: &Path, display: &Display, all: usize) -> Report {
        let bar = display.bar();
        bar.set_length(all as u64 * PARTS);
        bar.set_position(0);
        bar.reset_eta();
        Report {
            json: arguments.json,
            quiet: arguments.quiet,
            fail_fast: arguments.batch.fail_fast,
            dry_run: arguments.batch.dry_run,
            folder: folder.to_owned(),
            display: display.clone(),
            bar,
            all,
            dreamed: AtomicUsize::new(0),
            skipped: AtomicUsize::new(0),
            failed: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
            broken: Mutex::new(None),
        }
    }

    /// When the program is interrupted, removes what is half-written and says how far it is.
    pub fn speak_when_interrupted(self: &Arc<Report>, manifest: &Manifest) {
        let (report, parts) = (self.clone(), manifest.parts().to_owned());
        interrupt::hold().at_end(move || {
            let _ = std::fs::remove_dir_all(parts);
            let done = report.count(&report.dreamed) + report.count(&report.skipped);
            format!("{done} of {} are dreamed; the same command goes on", photographs(report.all))
        });
    }

    /// Whether no more photographs are to be taken.
    pub fn is_over(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// The bar, of which each photograph has [`PARTS`] parts.
    pub fn bar(&self) -> ProgressBar {
        self.bar.clone()
    }

    pub fn dreamed(&self, entry: &Entry, details: Value) {
        self.dreamed.fetch_add(1, Ordering::Relaxed);
        self.print(entry, if self.dry_run { "to dream" } else { "dreamed" }, details);
    }

    pub fn skipped(&self, entry: &Entry) {
        self.skipped.fetch_add(1, Ordering::Relaxed);
        // What costs no time is no part of the time that is left.
        self.bar.dec_length(PARTS);
        self.print(entry, "skipped", json!({}));
    }

    pub fn failed(&self, entry: &Entry, reason: &str) {
        if self.fail_fast && self.stopped.swap(true, Ordering::Relaxed) {
            return;
        }
        self.failed.fetch_add(1, Ordering::Relaxed);
        let path = entry.path.to_string_lossy();
        let line = match reason.contains(&*path) {
            true => reason.to_owned(),
            false => format!("{path}: {reason}"),
        };
        self.display.error(&printable(&line));
        self.print(entry, "failed", json!({ "reason": reason }));
    }

    /// Says one thing to people.
    pub fn note(&self, text: &str) {
        self.display.note(&printable(text));
    }

    /// Nothing can go on.
    pub fn broken(&self, exit: Exit) {
        self.stopped.store(true, Ordering::Relaxed);
        self.broken.lock().expect("no thread panics with it").get_or_insert(exit);
    }

    fn print(&self, entry: &Entry, status: &str, details: Value) {
        let [dreamed, skipped, failed] = self.counts();
        self.bar.set_message(format!(
            "{} of {}{}",
            dreamed + skipped + failed,
            self.all,
            if failed > 0 { format!(", {failed} failed") } else { String::new() }
        ));
        let output = self.folder.join(&entry.output);
        let line = if self.json {
            let name = |path: &Path| json!(Name::from(path));
            let mut line = json!({
                "input": name(&entry.path),
                "output": name(&output),
                "status": status,
            });
            if let (Some(line), Value::Object(details)) = (line.as_object_mut(), details) {
                line.extend(details);
            }
            line.to_string()
        } else if self.dry_run && !self.quiet {
            let [from, to] = [&entry.path, &output].map(|path| path.to_string_lossy());
            printable(&format!("{status:<9} {from} → {to}"))
        } else {
            return;
        };
        if let Err(error) = self.display.print(&format!("{line}\n")) {
            self.broken(error.into());
        }
    }

    fn count(&self, counter: &AtomicUsize) -> usize {
        counter.load(Ordering::Relaxed)
    }

    fn counts(&self) -> [usize; 3] {
        [&self.dreamed, &self.skipped, &self.failed].map(|counter| self.count(counter))
    }

    /// Says how it went.
    ///
    /// # Errors
    /// [`Exit`] if any photograph failed.
    pub fn summarise(&self, took: Duration) -> Result<(), Exit> {
        if let Some(exit) = self.broken.lock().expect("no thread panics with it").take() {
            return Err(exit);
        }
        let [dreamed, skipped, failed] = self.counts();
        let mut parts = vec![match self.dry_run {
            true => format!("{} to dream", photographs(dreamed)),
            false => format!("{} dreamed in {}", photographs(dreamed), duration(took)),
        }];
        if skipped > 0 {
            parts.push(format!("{skipped} done before"));
        }
        let summary = parts.join(", ");
        match failed {
            0 => {
                self.display.note(&summary);
                Ok(())
            }
            _ if self.is_over() => {
                Err(Exit::Failure(anyhow!("{summary}, and stopped at one that failed")))
            }
            _ => Err(Exit::Failure(anyhow!("{summary}, {failed} failed"))),
        }
    }
}

/// A number of photographs.
pub fn photographs(count: usize) -> String {
    if count == 1 { "1 photograph".into() } else { format!("{count} photographs") }
}

/// A time as people say it.
pub fn duration(time: Duration) -> String {
    match time.as_secs_f64() {
        seconds if seconds < 100.0 => format!("{seconds:.1} s"),
        seconds if seconds < 100.0 * 60.0 => format!("{:.0} min", seconds / 60.0),
        seconds => format!("{:.1} h", seconds / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units_that_suit_them() {
        let texts = [0.25, 90.0, 600.0, 36_000.0].map(Duration::from_secs_f64).map(duration);
        assert_eq!(texts, ["0.2 s", "90.0 s", "10 min", "10.0 h"]);
    }
}
