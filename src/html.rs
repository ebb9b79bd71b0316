//! What all pages have in common: one HTML file each, which needs nothing beside it, and colours that
//! follow the reader's choice of light or dark.

pub mod palette;

use maud::{DOCTYPE, Markup, PreEscaped, html};

pub use palette::Colour;

/// A whole document: its title, a style sheet beside the colours', and what is in its body.
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
    without_control_characters(document.into_string())
}

/// A page without what HTML has no place for, escaped or not.
fn without_control_characters(mut page: String) -> String {
    page.retain(|letter| letter == '\n' || !letter.is_control());
    page
}
