//! The page: a grid of dreams to zoom, wipe and pin, in one HTML file that needs nothing beside it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, PreEscaped, html};

use super::{Arrangement, Cell, Comparison, Original, Shown};
use crate::html::document;

/// The page as one HTML document.
pub fn html(comparison: &Comparison) -> String {
    let Comparison { title, subtitle, originals, .. } = comparison;
    let mut style = include_str!("page.css").to_owned();
    style.extend(originals.iter().enumerate().map(|(index, original)| rule(index, original)));
    let body = html! {
        header {
            h1 { (title) }
            p { (subtitle) }
        }
        div class="desk" {
            (toolbar())
            (stage())
        }
        main {
            (grid(comparison))
        }
        (help())
        p class="visually-hidden" id="status" role="status" {}
        script { (PreEscaped(include_str!("page.js"))) }
    };
    document(title, &style, &body)
}

/// The style that shows an original; it is in the page once, however many cells it lies over.
fn rule(index: usize, original: &Original) -> String {
    let Shown { width, height, .. } = original.picture;
    format!(
        ".of-{index}{{--ratio:{width}/{height}}}.of-{index} .before{{background-image:url({})}}",
        data(&original.picture)
    )
}

fn data(shown: &Shown) -> String {
    format!("data:image/jpeg;base64,{}", STANDARD.encode(&shown.file))
}

fn toolbar() -> Markup {
    html! {
        div class="toolbar" role="toolbar" aria-label="View" {
            label class="wipe" {
                span { "Dream" }
                input id="wipe" type="range" min="0" max="100" value="0" step="1"
                    aria-label="Wipe from the dream to the original, in per cent";
                span { "Original" }
                output for="wipe" id="wiped" { "0 %" }
            }
            div class="zoom" role="group" aria-label="Zoom" {
                button type="button" id="zoom-out" aria-label="Zoom out" { "−" }
                button type="button" id="zoom-reset" aria-label="Reset the zoom" { "100 %" }
                button type="button" id="zoom-in" aria-label="Zoom in" { "+" }
            }
            label class="size" {
                span { "Size" }
                input id="size" type="range" min="110" max="520" value="240" step="10"
                    aria-label="Width of the pictures in the grid, in pixels";
            }
        }
    }
}

/// Where pinned pictures are shown large; the script fills it.
fn stage() -> Markup {
    html! {
        section id="stage" hidden="" aria-label="Pinned" {
            div class="pins" {}
            div class="hint" {
                span {
                    kbd { "←" } " " kbd { "→" } " show others beside the first · drag the line to wipe · "
                    "wheel, " kbd { "+" } " or " kbd { "−" } " to zoom · drag to move"
                }
                button type="button" id="unpin" class="plain" { "Unpin " kbd { "Esc" } }
            }
        }
    }
}

fn grid(comparison: &Comparison) -> Markup {
    let Comparison { originals, cells, arrangement, .. } = comparison;
    let apart = html! {
        @for (index, original) in originals.iter().enumerate() { (original_tile(index, original)) }
    };
    match *arrangement {
        Arrangement::Flow => html! {
            ul class="grid" aria-label="Pictures" {
                (apart)
                @for cell in cells { (tile(cell, &cell.labels.join(", "))) }
            }
        },
        Arrangement::Table { columns } => html! {
            ul class="grid apart" aria-label="Originals" { (apart) }
            ul class="grid table" style={ "--columns:" (columns) } aria-label="Pictures" {
                @for cell in cells { (tile(cell, &cell.labels.join(", "))) }
            }
        },
        Arrangement::Groups { size } => html! {
            ul class="grid apart" aria-label="Originals" { (apart) }
            ul class="grid groups" style={ "--columns:" (size) } aria-label="Pictures" {
                @for group in cells.chunks(size.max(1)) {
                    li class="group" {
                        h2 { (group[0].labels[0]) span { (group[0].note) } }
                        ul { @for cell in group { (tile(cell, &cell.labels[1..].join(", "))) } }
                    }
                }
            }
        },
    }
}

fn original_tile(index: usize, original: &Original) -> Markup {
    let Shown { width, height, .. } = original.picture;
    html! {
        li class={ "tile original of-" (index) } {
            button type="button" class="picture" aria-pressed="false" data-label=(original.label) {
                span class="frame" {
                    span class="before whole" role="img" aria-label=(original.label) {}
                }
            }
            div class="caption" {
                strong { (original.label) }
                span class="note" { (width) "×" (height) }
            }
        }
    }
}

/// A dream over which its original can be wiped, under a `title`.
fn tile(cell: &Cell, title: &str) -> Markup {
    let label = cell.labels.join(", ");
    html! {
        li class={ "tile of-" (cell.original) @if cell.picture.is_err() { " failed" } } {
            @match &cell.picture {
                Ok(shown) => {
                    button type="button" class="picture" aria-pressed="false" data-label=(label)
                        data-command=(cell.command) {
                        span class="frame" {
                            img src=(data(shown)) alt=(label) width=(shown.width)
                                height=(shown.height) decoding="async" draggable="false";
                            span class="clip" { span class="before" {} }
                            span class="line" {}
                        }
                    }
                }
                Err(reason) => {
                    div class="picture" role="group" aria-label={ (label) ": failed" } tabindex="-1"
                        data-label=(label) data-command=(cell.command) {
                        div class="frame" { strong { "Failed" } span { (reason) } }
                    }
                }
            }
            div class="caption" {
                strong { (title) }
                span class="note" { (cell.note) }
                button type="button" class="copy" aria-label={ "Copy the command of " (label) } {
                    "Copy"
                }
            }
        }
    }
}

fn help() -> Markup {
    let keys = [
        ("← → ↑ ↓", "go from picture to picture"),
        ("Enter", "pin a picture; pin a second one to see both side by side"),
        ("B", "show the originals, and the dreams again"),
        ("+ − 0", "zoom in, out, and back; drag to move"),
        ("C", "copy the command of the picture"),
        ("Esc", "unpin"),
    ];
    html! {
        footer {
            dl {
                @for (key, what) in keys { div { dt { kbd { (key) } } dd { (what) } } }
            }
        }
    }
}
