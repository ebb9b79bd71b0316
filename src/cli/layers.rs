//! `dreamer layers`: lists the layers of a network, or of the network in a weight file.

use clap::Args;

use super::exit::Exit;
use super::network;
use super::options::ListOptions;
use super::print::print;
use dreamer::dream::ObjectiveKind;
use dreamer::network::{Layer, layers, split_channels};
use dreamer::text_table::{self, Align};

const LEGEND: &str = "\
* is the default. CLIMBS is its --objective where none is chosen. STRIDE and SEES (the
receptive field) are in pixels; COST is the fraction of the whole network's work that
dreaming the layer takes.
";

const LEGEND_OF_ALIASES: &str = "\
ALSO: other names of a layer, which --layer accepts too.
";

#[derive(Debug, Args)]
pub struct LayersArguments {
    #[command(flatten)]
    pub list: ListOptions,

    /// Add the number of parameters of each layer
    #[arg(long)]
    pub parameters: bool,
}

/// Prints a model's layers as a table, or as JSON.
pub fn run(arguments: &LayersArguments) -> Result<(), Exit> {
    let (model, graph, _) = network::listed(&arguments.list)?;
    let layers = layers(&graph);
    if arguments.list.json {
        let list = serde_json::json!({
            "model": model,
            "default_layer": graph.default_layer(),
            "layers": layers,
        });
        return Ok(print(&format!("{list:#}\n"))?);
    }
    let mut text = listing(&layers, graph.default_layer(), arguments.parameters);
    text.push_str(LEGEND);
    if layers.iter().any(|layer| !layer.aliases.is_empty()) {
        text.push_str(LEGEND_OF_ALIASES);
    }
    Ok(print(&text)?)
}

fn listing(layers: &[Layer], default_layer: &str, with_parameters: bool) -> String {
    use Align::{Left, Right};
    let with_motifs = layers.iter().any(|layer| layer.motif.is_some());
    let with_aliases = layers.iter().any(|layer| !layer.aliases.is_empty());
    let columns = [
        ("LAYER", Left, true),
        ("DREAMS", Left, with_motifs),
        ("KIND", Left, true),
        ("CLIMBS", Left, true),
        ("CHANNELS", Right, true),
        ("STRIDE", Right, true),
        ("SEES", Right, true),
        ("COST", Right, true),
        ("PARAMETERS", Right, with_parameters),
        ("ALSO", Left, with_aliases),
    ];
    let shown = |row: [String; 10]| -> Vec<String> {
        row.into_iter().zip(columns).filter(|(_, column)| column.2).map(|(cell, _)| cell).collect()
    };
    let mut rows = vec![shown(columns.map(|(name, ..)| name.to_owned()))];
    for layer in layers {
        let mark = if layer.name == split_channels(default_layer).0 { " *" } else { "" };
        rows.push(shown([
            format!("{}{mark}", layer.name),
            layer.motif.unwrap_or_default().to_owned(),
            layer.kind.to_owned(),
            ObjectiveKind::default_for(!layer.can_be_negative, layer.has_class_maps).to_string(),
            layer.channels.to_string(),
            layer.stride.map_or("-".into(), extent),
            layer.receptive_field.map_or("all".into(), extent),
            format!("{:.1} %", 100.0 * layer.cost),
            layer.parameters.to_string(),
            layer.aliases.join(", "),
        ]));
    }
    let aligns: Vec<Align> =
        columns.iter().filter(|column| column.2).map(|(_, align, _)| *align).collect();
    text_table::text(&aligns, &rows)
}

/// `8`, or `8×4` if height and width differ.
fn extent([height, width]: [usize; 2]) -> String {
    if height == width { height.to_string() } else { format!("{height}×{width}") }
}
