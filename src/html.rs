//! What all pages share: one self-contained HTML file each, and colours that follow the reader's choice
//! of light or dark.

pub mod palette;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::escape::printable_lines;
pub use palette::Colour;

/// A whole document: its title, a style sheet beside that of the colours, and its body.
pub fn document(title: &str, style: &str, body: &Markup) -> String {
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(palette::rules())) (PreEscaped(style)) }
            }
            body { (body) }
        }
    };
    // HTML has no place for control characters, escaped or not.
    printable_lines(document.into_string())
}
