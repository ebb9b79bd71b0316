//! `dreamer PHOTOS… -o FOLDER/`: every photograph of a folder, a list or a pattern.

mod arguments;
mod estimate;
mod inputs;
mod list;
mod manifest;
mod name;
mod paths;
mod report;
pub mod settings;
mod shard;
mod worker;
mod writer;

pub use arguments::DreamArguments;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use anyhow::anyhow;

use self::manifest::Manifest;
use self::report::Report;
use self::settings::fingerprint;
use self::worker::Worker;
use self::writer::Writer;
use super::exit::Exit;
use super::files::read_pictures;
use super::interrupt;
use super::network;
use super::progress::Display;
use dreamer::dream::Scheduler;
use dreamer::picture::Format;

/// Dreams on every photograph that is not dreamed yet.
pub fn run(arguments: &DreamArguments, folder: PathBuf) -> Result<(), Exit> {
    let started = Instant::now();
    let display = Display::new(arguments.quiet);
    interrupt::watch(&display);
    let report = dream(arguments, &folder, &display);
    display.clear();
    report?.summarise(started.elapsed())
}

fn dream(
    arguments: &DreamArguments,
    folder: &Path,
    display: &Display,
) -> Result<Arc<Report>, Exit> {
    check(folder)?;
    display.busy("looking for photographs");
    let shard = arguments.batch.shard()?;
    let mut entries = inputs::find(arguments, folder, display)?;
    entries.retain(|entry| shard.holds(&entry.relative));
    let options = &arguments.dream;
    read_pictures(&options.settings.0, &options.files.0)?;
    let dreamers = network::dreamers(&options.network, &options.device, display)?;
    let scheduler = Scheduler::new(&dreamers, entries.len())?;
    let dreamer = scheduler.dreamer();
    dreamer.check(&options.settings.0)?;
    display.busy(&format!("loading {}", dreamer.network().model));
    let settings = fingerprint(dreamer, options)?;
    let manifest = Arc::new(match arguments.batch.dry_run {
        true => Manifest::read(folder)?,
        false => Manifest::open(folder)?,
    });
    let report = Arc::new(Report::new(arguments, folder, display, entries.len()));
    if !arguments.batch.dry_run {
        report.speak_when_interrupted(&manifest);
    }

    let writer = Arc::new(Writer {
        folder: folder.to_owned(),
        manifest,
        settings,
        force: arguments.force,
        quality: options.files.0.quality,
    });
    let worker = Worker { arguments, writer: &writer, scheduler: &scheduler, report: &report };
    if arguments.batch.dry_run {
        let planned = entries.iter().filter_map(|entry| worker.plan(entry)).collect();
        estimate::report(&worker, planned)?;
        return Ok(report);
    }
    let entries = Mutex::new(entries.iter());
    let next = || {
        let mut entries = entries.lock().expect("no thread panics with it");
        entries.next().filter(|_| !report.is_over())
    };
    scheduler.for_each(next, |entry| worker.work(entry));
    Ok(report)
}

/// Refuses a picture's name where a folder's is meant.
fn check(folder: &Path) -> Result<(), Exit> {
    if !folder.is_dir() && (folder.exists() || Format::from_path(folder).is_ok()) {
        return Err(Exit::usage(anyhow!(
            "{} is one picture; name a folder for the dreams of several photographs with --output",
            folder.display()
        )));
    }
    Ok(())
}
