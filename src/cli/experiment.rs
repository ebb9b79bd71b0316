//! `dreamer experiment`: reproduces published experiments on neural networks.

mod arguments;
mod progress;

pub use arguments::ExperimentArguments;

use std::path::Path;

use serde_json::{Map, Value, json};

use self::arguments::Common;
use self::progress::Bar;
use super::exit::Exit;
use super::interrupt;
use super::print::print;
use super::progress::Display;
use super::threads::Threads;
use dreamer::atomic_file;
use dreamer::train::experiment::{Config, Findings, Runner};
use dreamer::train::report::Section;

/// Runs an experiment, prints its table and writes its page.
pub fn run(arguments: &ExperimentArguments) -> Result<(), Exit> {
    let common = arguments.common();
    let display = Display::new(common.quiet);
    interrupt::watch(&display);
    let Threads { pool, count } = Threads::new(common.threads)?;
    let done = pool.install(|| {
        let config = common.config(count);
        repeat(arguments, config, &display)
    });
    display.clear();
    Ok(print(&done?)?)
}

/// Runs the experiment; returns the text to print.
fn repeat(
    arguments: &ExperimentArguments,
    config: Config,
    display: &Display,
) -> Result<String, Exit> {
    let common = arguments.common();
    let experiment = arguments.experiment().map_err(Exit::usage)?;
    let own = format!("{}.html", experiment.name());
    let report = common.report.as_deref().unwrap_or(Path::new(&own));
    {
        let _hold = interrupt::hold();
        atomic_file::check(report, common.force)?;
    }
    display.busy("loading data");
    if config.quick {
        display.note("a quick run: fewer pictures and epochs, for a first look");
    }
    let mut bar = Bar::new(display);
    let mut findings = experiment.run(&mut Runner::new(config, &mut bar))?;
    let again = arguments.command(experiment.name(), &config).map_err(Exit::usage)?;
    findings.page.add(Section::new("How to reproduce it").code(&again));
    {
        let _hold = interrupt::hold();
        findings.page.write(report)?;
    }
    display.note(&format!("{}: the page of the experiment", report.display()));
    printed(common, experiment.name(), &config, findings)
}

/// The tables, or the numbers as JSON.
fn printed(
    common: &Common,
    name: &str,
    config: &Config,
    findings: Findings,
) -> Result<String, Exit> {
    if !common.json {
        let tables: Vec<String> = findings.tables.iter().map(ToString::to_string).collect();
        return Ok(tables.join("\n"));
    }
    let mut all = Map::from_iter([
        ("experiment".to_owned(), Value::from(name)),
        ("quick".to_owned(), json!(config.quick)),
        ("seed".to_owned(), json!(config.seed)),
        ("threads".to_owned(), json!(config.threads)),
    ]);
    all.extend(findings.numbers);
    Ok(format!("{}\n", serde_json::to_string(&all)?))
}
