//! The offer to download weights that a dream needs.

use std::io::{IsTerminal, Write, stderr, stdin};
use std::path::PathBuf;

use super::exit::Exit;
use super::models::pull;
use super::progress::Display;
use dreamer::weights::registry::{Published, Registry, Source};
use dreamer::weights::{Missing, Search};

/// Downloads `missing` weights if the user agrees, with `yes` or at the terminal.
///
/// # Errors
/// What is missing, and how to get it.
pub fn instead(
    missing: Missing,
    search: &Search,
    yes: bool,
    display: &Display,
) -> Result<PathBuf, Exit> {
    let registry = Registry::from_environment()?;
    let Some(published) = registry.get(&missing.model) else { return Err(missing.into()) };
    let size = match &published.source {
        Source::Page(page) => {
            let text = format!("{missing}; they are published at {page}");
            return Err(anyhow::Error::new(missing).context(text).into());
        }
        Source::Download(_) => format!("{:.0} MB", published.megabytes),
    };
    if pull::is_offline() || yes || asked(published, search, display) {
        return Ok(pull::weights(published, search, display)?.path);
    }
    let model = &missing.model;
    let text =
        format!("{missing}; download them ({size}) with `dreamer models pull {model}` or --yes");
    Err(anyhow::Error::new(missing).context(text).into())
}

/// Asks whether to download the weights, if someone can answer.
fn asked(published: &Published, search: &Search, display: &Display) -> bool {
    if display.is_quiet() || !stdin().is_terminal() || !stderr().is_terminal() {
        return false;
    }
    let question = format!(
        "The weights of {} are not installed. Download them ({:.0} MB, {}) to {}? [Y/n] ",
        published.model,
        published.megabytes,
        published.licence,
        search.install_folder().display()
    );
    display.clear();
    let _ = write!(anstream::stderr(), "{question}");
    let mut answer = String::new();
    match stdin().read_line(&mut answer) {
        Ok(1..) => ["", "y", "yes"].contains(&answer.trim().to_lowercase().as_str()),
        _ => false,
    }
}
