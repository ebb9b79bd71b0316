//! `dreamer models verify`.

use std::fmt;
use std::path::Path;

use anyhow::{Context, Error, bail};

use super::super::exit::{Exit, message, print_error};
use super::super::interrupt;
use super::super::print::print;
use super::super::progress::Display;
use super::VerifyArguments;
use dreamer::dream::{Model, Network};
use dreamer::trained::embedded;
use dreamer::weights::registry::{Registry, Source};
use dreamer::weights::{Search, WeightFile, checksum, import, map};

/// What is known about valid weights: they fit their network, and their values are finite.
enum Verdict {
    /// The file is the published one.
    Published(String),
    /// The tensors are the imported ones.
    Imported(String),
    /// There is no checksum for them.
    Fits,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Verdict::Published(checksum) => write!(f, "as published ({checksum})"),
            Verdict::Imported(source) => write!(f, "as imported from {source}"),
            Verdict::Fits => f.write_str("fits its network (no checksum to compare with)"),
        }
    }
}

/// Verifies the weights of the named networks, or all that are installed.
pub fn run(arguments: &VerifyArguments) -> Result<(), Exit> {
    let display = Display::new(arguments.quiet);
    interrupt::watch(&display);
    let registry = Registry::from_environment()?;
    let search = Search::from_environment();
    let named: Vec<String> = arguments.models.iter().map(ToString::to_string).collect();
    let all = || Model::names().map(str::to_owned).filter(|name| search.find(name).is_ok());
    let models = if named.is_empty() { all().collect() } else { named };
    if models.is_empty() {
        display.note(&format!("no weights are installed in {}", search.install_folder().display()));
    }
    let mut failures = 0;
    for model in &models {
        display.busy(&format!("verifying {model}"));
        let verdict = verify(model, &registry, &search);
        display.clear();
        failures += usize::from(verdict.is_err());
        if arguments.json {
            print(&format!("{}\n", line(model, &verdict)))?;
        }
        match verdict {
            Ok((path, verdict)) => display.note(&format!("{model}: {path} {verdict}")),
            Err(error) if !arguments.json => print_error(&format!("{model}: {}", message(&error))),
            Err(_) => {}
        }
    }
    match failures {
        0 => Ok(()),
        _ => Err(Exit::Failure(anyhow::anyhow!(
            "{failures} of {} failed verification",
            models.len()
        ))),
    }
}

fn line(model: &str, verdict: &Result<(String, Verdict), Error>) -> serde_json::Value {
    match verdict {
        Ok((path, verdict)) => serde_json::json!({
            "model": model, "ok": true, "path": path, "verdict": verdict.to_string(),
        }),
        Err(error) => serde_json::json!({
            "model": model, "ok": false, "error": message(error),
        }),
    }
}

fn verify(model: &str, registry: &Registry, search: &Search) -> Result<(String, Verdict), Error> {
    if model == embedded::NAME {
        let network = embedded::network();
        network.weights.iter().next().context("it has no weights")?;
        return Ok(("built in".to_owned(), Verdict::Fits));
    }
    let path = search.find(model)?;
    let verdict = of_file(model, &path, registry)?;
    Ok((path.display().to_string(), verdict))
}

fn of_file(model: &str, path: &Path, registry: &Registry) -> Result<Verdict, Error> {
    let bytes = map(path)?;
    let network = Network::of_file(Some(&model.parse()?), path)?;
    let weights = WeightFile::mapped(&bytes, path)?.weights(&network.graph, &network.graph)?;
    if let Some(receipt) = import::receipt(&bytes, path)? {
        let found = import::fingerprint(&weights);
        if found != receipt.tensors_sha256 {
            bail!(
                "{} has changed since it was imported: the SHA-256 of its tensors is {found} instead of {}",
                path.display(),
                receipt.tensors_sha256
            );
        }
        return Ok(Verdict::Imported(receipt.source));
    }
    drop(weights);
    let published = registry.get(model).map(|published| &published.source);
    let Some(Source::Download(download)) = published else { return Ok(Verdict::Fits) };
    let (name, expected) = (download.kept_name(model), download.kept_checksum());
    let found = checksum::of(&bytes, expected.algorithm);
    match expected.matches(&found) {
        true => Ok(Verdict::Published(expected.to_string())),
        // A file with another name need not be the published one.
        false if path.file_name().is_none_or(|own| own != name.as_str()) => Ok(Verdict::Fits),
        false => bail!(
            "{} is not the published file: its checksum is {found} instead of {expected}; replace it \
             with `dreamer models remove {model}` and `dreamer models pull {model}`",
            path.display()
        ),
    }
}
