//! `dreamer models remove`.

use std::fs;

use anyhow::Context;

use super::super::exit::Exit;
use super::super::progress::Display;
use super::RemoveArguments;
use crate::weights::Search;

/// Deletes the weights that dreams of these networks use.
pub fn run(arguments: &RemoveArguments) -> Result<(), Exit> {
    let display = Display::new(arguments.quiet);
    let search = Search::from_environment();
    let models = arguments.models.iter().map(ToString::to_string);
    let found: Vec<_> = models
        .map(|model| search.find(&model).map(|path| (model, path)))
        .collect::<Result<_, _>>()?;
    for (model, path) in found {
        fs::remove_file(&path).with_context(|| format!("cannot delete {}", path.display()))?;
        display.note(&format!("{model}: {} is deleted", path.display()));
        if let Ok(other) = search.find(&model) {
            display.note(&format!("note: there are other weights of it, {}", other.display()));
        }
    }
    Ok(())
}
