//! The page that shows how a network learnt.

use std::path::Path;

use super::super::exit::Exit;
use crate::train::checkpoint::Run;
use crate::train::data::DataSet;
use crate::train::history::{History, Mistake};
use crate::train::report;
use crate::train::tile::Tile;
use crate::train::{Evaluation, Settings, Training};

/// Mistakes shown at most, the most confident first.
const MISTAKES: usize = 60;

/// Writes the page of a run that is done.
pub fn write(path: &Path, training: &mut Training, run: &Run, data: &DataSet) -> Result<(), Exit> {
    let Evaluation { confusion, mistakes, .. } = training.evaluate();
    let mut worst = mistakes;
    worst.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let mistakes = worst.iter().take(MISTAKES).map(|wrong| Mistake {
        picture: Tile::from_picture(data.test.picture(wrong.example), data.shape),
        label: wrong.label,
        answer: wrong.answer,
        confidence: wrong.confidence,
    });
    let settings = training.settings();
    let mut history = History {
        title: format!("{} on {}", settings.network, data.name),
        command: command(run),
        settings: named(settings),
        classes: data.classes.clone(),
        epochs: training.state().epochs.clone(),
        layers: training.state().layers.clone(),
        confusion: Some(confusion),
        mistakes: mistakes.collect(),
        ..History::default()
    };
    if let Some((observer, state)) = training.observer() {
        history.filters = observer.filters(state.best_parameters());
        history.feature_maps = observer.feature_maps(state.best_parameters());
    }
    Ok(report::run::page(&history).write(path)?)
}

/// The settings as the options that choose them.
fn options(settings: &Settings) -> Vec<(String, String)> {
    let value = serde_json::to_value(settings).unwrap_or_default();
    let option = |name: &str| name.replace('_', "-");
    let text =
        |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let all = value.as_object().into_iter().flatten();
    all.map(|(name, value)| (option(name), text(value))).collect()
}

/// The settings for people.
fn named(settings: &Settings) -> Vec<(String, String)> {
    options(settings).into_iter().map(|(name, value)| (name.replace('-', " "), value)).collect()
}

/// The command line that trains the same network again, quoted for a POSIX shell.
fn command(run: &Run) -> String {
    let load = [("size", run.load.size), ("training", run.load.training), ("test", run.load.test)];
    let load =
        load.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.to_string())));
    let all = options(&run.settings).into_iter().chain(load);
    let quoted =
        |text: &str| shlex::try_quote(text).map_or_else(|_| text.into(), |text| text.into_owned());
    let mut line = format!("dreamer train --data {}", quoted(&run.source.to_string()));
    for (name, value) in all {
        line += &format!(" --{name} {}", quoted(&value));
    }
    line
}
