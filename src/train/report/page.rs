//! A page: a title and sections of text, tables, charts and pictures.

use std::path::Path;

use maud::{Markup, PreEscaped, html};

use super::chart::{Chart, Mark, Series};
use super::draw;
use super::pictures::{self, Picture};
use super::table::Table;
use crate::atomic_file::{self, WriteError};
use crate::html::document;

/// The number of sections from which a page has a table of contents.
const MANY: usize = 3;

/// A self-contained HTML page.
#[derive(Clone, Debug)]
pub struct Page {
    title: String,
    subtitle: String,
    sections: Vec<Section>,
}

/// A section with a heading. All text is plain; it is escaped.
#[derive(Clone, Debug)]
pub struct Section {
    heading: String,
    body: Vec<Markup>,
}

impl Page {
    /// A page without sections yet.
    pub fn new(title: &str, subtitle: &str) -> Page {
        Page { title: title.into(), subtitle: subtitle.into(), sections: Vec::new() }
    }

    /// Adds a section; an empty one is left out.
    pub fn add(&mut self, section: Section) {
        if !section.body.is_empty() {
            self.sections.push(section);
        }
    }

    /// The page as an HTML document.
    pub fn html(&self) -> String {
        let body = html! {
            header {
                h1 { (self.title) }
                @if !self.subtitle.is_empty() { p { (self.subtitle) } }
                @if self.sections.len() >= MANY { (self.contents()) }
            }
            main {
                @for (place, section) in self.sections.iter().enumerate() {
                    section id={ "section-" (place + 1) } {
                        h2 { (section.heading) }
                        @for part in &section.body { (part) }
                    }
                }
            }
        };
        document(&self.title, include_str!("style.css"), &body)
    }

    fn contents(&self) -> Markup {
        html! {
            nav aria-label="Sections" { ul {
                @for (place, section) in self.sections.iter().enumerate() {
                    li { a href={ "#section-" (place + 1) } { (section.heading) } }
                }
            } }
        }
    }

    /// Writes the page to the file `path` completely or not at all; an existing file is replaced.
    ///
    /// # Errors
    /// [`WriteError`] if the folder is missing or not writable.
    pub fn write(&self, path: &Path) -> Result<(), WriteError> {
        atomic_file::write(path, self.html().as_bytes())
    }
}

impl Section {
    /// A section without content yet.
    pub fn new(heading: &str) -> Section {
        Section { heading: heading.into(), body: Vec::new() }
    }

    /// With a paragraph of text.
    pub fn paragraph(self, text: &str) -> Section {
        self.markup(html! { p { (text) } })
    }

    /// Preformatted lines to type.
    pub fn code(self, text: &str) -> Section {
        self.markup(html! { pre tabindex="0" { code { (text) } } })
    }

    /// Names and values, the values large.
    pub fn figures(self, figures: &[(&str, String)]) -> Section {
        self.markup(html! {
            dl class="figures" {
                @for (name, value) in figures { div { dt { (name) } dd { (value) } } }
            }
        })
    }

    /// A table; nothing if it has no rows.
    pub fn table(self, table: &Table) -> Section {
        if table.is_empty() { self } else { self.markup(table.html()) }
    }

    /// Charts side by side where the screen is wide enough, each with its legend.
    pub fn charts(self, charts: &[Chart]) -> Section {
        if charts.is_empty() {
            return self;
        }
        self.markup(html! {
            div class="charts" {
                @for chart in charts { (figure(chart, Some(&legend(&chart.series)))) }
            }
        })
    }

    /// Small charts of the same series side by side, with one legend for all.
    pub fn panels(self, charts: &[Chart]) -> Section {
        let Some(first) = charts.first() else { return self };
        self.markup(html! {
            (legend(&first.series))
            div class="panels" {
                @for chart in charts { (figure(chart, None)) }
            }
        })
    }

    /// Pictures in a grid; nothing if there are none.
    pub fn pictures<'a>(self, caption: &str, pictures: &[Picture<'a>]) -> Section {
        if pictures.is_empty() {
            return self;
        }
        self.markup(pictures::grid(caption, pictures.iter().copied()))
    }

    /// Markup that no other method produces.
    pub(in crate::train) fn markup(mut self, markup: Markup) -> Section {
        self.body.push(markup);
        self
    }
}

fn figure(chart: &Chart, legend: Option<&Markup>) -> Markup {
    html! {
        figure class="chart" {
            figcaption { (chart.title) }
            @match draw::draw(chart) {
                Some(Ok(inside)) => {
                    svg xmlns="http://www.w3.org/2000/svg" viewBox=(draw::view_box(chart))
                        role="img" aria-label=(chart.description()) { (PreEscaped(inside)) }
                }
                Some(Err(error)) => p class="missing" { "This chart could not be drawn: " (error) }
                None => p class="missing" { "There are no finite values to draw." }
            }
            @if let Some(legend) = legend { (legend) }
        }
    }
}

fn legend(series: &[Series]) -> Markup {
    let named = || series.iter().filter_map(|series| Some((series.name.as_ref()?, series)));
    if named().next().is_none() {
        return html! {};
    }
    html! {
        ul class="legend" {
            @for (name, series) in named() {
                li {
                    span class={ "key " (key(&series.mark)) } style={ "--key:" (series.colour.css()) } {}
                    (name)
                }
            }
        }
    }
}

fn key(mark: &Mark) -> &'static str {
    match mark {
        Mark::Line(_) => "line",
        Mark::Dashed(_) => "dashed",
        Mark::Dots(_) => "dot",
        Mark::Rings(_) => "ring",
        Mark::Band(_) => "band",
    }
}
