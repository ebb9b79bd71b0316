//! `dreamer models list`.

use std::fs;

use serde::Serialize;

use super::super::exit::Exit;
use super::super::print::print;
use super::ListArguments;
use dreamer::dream::Model;
use dreamer::network::zoo;
use dreamer::text_table::{self, Align};
use dreamer::trained::embedded;
use dreamer::weights::Search;
use dreamer::weights::registry::{Published, Registry, Source};

/// How a network's weights can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    Installed,
    /// `dreamer models pull` downloads them.
    Available,
    /// They must be downloaded by hand.
    ByHand,
    BuiltIn,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            State::Installed => "installed",
            State::Available => "available",
            State::ByHand => "by hand",
            State::BuiltIn => "built in",
        }
    }
}

/// A network in the list.
#[derive(Serialize)]
struct Row {
    name: String,
    state: State,
    /// Of the installed file, or else approximately of the published one.
    bytes: Option<u64>,
    path: Option<String>,
    /// Where the weights are downloaded from, by dreamer or by hand.
    source: Option<String>,
    licence: Option<String>,
    dreams: Option<String>,
}

/// Prints the list as a table, or as JSON.
pub fn run(arguments: &ListArguments) -> Result<(), Exit> {
    let registry = Registry::from_environment()?;
    let search = Search::from_environment();
    let own = Model::names().filter(|name| {
        let is_of_zoo = zoo::names().any(|other| other == *name);
        !is_of_zoo && (*name == embedded::NAME || search.find(name).is_ok())
    });
    let rows: Vec<Row> =
        zoo::names().chain(own).map(|name| row(name, registry.get(name), &search)).collect();
    if arguments.json {
        return Ok(print(&format!("{}\n", serde_json::to_string_pretty(&rows)?))?);
    }
    let header = ["NAME", "STATE", "SIZE", "LICENCE", "DREAMS"].map(str::to_owned).to_vec();
    let cells: Vec<Vec<String>> = [header].into_iter().chain(rows.iter().map(cells)).collect();
    let columns = [Align::Left, Align::Left, Align::Right, Align::Left, Align::Left];
    let folder = search.install_folder().display();
    let legend = format!(
        "\nWeights are installed in {folder}. `dreamer models pull NAME` downloads available ones;\n\
         download those marked \"by hand\" and run `dreamer models import FILE --as NAME`.\n"
    );
    Ok(print(&(text_table::text(&columns, &cells) + &legend))?)
}

fn row(name: &str, published: Option<&Published>, search: &Search) -> Row {
    let found = search.find(name).ok();
    let size = found.as_ref().and_then(|path| fs::metadata(path).ok()).map(|file| file.len());
    let path = found.map(|path| path.to_string_lossy().into_owned());
    let source = published.map(|published| match &published.source {
        Source::Download(download) => (State::Available, download.url.clone()),
        Source::Page(page) => (State::ByHand, page.clone()),
    });
    let state = match (&path, &source) {
        (Some(_), _) => State::Installed,
        (None, Some((state, _))) => *state,
        (None, None) => State::BuiltIn,
    };
    let name = name.to_owned();
    if state == State::BuiltIn {
        return Row {
            name,
            state,
            bytes: Some(embedded::size() as u64),
            path,
            source: None,
            licence: Some(concat!(env!("CARGO_PKG_LICENSE"), " (dreamer)").to_owned()),
            dreams: Some("drawn animals, plants and houses: owls, frogs, sunflowers".to_owned()),
        };
    }
    Row {
        name,
        state,
        bytes: size.or_else(|| Some((published?.megabytes * 1e6) as u64)),
        path,
        source: source.map(|(_, url)| url),
        licence: published.map(|published| published.licence.clone()),
        dreams: published.map(|published| published.dreams.clone()),
    }
}

fn cells(row: &Row) -> Vec<String> {
    let size = row.bytes.map(|bytes| match bytes {
        0..1_000_000 => format!("{} kB", bytes / 1000),
        _ => format!("{:.0} MB", bytes as f64 / 1e6),
    });
    let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    [
        row.name.clone(),
        row.state.name().to_owned(),
        or_dash(&size),
        or_dash(&row.licence),
        or_dash(&row.dreams),
    ]
    .to_vec()
}
