//! `dreamer compare`: dreams side by side.

mod arguments;
mod cache;
mod grid;
mod outputs;
mod sweep;
mod targets;
mod work;

pub mod atlas;

pub use arguments::{AtlasArguments, CompareArguments};

use std::path::PathBuf;
use std::time::Instant;

use anyhow::anyhow;

use self::arguments::{Common, SheetOptions};
use self::cache::DreamCache;
use self::grid::Grid;
use self::outputs::Destination;
use self::sweep::{Swept, WITHOUT_TARGETS};
use self::targets::Target;
use self::work::{Done, Start, Stats, Work, original};
use super::exit::Exit;
use super::files::{read, read_pictures};
use super::interrupt;
use super::network;
use super::options::DreamOptions;
use super::print::print;
use super::progress::Display;
use dreamer::compare::{Cell, Comparison};
use dreamer::dream::{Network, Settings};
use dreamer::options::OptionList;
use dreamer::picture::Input;

/// Reads a photograph, dreams on it in several ways and writes them beside each other.
pub fn run(arguments: &CompareArguments) -> Result<(), Exit> {
    let display = Display::new(arguments.common.quiet);
    interrupt::watch(&display);
    let result = compare(arguments, &display);
    display.clear();
    result?.report(arguments.common.json, &display)
}

fn compare(arguments: &CompareArguments, display: &Display) -> Result<Written, Exit> {
    let started = Instant::now();
    let CompareArguments { input, sweeps, common, .. } = arguments;
    let Common { targets, sheet, dream: options, .. } = common;
    let outputs = match &arguments.outputs[..] {
        [] => vec![default_output(input)],
        outputs => outputs.to_vec(),
    };
    let outputs = outputs::check(&outputs, common.force)?;
    let swept = swept(options);
    read_pictures(&swept.settings, &swept.files)?;
    for (sweep, value) in
        sweeps.iter().flat_map(|sweep| sweep.values.iter().map(move |v| (sweep, v)))
    {
        let mut one = swept.clone();
        sweep.set(&mut one, value).map_err(|error| Exit::usage(anyhow!("--sweep {error}")))?;
        read_pictures(&one.settings, &one.files)?;
    }
    let picture = read(&swept.files, input, display)?;
    let starts = [Start { label: "original".into(), input: input.clone(), picture }];
    let dreamer = network::dreamer(&options.network, &options.device, display)?;
    let graph = &dreamer.network().graph;
    if targets.is_empty() && sweeps.is_empty() {
        return Err(Exit::usage(anyhow!(
            "there is nothing to compare; add --layers, --channels, --classes or --sweep"
        )));
    }
    let targets = targets.find(graph, &[graph.default_layer().into()])?;
    let grid = Grid::new(&targets, sweeps, &swept)?;
    let cache = arguments.keep.as_deref().map(DreamCache::open).transpose()?;
    if cache.is_some() {
        interrupt::postpone();
    }
    let title = match input {
        Input::Stdin => "A photograph".to_owned(),
        Input::Path(path) => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
    };
    let subtitle = subtitle(dreamer.network(), &targets, &grid, &swept);
    let work = Work { dreamer, options, starts: &starts, cache: cache.as_ref(), display };
    let dreamed = work.dream(&grid)?;
    let comparison = Comparison {
        title,
        subtitle,
        originals: vec![original(&starts[0], &swept)?],
        cells: Vec::new(),
        arrangement: grid.arrangement,
    };
    write(comparison, dreamed, outputs, sheet, &swept, started)
}

/// What every dream is dreamed and written with, but for what is swept.
fn swept(options: &DreamOptions<WITHOUT_TARGETS>) -> Swept {
    Swept { settings: options.settings.0.clone(), files: options.files.0.clone() }
}

/// `NAME.compare.png` in the current folder.
fn default_output(input: &Input) -> PathBuf {
    let mut name = match input {
        Input::Stdin => "dream".into(),
        Input::Path(path) => path.file_stem().unwrap_or_default().to_owned(),
    };
    name.push(".compare.png");
    name.into()
}

