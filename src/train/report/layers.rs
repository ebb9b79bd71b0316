//! The distributions of layers' activations and gradients over time, as in Glorot and Bengio,
//! "Understanding the difficulty of training deep feedforward neural networks" (2010).

use super::chart::{Axis, Chart, Mark, Points, Series};
use super::page::Section;
use crate::html::Colour;
use crate::train::history::{Distribution, History, Snapshot, WatchedLayer};

/// Densities below this fraction of the highest are not drawn.
const LEAST_DENSITY: f64 = 1e-3;

/// How far a histogram extends beyond the middle 96 % of the values, as a fraction of their width.
const BEYOND: f64 = 0.5;

type Of = fn(&Snapshot) -> &Distribution;

/// A section for the activations and one for the gradients; empty if no layer was watched.
pub(super) fn sections(history: &History) -> [Section; 2] {
    [activations(history), gradients(history)]
}

/// The distribution of each layer's values over time, in panels with the same axes.
pub fn activations_over_time(history: &History) -> Vec<Chart> {
    let of: Of = |snapshot| &snapshot.activations;
    over_time(&watched(history, of), of)
}

/// The spread of each layer's gradients over time, all layers in one chart; none if no layer was
/// watched.
pub fn gradients_over_time(history: &History) -> Option<Chart> {
    let layers = watched(history, |snapshot| &snapshot.gradients);
    (!layers.is_empty()).then(|| spread_by_layer(&layers))
}

fn activations(history: &History) -> Section {
    let of: Of = |snapshot| &snapshot.activations;
    let layers = watched(history, of);
    let section = Section::new("Activations");
    if layers.is_empty() {
        return section;
    }
    section
        .paragraph(
            "The distribution of each layer's values during training, over some hundred training \
             examples. A layer whose band is pressed against a bound of its activation function is \
             saturated: almost no gradient passes through it. After figures 2 and 3 of Glorot and \
             Bengio (2010).",
        )
        .panels(&over_time(&layers, of))
        .paragraph(
            "The same values as histograms of area 1, before and after training (figures 4 and 6).",
        )
        .panels(&before_and_after(&layers, of))
}

fn gradients(history: &History) -> Section {
    let of: Of = |snapshot| &snapshot.gradients;
    let layers = watched(history, of);
    let section = Section::new("Gradients");
    if layers.is_empty() {
        return section;
    }
    section
        .paragraph(
            "The spread of the gradients of the loss with respect to each layer's values. Layers \
             that differ by orders of magnitude learn at different speeds: the gradients vanish or \
             explode on their way back.",
        )
        .charts(&[spread_by_layer(&layers)])
        .paragraph(
            "Each layer separately: the standard deviation, between half the width of the middle \
             50 % of the values and half that of the middle 96 %.",
        )
        .panels(&spread_over_time(&layers))
        .paragraph(
            "The gradients as histograms, before and after training (figure 7), each layer on its \
             own scale.",
        )
        .panels(&before_and_after(&layers, of))
}

/// The layers with something to show.
fn watched(history: &History, of: Of) -> Vec<&WatchedLayer> {
    let seen = |layer: &&WatchedLayer| layer.snapshots.iter().any(|shot| !of(shot).is_empty());
    history.layers.iter().filter(seen).collect()
}

fn points(layer: &WatchedLayer, value: impl Fn(&Snapshot) -> f64) -> Points {
    layer.snapshots.iter().map(|snapshot| (snapshot.epoch, value(snapshot))).collect()
}

fn band(layer: &WatchedLayer, ends: impl Fn(&Snapshot) -> [f64; 2]) -> Mark {
    let row = |snapshot: &Snapshot| {
        let [low, high] = ends(snapshot);
        (snapshot.epoch, low, high)
    };
    Mark::Band(layer.snapshots.iter().map(row).collect())
}

/// Panels with the same axes.
fn sharing_axes(panels: Vec<Chart>) -> Vec<Chart> {
    let (x, y): (Vec<f64>, Vec<f64>) = panels.iter().flat_map(Chart::points).unzip();
    let shared = |panel: Chart| Chart {
        x: panel.x.holding(x.iter().copied()),
        y: panel.y.holding(y.iter().copied()),
        ..panel
    };
    panels.into_iter().map(shared).collect()
}

