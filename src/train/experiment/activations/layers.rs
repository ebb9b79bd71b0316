//! What happens in the layers of the networks.

use crate::train::data::DataSet;
use crate::train::experiment::{Trained, outcome};
use crate::train::history::{History, Snapshot, WatchedLayer};
use crate::train::report::layers::{activations_over_time, gradients_over_time};
use crate::train::report::{Axis, Chart, Section, Series, number};

/// How the spread of activations and gradients changes with the depth, before training.
pub fn depth(data: &DataSet, trained: &[Trained]) -> Section {
    let chart = |title: &str, value: fn(&Snapshot) -> f64| {
        let lines = trained.iter().enumerate().map(|(place, trained)| {
            let hidden = hidden(&trained.history).iter().zip(1..);
            let points = hidden.filter_map(|(layer, number)| {
                Some((f64::from(number), value(layer.snapshots.first()?)))
            });
            Series::line_of_several(&trained.name, place, points.collect())
        });
        Chart::new(title, Axis::whole("hidden layer"), Axis::logarithmic("standard deviation"))
            .with_all(lines)
    };
    Section::new(&format!("By depth, on {}", outcome::called(data)))
        .paragraph(
            "Before the first step: how far the values of each hidden layer spread on their way \
             forward, and the gradients of the loss with respect to its sums on their way back. A \
             factor below 1 from layer to layer, again and again, is what makes both vanish in deep \
             networks; the sigmoid's slope, at most 1/4, is such a factor.",
        )
        .charts(&[
            chart("Activations before training", |shot| shot.activations.deviation),
            chart("Gradients before training", |shot| shot.gradients.deviation),
        ])
}

/// How the layers of one network change while it learns.
pub fn over_time(data: &DataSet, trained: &Trained) -> Section {
    let history = &trained.history;
    let section =
        Section::new(&format!("{} on {}, layer by layer", trained.name, outcome::called(data)))
            .paragraph(&said(history))
            .panels(&activations_over_time(history));
    section.charts(gradients_over_time(history).as_slice())
}

/// A summary of the last hidden layer and the gradients.
fn said(history: &History) -> String {
    let layers = hidden(history);
    let (Some(first), Some(last)) = (layers.first(), layers.last()) else {
        return String::new();
    };
    let means = || last.snapshots.iter().map(|shot| shot.activations.mean);
    let spread = |layer: &WatchedLayer, at: fn(&[Snapshot]) -> Option<&Snapshot>| {
        at(&layer.snapshots).map_or(f64::NAN, |shot| shot.gradients.deviation)
    };
    let ratio = |at: fn(&[Snapshot]) -> Option<&Snapshot>| {
        number::short(spread(first, at) / spread(last, at))
    };
    format!(
        "The mean activation of the last hidden layer is {} before training and {} at the end, and \
         stays between {} and {}. The gradients of the first hidden layer spread {} times as far as \
         those of the last one before training, and {} times at the end.",
        number::short(means().next().unwrap_or(f64::NAN)),
        number::short(means().next_back().unwrap_or(f64::NAN)),
        number::short(means().fold(f64::INFINITY, f64::min)),
        number::short(means().fold(f64::NEG_INFINITY, f64::max)),
        ratio(<[Snapshot]>::first),
        ratio(<[Snapshot]>::last),
    )
}

/// The watched layers except the output.
fn hidden(history: &History) -> &[WatchedLayer] {
    history.layers.split_last().map_or(&[], |(_, hidden)| hidden)
}
