//! Tables for pages and the terminal.

use std::fmt;

use maud::{Markup, html};

use crate::text_table::{self, Align};

/// The number of rows from which a table is folded until the reader opens it.
const LONG: usize = 16;

/// A table with a caption.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    caption: String,
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

/// A column of a [`Table`].
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    heading: String,
    /// Whether its cells are aligned like numbers.
    number: bool,
}

impl Column {
    /// A column of texts, aligned to the left.
    pub fn text(heading: &str) -> Column {
        Column { heading: heading.into(), number: false }
    }

    /// A column of numbers, aligned to the right.
    pub fn number(heading: &str) -> Column {
        Column { heading: heading.into(), number: true }
    }
}

impl Table {
    /// A table without rows. The first column names its rows.
    pub fn new(caption: &str, columns: impl IntoIterator<Item = Column>) -> Table {
        Table { caption: caption.into(), columns: columns.into_iter().collect(), rows: Vec::new() }
    }

    /// Adds a row; cells beyond the last column are left out.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn html(&self) -> Markup {
        if self.rows.len() < LONG {
            return self.unfolded();
        }
        html! {
            details {
                summary { (self.caption) " (" (self.rows.len()) " rows)" }
                (self.unfolded())
            }
        }
    }

    fn unfolded(&self) -> Markup {
        html! {
            div class="wide" role="region" tabindex="0" aria-label=(self.caption) {
                table {
                    caption { (self.caption) }
                    thead { tr {
                        @for column in &self.columns {
                            th scope="col" class=[column.class()] { (column.heading) }
                        }
                    } }
                    tbody {
                        @for row in &self.rows { tr {
                            @for (place, (cell, column)) in row.iter().zip(&self.columns).enumerate() {
                                @if place == 0 {
                                    th scope="row" class=[column.class()] { (cell) }
                                } @else {
                                    td class=[column.class()] { (cell) }
                                }
                            }
                        } }
                    }
                }
            }
        }
    }
}

impl fmt::Display for Table {
    /// The table for a terminal: its caption, and columns as wide as their widest cell.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let headings = self.columns.iter().map(|column| column.heading.clone()).collect();
        let rows: Vec<Vec<String>> =
            [headings].into_iter().chain(self.rows.iter().cloned()).collect();
        let aligns: Vec<Align> = self.columns.iter().map(Column::align).collect();
        write!(f, "{}\n{}", self.caption, text_table::text(&aligns, &rows))
    }
}

impl Column {
    fn align(&self) -> Align {
        if self.number { Align::Right } else { Align::Left }
    }

    fn class(&self) -> Option<&'static str> {
        self.number.then_some("number")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_shows_columns_side_by_side() {
        let mut table = Table::new("Runs", [Column::text("run"), Column::number("error")]);
        table.row(["ä".into(), "1.5 %".into()]);
        table.row(["softsign".into(), "12 %".into()]);
        assert_eq!(table.to_string(), "Runs\nrun       error\nä         1.5 %\nsoftsign   12 %\n");
    }
}
