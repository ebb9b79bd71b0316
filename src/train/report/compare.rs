//! Parts of pages that compare several runs.

use super::chart::{Axis, Chart, Series};
use super::curves::by_epoch;
use super::number;
use super::table::{Column, Table};
use crate::train::history::{Epoch, History};

/// A run under the name that the comparison gives it.
pub type Run<'a> = (&'a str, &'a History);

/// A dot for one of several networks or runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Dot {
    /// What is written beside it.
    pub name: String,
    /// Its cost: parameters, seconds, examples, ….
    pub x: f64,
    /// Its benefit, such as an error in %.
    pub y: f64,
}

/// The test error of each run by epoch.
pub fn test_error(runs: &[Run]) -> Chart {
    let axis = Axis::fitting("misclassified, %");
    overlay("Test error", axis, runs, |epoch| 100.0 * epoch.test.error)
}

/// The test loss of each run by epoch.
pub fn test_cost(runs: &[Run]) -> Chart {
    let axis = Axis::fitting("mean loss per example");
    overlay("Test loss", axis, runs, |epoch| epoch.test.loss)
}

/// The training loss of each run by epoch.
pub fn training_loss(runs: &[Run]) -> Chart {
    let axis = Axis::fitting("mean loss per example");
    overlay("Training loss", axis, runs, |epoch| epoch.training.loss)
}

/// A line for each run: `value` of each epoch, under a `title`, on the axis `y`.
pub fn overlay(title: &str, y: Axis, runs: &[Run], value: impl Fn(&Epoch) -> f64) -> Chart {
    let lines = runs.iter().enumerate().map(|(place, (name, history))| {
        Series::line_of_several(name, place, by_epoch(history, &value))
    });
    Chart::new(title, Axis::whole("epoch"), y).with_all(lines)
}

/// A dot for each of `dots`, such as error against size or time.
pub fn dots(title: &str, x: Axis, y: Axis, dots: &[Dot]) -> Chart {
    let series = dots
        .iter()
        .enumerate()
        .map(|(place, Dot { name, x, y })| Series::dot_of_several(name, place, (*x, *y)));
    Chart::new(title, x, y).with_all(series)
}

/// The results of each run, under a `caption`.
pub fn table(caption: &str, runs: &[Run]) -> Table {
    let rows = runs
        .iter()
        .map(|(name, history)| ([(*name).to_owned(), history.epochs.len().to_string()], *history));
    endings(caption, [Column::text("run"), Column::number("epochs")], rows)
}

/// The results of runs, each after the cells that identify it.
pub fn endings<'h, const CELLS: usize>(
    caption: &str,
    columns: [Column; CELLS],
    runs: impl IntoIterator<Item = ([String; CELLS], &'h History)>,
) -> Table {
    let endings =
        ["best test error", "after epoch", "final test error", "final training error", "time"];
    let mut table = Table::new(caption, columns.into_iter().chain(endings.map(Column::number)));
    for (cells, history) in runs {
        let none = || "–".to_owned();
        let best = history.best();
        let last = history.epochs.last();
        table.row(cells.into_iter().chain([
            best.map_or_else(none, |epoch| number::percent(epoch.test.error)),
            best.map_or_else(none, |epoch| epoch.number.to_string()),
            last.map_or_else(none, |epoch| number::percent(epoch.test.error)),
            last.map_or_else(none, |epoch| number::percent(epoch.training.error)),
            number::duration(history.epochs.iter().map(|epoch| epoch.seconds).sum()),
        ]));
    }
    table
}
