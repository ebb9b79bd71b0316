//! `dreamer layers`: what there is to choose from in a network, or in that of a weight file.

use std::fmt::Write;

use super::arguments::LayersArguments;
use super::exit::Exit;
use super::model::Model;
use super::network::Network;
use super::print::print;
use crate::network::{Layer, layers};

/// Whose layers are listed where no network is named.
const DEFAULT: Model = Model::Pretrained("googlenet");

const LEGEND: &str = "\
* is the default. STRIDE and SEES (the receptive field) are in pixels; COST is
the share of the whole network that dreaming the layer needs.
";

/// Prints a model's layers as a table, or as JSON.
pub fn run(arguments: &LayersArguments) -> Result<(), Exit> {
    let model = arguments.model.as_ref();
    let (model, graph) = match &arguments.weights {
        Some(weights) => {
            let network = Network::of_file(model, weights)?;
            (network.model, network.graph)
        }
        None => {
            let model = model.unwrap_or(&DEFAULT);
            (model.to_string(), model.graph().map_err(Exit::usage)?)
        }
    };
    let layers = layers(&graph);
    if arguments.json {
        let list = serde_json::json!({
            "model": model,
            "default_layer": graph.default_layer(),
            "layers": layers,
        });
        return Ok(print(&format!("{list:#}\n"))?);
    }
    let mut text = table(&layers, graph.default_layer(), arguments.parameters);
    text.push_str(LEGEND);
    Ok(print(&text)?)
}

fn table(layers: &[Layer], default_layer: &str, with_parameters: bool) -> String {
    let mut rows = vec![
        ["LAYER", "KIND", "CHANNELS", "STRIDE", "SEES", "COST", "PARAMETERS"].map(str::to_owned),
    ];
    for layer in layers {
        let mark = if layer.name == default_layer { " *" } else { "" };
        rows.push([
            format!("{}{mark}", layer.name),
            layer.kind.to_owned(),
            layer.channels.to_string(),
            layer.stride.map_or("-".into(), extent),
            layer.receptive_field.map_or("all".into(), extent),
            format!("{:.1} %", 100.0 * layer.cost),
            layer.parameters.to_string(),
        ]);
    }
    let columns = if with_parameters { 7 } else { 6 };
    let widths: Vec<usize> = (0..columns)
        .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
        .collect();
    let mut text = String::new();
    for row in &rows {
        let cells: Vec<String> = (0..columns)
            .map(|column| match column {
                0 | 1 => format!("{:<1$}", row[column], widths[column]),
                _ => format!("{:>1$}", row[column], widths[column]),
            })
            .collect();
        let _ = writeln!(text, "{}", cells.join("  ").trim_end());
    }
    text
}

/// `8`, or `8×4` where height and width differ.
fn extent([height, width]: [usize; 2]) -> String {
    if height == width { height.to_string() } else { format!("{height}×{width}") }
}