fn over_time(layers: &[&WatchedLayer], of: Of) -> Vec<Chart> {
    let panel = |layer: &&WatchedLayer| {
        let deviation = band(layer, |snapshot| {
            let Distribution { mean, deviation, .. } = of(snapshot);
            [mean - deviation, mean + deviation]
        });
        let percentiles = band(layer, |snapshot| {
            let [lowest, .., highest] = of(snapshot).percentiles;
            [lowest, highest]
        });
        let mean = Mark::Line(points(layer, |snapshot| of(snapshot).mean));
        Chart::panel(&layer.name, Axis::whole("epoch"), Axis::linear("value"))
            .with(Series::new("2nd to 98th percentile", Colour::Muted, percentiles))
            .with(Series::new("mean ± standard deviation", Colour::Series(0), deviation))
            .with(Series::new("mean", Colour::Series(0), mean))
    };
    sharing_axes(layers.iter().map(panel).collect())
}

fn spread_over_time(layers: &[&WatchedLayer]) -> Vec<Chart> {
    let panel = |layer: &&WatchedLayer| {
        let widths = band(layer, |snapshot| {
            let [lowest, low, _, high, highest] = snapshot.gradients.percentiles;
            [(high - low) / 2.0, (highest - lowest) / 2.0]
        });
        let deviation = Mark::Line(points(layer, |snapshot| snapshot.gradients.deviation));
        Chart::panel(&layer.name, Axis::whole("epoch"), Axis::logarithmic("spread"))
            .with(Series::new("middle 50 % to middle 96 %", Colour::Series(3), widths))
            .with(Series::new("standard deviation", Colour::Series(3), deviation))
    };
    sharing_axes(layers.iter().map(panel).collect())
}

fn spread_by_layer(layers: &[&WatchedLayer]) -> Chart {
    let lines = layers.iter().enumerate().map(|(place, layer)| {
        let points = points(layer, |snapshot| snapshot.gradients.deviation);
        Series::line_of_several(&layer.name, place, points)
    });
    let axis = Axis::logarithmic("standard deviation");
    Chart::new("Spread of the gradients", Axis::whole("epoch"), axis).with_all(lines)
}

/// The distributions at the first and last snapshots, each panel with its own axes.
fn before_and_after(layers: &[&WatchedLayer], of: Of) -> Vec<Chart> {
    let panel = |layer: &&WatchedLayer| {
        let ends = [layer.snapshots.first(), layer.snapshots.last()].map(|end| end.map(of));
        let [first, last] = histograms(ends);
        let floor = first.iter().chain(&last).map(|point| point.1).fold(f64::INFINITY, f64::min);
        let area = last.iter().map(|&(value, density)| (value, floor, density)).collect();
        Chart::panel(&layer.name, Axis::linear("value"), Axis::logarithmic("density"))
            .with(Series::new("at the end", Colour::Series(0), Mark::Band(area)))
            .with(Series::unnamed(Colour::Series(0), Mark::Line(last)))
            .with(Series::new("before training", Colour::Muted, Mark::Dashed(first)))
    };
    layers.iter().map(panel).collect()
}

/// The densities of distributions over a common range: around the middle 96 % of the widest. Nearly
/// empty bins are NaN, which leaves gaps.
fn histograms<const N: usize>(distributions: [Option<&Distribution>; N]) -> [Points; N] {
    let known = || distributions.iter().flatten();
    let lowest = known().map(|known| known.percentiles[0]).fold(f64::INFINITY, f64::min);
    let highest = known().map(|known| known.percentiles[4]).fold(f64::NEG_INFINITY, f64::max);
    let room = BEYOND * (highest - lowest);
    let densities = distributions.map(|it| it.map(Distribution::density).unwrap_or_default());
    let most = densities.iter().flatten().map(|point| point.1).fold(0.0, f64::max);
    densities.map(|mut density| {
        density.retain(|(value, _)| lowest - room <= *value && *value <= highest + room);
        for (_, height) in &mut density {
            if *height < LEAST_DENSITY * most {
                *height = f64::NAN;
            }
        }
        density
    })
}
