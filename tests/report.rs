//! The pages that tell of training runs: whole, harmless and readable whatever the run was.

#[path = "common/run.rs"]
mod run;

use dreamer::train::history::{Epoch, History, Mistake, Score, Snapshot, Tile, WatchedLayer};
use dreamer::train::report::{Axis, Page, Section, compare, run as report};
use roxmltree::{Document, ParsingOptions};

/// Parses a page strictly, as XML; elements that HTML never closes are closed first.
fn parse(html: &str) -> String {
    let mut text = String::new();
    for part in html.split_inclusive('>') {
        match part.rfind('<') {
            Some(tag) if part[tag..].starts_with("<meta") || part[tag..].starts_with("<img") => {
                text.push_str(&part[..part.len() - 1]);
                text.push_str("/>");
            }
            _ => text.push_str(part),
        }
    }
    text.replacen("<!DOCTYPE html>", "", 1)
}

fn document(text: &str) -> Document<'_> {
    Document::parse_with_options(text, ParsingOptions::default())
        .unwrap_or_else(|error| panic!("{error} in\n{text}"))
}

fn names<'a>(document: &'a Document) -> Vec<&'a str> {
    document.descendants().filter(|node| node.is_element()).map(|n| n.tag_name().name()).collect()
}

#[test]
fn a_page_has_every_part_of_its_run() {
    let text = parse(&report::page(&run::of_sigmoids(30)).html());
    let document = document(&text);
    let headings: Vec<&str> = document
        .descendants()
        .filter(|node| node.has_tag_name("h2"))
        .filter_map(|node| node.text())
        .collect();
    assert_eq!(
        headings,
        [
            "Result",
            "Learning curves",
            "Confusions",
            "Mistakes",
            "Filters",
            "Feature maps",
            "Activations",
            "Gradients",
            "How to run it again"
        ]
    );
    let count = |name| names(&document).iter().filter(|&&other| other == name).count();
    assert_eq!(count("svg"), 3 + 5 + 5 + 2 + 5);
    assert_eq!(count("img"), 24 + 16 + 28);
    assert!(text.contains("4 taken for") || text.contains("7 taken for"));
    if let Some(path) = std::env::var_os("DREAMER_PAGE") {
        report::page(&run::of_sigmoids(30)).write(path.as_ref()).unwrap();
    }
}
