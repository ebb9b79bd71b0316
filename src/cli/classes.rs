//! `dreamer classes`: lists the classes that a network tells apart.

use std::path::PathBuf;

use anyhow::anyhow;
use clap::{Args, ValueHint};

use super::exit::Exit;
use super::model::ModelParser;
use super::print::print;
use dreamer::dream::{Model, Network};
use dreamer::escape::printable;
use dreamer::network::{Class, Classes, zoo};
use dreamer::text_table::{self, Align};

const EXAMPLES: &str = "\
Examples:
  dreamer classes                          ImageNet's, of most pretrained networks
  dreamer classes --model googlenet_places365
  dreamer classes --model motifs
  dreamer classes --weights mine.safetensors --json";

/// The network whose classes are listed by default.
const DEFAULT: Model = Model::Pretrained("googlenet");

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ClassesArguments {
    /// Network whose classes to list [default: googlenet]
    #[arg(short, long, value_parser = ModelParser)]
    pub model: Option<Model>,

    /// List the classes of the network in this file of weights
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub weights: Option<PathBuf>,

    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Prints a network's classes as a table, or as JSON.
pub fn run(arguments: &ClassesArguments) -> Result<(), Exit> {
    let model = arguments.model.as_ref();
    let (model, classes) = match (&arguments.weights, model.unwrap_or(&DEFAULT)) {
        (Some(weights), _) => {
            let network = Network::of_file(model, weights)?;
            (network.model, network.classes)
        }
        (None, Model::Embedded) => {
            let network = Network::embedded();
            (network.model, network.classes)
        }
        (None, model) => (model.to_string(), zoo::classes(&model.to_string()).cloned()),
    };
    let classes = classes.ok_or_else(|| {
        Exit::usage(anyhow!(
            "the classes of {model} are in the file of its weights; name it with --weights FILE"
        ))
    })?;
    match arguments.json {
        true => {
            let list = serde_json::json!({ "model": model, "classes": classes.as_slice() });
            Ok(print(&format!("{list:#}\n"))?)
        }
        false => Ok(print(&listing(&classes))?),
    }
}

fn listing(classes: &Classes) -> String {
    let with_numbers = classes.as_slice().iter().any(|class| class.wordnet.is_some());
    let row = |index: String, number: &str, names: String| match with_numbers {
        true => vec![index, number.to_owned(), names],
        false => vec![index, names],
    };
    let mut rows = vec![row("INDEX".into(), "WORDNET", "NAMES".into())];
    rows.extend(classes.as_slice().iter().enumerate().map(|(index, class)| {
        let Class { wordnet, names } = class;
        let names = printable(&names.join(", "));
        row(index.to_string(), wordnet.as_deref().unwrap_or("-"), names)
    }));
    let aligns: &[Align] = match with_numbers {
        true => &[Align::Right, Align::Left, Align::Left],
        false => &[Align::Right, Align::Left],
    };
    text_table::text(aligns, &rows)
}
