//! `dreamer models remove`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, anyhow};

use super::super::exit::Exit;
use super::super::progress::Display;
use super::RemoveArguments;
use dreamer::weights::Search;

/// Deletes the weights that dreams of these networks use.
pub fn run(arguments: &RemoveArguments) -> Result<(), Exit> {
    let display = Display::new(arguments.quiet);
    let search = Search::from_environment();
    let models: BTreeSet<String> = arguments.models.iter().map(ToString::to_string).collect();
    let models = models.into_iter();
    let found: Vec<_> = models
        .map(|model| search.find(&model).map(|path| (model, path)))
        .collect::<Result<_, _>>()?;
    let folder = search.install_folder();
    let is_other = |path: &Path| path.parent() != Some(folder);
    if let Some((_, path)) = found.iter().find(|(_, path)| !arguments.force && is_other(path)) {
        return Err(Exit::usage(anyhow!(
            "{} is not in {}, where dreamer installs weights; pass --force to delete it",
            path.display(),
            folder.display()
        )));
    }
    for (model, path) in found {
        fs::remove_file(&path).with_context(|| format!("cannot delete {}", path.display()))?;
        display.note(&format!("{model}: deleted {}", path.display()));
        if let Ok(other) = search.find(&model) {
            display.note(&format!("note: other weights of it remain: {}", other.display()));
        }
    }
    Ok(())
}
