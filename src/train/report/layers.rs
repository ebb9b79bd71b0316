//! The distributions of layers' activations and gradients over time, as in Glorot and Bengio,
//! "Understanding the difficulty of training deep feedforward neural networks" (2010).

use super::chart::{Axis, Chart, Mark, Points, Series};
use super::page::Section;
use super::palette::Colour;
use crate::train::history::{Distribution, History, Snapshot, WatchedLayer};

/// Densities below this share of the highest are on the lower edge.
const LEAST_DENSITY: f64 = 1e-4;

type Of = fn(&Snapshot) -> &Distribution;

/// A section for the activations and one for the gradients; empty where no layer was watched.
pub(super) fn sections(history: &History) -> [Section; 2] {
    [activations(history), gradients(history)]
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
            "How the values of each layer are distributed while the network learns, over a fixed \
             set of training examples. A layer whose band is pressed against a bound of its \
             activation function is saturated: it passes almost no gradient on. After figures 2 \
             and 3 of Glorot and Bengio (2010).",
        )
        .panels(&over_time(&layers, of))
        .paragraph(
            "The same values as histograms, before training and at its end (figures 4 and 6); \
             their area is 1.",
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
            "How far the gradients of the cost with respect to each layer's values spread. Where \
             layers differ by orders of magnitude, they learn at different speeds: gradients \
             vanish, or explode, on their way back.",
        )
        .charts(&[spread_by_layer(&layers), density_by_layer(&layers, of)])
        .paragraph(
            "Each layer by itself: the standard deviation, between half the width of the middle \
             half of the values and half that of their middle 96 %.",
        )
        .panels(&spread_over_time(&layers))
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
            .with(Series::new("middle half to middle 96 %", Colour::Series(3), widths))
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

/// Before training, after figure 7: later, the networks' errors differ too much for a comparison.
fn density_by_layer(layers: &[&WatchedLayer], of: Of) -> Chart {
    let lines = layers.iter().enumerate().filter_map(|(place, layer)| {
        let points = of(layer.snapshots.first()?).density();
        Some(Series::line_of_several(&layer.name, place, points))
    });
    cut_low_densities(
        Chart::new(
            "Gradients before training",
            Axis::linear("gradient"),
            Axis::logarithmic("density"),
        )
        .with_all(lines),
    )
}

fn before_and_after(layers: &[&WatchedLayer], of: Of) -> Vec<Chart> {
    let panel = |layer: &&WatchedLayer| {
        let [first, last] = [layer.snapshots.first(), layer.snapshots.last()]
            .map(|snapshot| snapshot.map(|snapshot| of(snapshot).density()).unwrap_or_default());
        let chart = Chart::panel(&layer.name, Axis::linear("value"), Axis::logarithmic("density"))
            .with(Series::new("before training", Colour::Muted, Mark::Dashed(first)))
            .with(Series::new("at the end", Colour::Series(0), Mark::Line(last)));
        cut_low_densities(chart)
    };
    layers.iter().map(panel).collect()
}

/// Leaves out of a chart of densities those intervals that hold almost nothing.
fn cut_low_densities(mut chart: Chart) -> Chart {
    let highest = chart.points().iter().map(|point| point.1).fold(0.0, f64::max);
    let floor = highest * LEAST_DENSITY;
    for series in &mut chart.series {
        if let Mark::Line(points) | Mark::Dashed(points) = &mut series.mark {
            points.iter_mut().for_each(|point| point.1 = point.1.max(floor));
        }
    }
    chart
}
