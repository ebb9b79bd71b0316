//! Loss, error and learning rate by epoch.

use super::chart::{Axis, Chart, Mark, Points, Series};
use super::number;
use crate::html::Colour;
use crate::train::history::{Epoch, History, Score};

/// The curves of loss and error, and of the learning rate if it changes; none without epochs.
pub(super) fn charts(history: &History) -> Vec<Chart> {
    if history.epochs.is_empty() {
        return Vec::new();
    }
    let mut charts = vec![loss(history), error(history)];
    charts.extend(learning_rate(history));
    charts
}

/// A value of each epoch, to be drawn over the epochs' numbers.
pub(super) fn by_epoch(history: &History, value: impl Fn(&Epoch) -> f64) -> Points {
    history.epochs.iter().map(|epoch| (epoch.number as f64, value(epoch))).collect()
}

fn loss(history: &History) -> Chart {
    let chart = Chart::new("Loss", Axis::whole("epoch"), Axis::fitting("mean loss per example"));
    with_scores(chart, history, |score| score.loss)
}

fn error(history: &History) -> Chart {
    let chart = Chart::new("Error", Axis::whole("epoch"), Axis::fitting("misclassified, %"));
    let chart = with_scores(chart, history, |score| 100.0 * score.error);
    let Some(best) = history.best() else { return chart };
    let name = format!("best: {} after epoch {}", number::percent(best.test.error), best.number);
    let point = (best.number as f64, 100.0 * best.test.error);
    chart.with(Series::new(&name, Colour::Ink, Mark::Rings(vec![point])))
}

fn learning_rate(history: &History) -> Option<Chart> {
    let first = history.epochs.first()?.learning_rate;
    if history.epochs.iter().all(|epoch| epoch.learning_rate == first) {
        return None;
    }
    let rates = by_epoch(history, |epoch| epoch.learning_rate);
    let axis = Axis::fitting("factor of the gradient");
    Some(
        Chart::new("Learning rate", Axis::whole("epoch"), axis)
            .with(Series::unnamed(Colour::Series(2), Mark::Line(rates))),
    )
}

/// A curve per part of the data.
fn with_scores(chart: Chart, history: &History, value: fn(Score) -> f64) -> Chart {
    let line = |name, colour, score: &dyn Fn(&Epoch) -> Score| {
        let points = by_epoch(history, |epoch| value(score(epoch)));
        Series::new(name, Colour::Series(colour), Mark::Line(points))
    };
    let chart =
        chart
            .with(line("training", 0, &|epoch| epoch.training))
            .with(line("test", 1, &|epoch| epoch.test));
    // Every epoch has what one has.
    let has = |part: fn(&Epoch) -> Option<Score>| history.epochs.iter().any(|e| part(e).is_some());
    let chart = match has(|epoch| epoch.validation) {
        true => chart.with(line("validation", 2, &|epoch| epoch.validation.unwrap_or_default())),
        false => chart,
    };
    match has(|epoch| epoch.robust) {
        true => chart.with(line("adversarial", 3, &|epoch| epoch.robust.unwrap_or_default())),
        false => chart,
    }
}
