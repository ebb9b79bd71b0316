//! The confusion matrix in a page: a heat map, or the worst pairs where there are many classes.

use maud::{Markup, html};

use super::number;
use super::page::Section;
use super::table::{Column, Table};
use crate::html::Colour;
use crate::train::confusion::Confusion;

/// Above this number of classes, a matrix of numbers is unreadable.
const MOST_CLASSES: usize = 26;

/// Number of pairs listed.
const PAIRS: usize = 10;

/// The section; empty if nothing was tested.
pub(super) fn section(confusion: &Confusion, class: impl Fn(usize) -> String) -> Section {
    let section = Section::new("Confusions");
    if confusion.examples() == 0 {
        return section;
    }
    let section = section.paragraph(&format!(
        "The best network misclassifies {} of {} test pictures: {}.",
        confusion.errors(),
        confusion.examples(),
        number::percent(confusion.error())
    ));
    let matrix = match confusion.classes() {
        ..=MOST_CLASSES => heat_map(confusion, &class),
        _ => by_class(confusion, &class).html(),
    };
    let pairs = pairs(confusion, &class);
    section.markup(html! {
        div class="beside" {
            (matrix)
            @if !pairs.is_empty() { (pairs.html()) }
        }
    })
}

/// Rows are classes, columns predictions; the stronger a cell's colour, the larger its fraction of
/// the row. As errors may be rare, the most frequent one has the full colour, and the others a
/// strength by their square root.
fn heat_map(confusion: &Confusion, class: &impl Fn(usize) -> String) -> Markup {
    let scores = confusion.scores();
    let share = |label: usize, count: u64| count as f64 / scores[label].examples.max(1) as f64;
    let pairs = confusion.worst_pairs(usize::MAX);
    let worst = pairs.iter().map(|pair| share(pair.label, pair.count)).fold(0.0, f64::max);
    let cell = |label: usize, prediction: usize, count: u64| {
        let share = share(label, count);
        let (colour, strength) = if label == prediction {
            (Colour::Series(0), 0.55 * share)
        } else {
            (Colour::Series(1), 0.7 * (share / worst.max(share).max(f64::MIN_POSITIVE)).sqrt())
        };
        html! {
            td style={ "--heat:" (colour.css()) ";--strength:" (format!("{:.1}%", 100.0 * strength)) } {
                @if count > 0 { (count) }
            }
        }
    };
    html! {
        div class="wide" role="region" tabindex="0" aria-label="Confusion matrix" {
            table class="heat" {
                caption {
                    "Confusion matrix of the test pictures: a row per class, a column per prediction"
                }
                thead { tr {
                    th scope="col" { "class" }
                    @for prediction in 0..confusion.classes() { th scope="col" { (class(prediction)) } }
                    th scope="col" class="number" { "error" }
                } }
                tbody {
                    @for (label, (row, score)) in confusion.rows().zip(&scores).enumerate() { tr {
                        th scope="row" { (class(label)) }
                        @for (prediction, &count) in row.iter().enumerate() {
                            (cell(label, prediction, count))
                        }
                        td class="number" { (number::percent(score.error())) }
                    } }
                }
            }
        }
    }
}

fn by_class(confusion: &Confusion, class: &impl Fn(usize) -> String) -> Table {
    let columns = [
        Column::text("class"),
        Column::number("pictures"),
        Column::number("missed"),
        Column::number("others predicted as it"),
        Column::number("error"),
    ];
    let mut table = Table::new("Errors by class", columns);
    for (label, score) in confusion.scores().iter().enumerate() {
        table.row([
            class(label),
            score.examples.to_string(),
            score.missed.to_string(),
            score.mistaken.to_string(),
            number::percent(score.error()),
        ]);
    }
    table
}

fn pairs(confusion: &Confusion, class: &impl Fn(usize) -> String) -> Table {
    let columns = [Column::text("class"), Column::text("predicted as"), Column::number("times")];
    let mut table = Table::new("Most often confused", columns);
    for pair in confusion.worst_pairs(PAIRS) {
        table.row([class(pair.label), class(pair.prediction), pair.count.to_string()]);
    }
    table
}
