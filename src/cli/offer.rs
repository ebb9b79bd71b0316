//! The offer to fetch weights that a dream wants and that are not here.

use std::io::{IsTerminal, Write, stderr, stdin};
use std::path::PathBuf;

use anyhow::anyhow;

use super::exit::Exit;
use super::models::pull;
use super::progress::Display;
use dreamer::weights::registry::{Published, Registry, Source};
use dreamer::weights::{Missing, Search};

/// Fetches the weights that are `missing` if the user wants that: they said `yes`, or say so at their
/// terminal.
///
/// # Errors
/// What is missing, and how it can be had.
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
            return Err(anyhow!("{missing}; they are published at {page}").into());
        }
        Source::Download(_) => format!("{:.0} MB", published.megabytes),
    };
    if pull::is_offline() || yes || asked(published, search, display) {
        return Ok(pull::weights(published, search, display)?.path);
    }
    let model = &missing.model;
    Err(anyhow!("{missing}; or fetch them ({size}): `dreamer models pull {model}`, or add --yes")
        .into())
}

/// Asks whether to fetch the weights, where somebody can answer.
fn asked(published: &Published, search: &Search, display: &Display) -> bool {
    if display.is_quiet() || !stdin().is_terminal() || !stderr().is_terminal() {
        return false;
    }
    let question = format!(
        "The weights of {} are not here. Fetch them ({:.0} MB, {}) into {}? [Y/n] ",
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