/// What all dreams have in common: network, layer and the options that matter most or were chosen, but for
/// those in which they differ.
fn subtitle(network: &Network, targets: &[Target], grid: &Grid, options: &Swept) -> String {
    const ALWAYS: [&str; 5] = ["octaves", "iterations", "step", "jitter", "seed"];
    let (settings, default) = (options.settings.without_folders(), Settings::default());
    let layer = (!grid.by_target).then(|| format!("layer {}", targets[0].name));
    let common = Settings::OPTIONS[WITHOUT_TARGETS..].iter().filter_map(|option| {
        let value = (option.get)(&settings)?;
        let is_chosen = Some(&value) != (option.get)(&default).as_ref();
        let is_common = !grid.swept.contains(&option.name);
        (is_common && (is_chosen || ALWAYS.contains(&option.name)))
            .then(|| format!("{} {value}", option.name))
    });
    [network.model.clone()].into_iter().chain(layer).chain(common).collect::<Vec<_>>().join(" · ")
}

/// Writes a comparison of what was dreamed, as long as there is any.
fn write(
    comparison: Comparison,
    dreamed: Vec<Done>,
    outputs: Vec<Destination>,
    sheet: &SheetOptions,
    options: &Swept,
    started: Instant,
) -> Result<Written, Exit> {
    let (cells, stats): (Vec<Cell>, Vec<Stats>) =
        dreamed.into_iter().map(|done| (done.cell, done.stats)).unzip();
    let comparison = Comparison { cells, ..comparison };
    let failures = failures(&comparison.cells);
    if let Some(error) = failures.filter(|_| comparison.cells.iter().all(|c| c.picture.is_err())) {
        return Err(error.into());
    }
    // All of them, or none.
    let hold = interrupt::hold();
    for output in &outputs {
        output.write(&comparison, sheet, options.files.quality)?;
    }
    hold.forever();
    Ok(Written { comparison, stats, outputs, seconds: started.elapsed().as_secs_f64() })
}

/// How many dreams failed, and why the first one did; `None` where none did.
fn failures(cells: &[Cell]) -> Option<anyhow::Error> {
    let failed = || cells.iter().filter_map(|cell| Some((cell, cell.picture.as_ref().err()?)));
    let (first, reason) = failed().next()?;
    let first = first.labels.join(", ");
    Some(match failed().count() {
        1 => anyhow!("1 of {} dreams failed: {first}: {reason}", cells.len()),
        count => {
            anyhow!("{count} of {} dreams failed; the first is {first}: {reason}", cells.len())
        }
    })
}

/// A comparison that is written.
struct Written {
    comparison: Comparison,
    stats: Vec<Stats>,
    outputs: Vec<Destination>,
    seconds: f64,
}

impl Written {
    /// Tells people, or a script, what was done.
    ///
    /// # Errors
    /// [`Exit`] if a dream failed, though all is written.
    fn report(&self, json: bool, display: &Display) -> Result<(), Exit> {
        let Written { comparison, stats, outputs, seconds } = self;
        let outputs: Vec<String> = outputs.iter().map(ToString::to_string).collect();
        if json {
            let cells = comparison.cells.iter().zip(stats).map(|(cell, stats)| {
                serde_json::json!({
                    "labels": cell.labels,
                    "layer": stats.target,
                    "command": cell.command,
                    "octaves": stats.octaves,
                    "score": stats.score,
                    "seconds": stats.seconds,
                    "kept": stats.kept,
                    "error": cell.picture.as_ref().err(),
                })
            });
            let report = serde_json::json!({
                "outputs": outputs,
                "title": comparison.title,
                "settings": comparison.subtitle,
                "cells": cells.collect::<Vec<_>>(),
                "seconds": seconds,
            });
            print(&format!("{report}\n"))?;
        }
        let kept = stats.iter().filter(|stats| stats.kept).count();
        display.note(&format!(
            "{}: {} dreams{} in {seconds:.1} s",
            outputs.join(" and "),
            stats.len(),
            if kept > 0 { format!(", {kept} of them kept from before,") } else { String::new() },
        ));
        failures(&comparison.cells).map_or(Ok(()), |error| Err(error.into()))
    }
}
