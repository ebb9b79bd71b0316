//! `dreamer classes`: lists the classes that a network tells apart.

use anyhow::anyhow;
use clap::Args;

use super::exit::Exit;
use super::network;
use super::options::ListOptions;
use super::print::print;
use dreamer::escape::printable;
use dreamer::network::{Class, Classes};
use dreamer::text_table::{self, Align};

const EXAMPLES: &str = "\
Examples:
  dreamer classes                          ImageNet's, of most pretrained networks
  dreamer classes --model googlenet_places365
  dreamer classes --model menagerie
  dreamer classes --weights mine.safetensors --json";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ClassesArguments {
    #[command(flatten)]
    pub list: ListOptions,
}

/// Prints a network's classes as a table, or as JSON.
pub fn run(arguments: &ClassesArguments) -> Result<(), Exit> {
    let (model, _, classes) = network::listed(&arguments.list)?;
    let classes = classes.ok_or_else(|| {
        Exit::usage(anyhow!(
            "the classes of {model} are in the file of its weights; name it with --weights FILE"
        ))
    })?;
    match arguments.list.json {
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
