//! The report page of a training run.

use std::path::Path;

use super::super::exit::Exit;
use super::super::recipe::quoted;
use dreamer::train::Training;
use dreamer::train::checkpoint::Run;
use dreamer::train::data::LoadOptions;
use dreamer::train::history::History;
use dreamer::train::report;

/// Writes the page of a finished run.
pub fn write(path: &Path, training: &mut Training, run: &Run) -> Result<(), Exit> {
    let history = History { command: command(run), ..training.history() };
    Ok(report::run::page(&history).write(path)?)
}

/// The command line that reproduces the run, quoted for a POSIX shell.
fn command(run: &Run) -> String {
    let LoadOptions { size, training, test, validation, .. } = run.load;
    let validation = (validation > 0).then_some(validation);
    let load = [("size", size), ("training", training), ("test", test), ("validation", validation)];
    let load =
        load.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.to_string())));
    let all = run.settings.options().into_iter().chain(load);
    let mut line = format!("dreamer train --data {}", quoted(&run.source.to_string()));
    for (name, value) in all {
        line += &format!(" --{name} {}", quoted(&value));
    }
    line
}
