//! `dreamer show`: the command line that made a picture.

use std::io::Read;

use anyhow::{Context, anyhow};
use clap::{Args, ValueHint};

use super::exit::Exit;
use super::print::print;
use super::recipe::command_line;
use dreamer::dream::Recipe;
use dreamer::picture::{Input, read_settings};

#[derive(Debug, Args)]
pub struct ShowArguments {
    /// Picture that dreamer wrote (PNG or JPEG); `-` is standard input
    #[arg(value_hint = ValueHint::FilePath)]
    pub picture: Input,

    /// Print the settings as JSON
    #[arg(long)]
    pub json: bool,
}

/// Prints the settings in a picture's metadata as a command line, or as JSON.
pub fn run(arguments: &ShowArguments) -> Result<(), Exit> {
    let picture = &arguments.picture;
    let bytes = load(picture).with_context(|| format!("cannot read {picture}"))?;
    let settings = read_settings(&bytes)
        .with_context(|| format!("cannot read the settings in {picture}"))?
        .ok_or_else(|| {
            anyhow!(
                "{picture} carries no settings of dreamer: only the PNG and JPEG files that it \
                 writes do, until a program removes them"
            )
        })?;
    let damaged = || format!("the settings in {picture} are damaged");
    let recipe: Recipe = Recipe::read(&settings).with_context(damaged)?;
    let text = if arguments.json {
        serde_json::to_string_pretty(&recipe)?
    } else {
        let line = command_line(&recipe).with_context(damaged)?;
        if line.chars().any(char::is_control) {
            return Err(anyhow!(damaged()).into());
        }
        line
    };
    Ok(print(&format!("{text}\n"))?)
}

fn load(picture: &Input) -> std::io::Result<Vec<u8>> {
    match picture {
        Input::Path(path) => std::fs::read(path),
        Input::Stdin => {
            let mut bytes = Vec::new();
            std::io::stdin().lock().read_to_end(&mut bytes)?;
            Ok(bytes)
        }
    }
}
