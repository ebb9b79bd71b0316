//! A confusion matrix as text for a terminal.

use std::collections::BTreeSet;

use super::Confusion;
use crate::escape::printable;

/// Number of class pairs listed if the matrix is too wide.
const PAIRS: usize = 20;

/// Class names are shortened to this length everywhere.
const LONGEST_NAME: usize = 24;

/// Column headings are not shortened below this many letters; labels say more then.
const FEWEST_LETTERS: usize = 3;

const GAP: &str = "  ";

impl Confusion {
    /// A table of at most `width` columns: a row per class, a column per prediction, and a last
    /// column with the error rate. Column headings are shortened to fit, or replaced by labels if
    /// they would be too short or ambiguous. If even labels do not fit, it lists the most
    /// frequently confused pairs of classes.
    ///
    /// A class without a name in `names` is shown by its label.
    pub fn table(&self, names: &[String], width: usize) -> String {
        let names: Vec<String> = (0..self.classes)
            .map(|label| names.get(label).map_or_else(|| label.to_string(), |name| shown(name)))
            .collect();
        let labels: Vec<String> = (0..self.classes).map(|label| label.to_string()).collect();
        let labelled: Vec<String> =
            labels.iter().zip(&names).map(|(label, name)| format!("{label} {name}")).collect();
        self.matrix(&names, width, |room| shortened(&names, room))
            .or_else(|| {
                self.matrix(&labelled, width, |room| (longest(&labels) <= room).then_some(labels))
            })
            .unwrap_or_else(|| self.pairs(&names))
    }

    /// The table with those row names, and with headings that fit columns of a given width; `None`
    /// if there are no such headings or there is no room.
    fn matrix(
        &self,
        rows: &[String],
        width: usize,
        headings: impl FnOnce(usize) -> Option<Vec<String>>,
    ) -> Option<String> {
        let digits = self.counts.iter().max()?.to_string().len();
        let errors: Vec<String> = (self.scores().iter())
            .map(|score| match score.examples {
                0 => "-".to_owned(),
                _ => format!("{:.1} %", 100.0 * score.error()),
            })
            .collect();
        let last = longest(&errors).max("ERROR".len());
        let room = width.checked_sub(longest(rows) + GAP.len() + last)? / self.classes;
        let room = room.checked_sub(GAP.len()).filter(|&room| room >= digits)?;
        let first = std::iter::once(String::new()).chain(headings(room)?).chain(["ERROR".into()]);
        let others = rows.iter().zip(self.rows()).zip(errors).map(|((name, counts), error)| {
            let counts = counts.iter().map(u64::to_string);
            std::iter::once(name.clone()).chain(counts).chain([error]).collect()
        });
        Some(aligned(1, &std::iter::once(first.collect()).chain(others).collect::<Vec<_>>()))
    }

    fn pairs(&self, names: &[String]) -> String {
        let head = ["CLASS", "TAKEN FOR", "TIMES"].map(str::to_owned).to_vec();
        let pairs = self.worst_pairs(PAIRS).into_iter().map(|pair| {
            vec![names[pair.label].clone(), names[pair.prediction].clone(), pair.count.to_string()]
        });
        aligned(2, &std::iter::once(head).chain(pairs).collect::<Vec<_>>())
    }
}

/// Lines of `rows`, the first `names` columns aligned to the left and the others to the right.
fn aligned(names: usize, rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns)
        .map(|column| rows.iter().map(|row| length(&row[column])).max().unwrap_or(0))
        .collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
            if column < names { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        format!("{}\n", cells.collect::<Vec<_>>().join(GAP).trim_end())
    };
    rows.iter().map(line).collect()
}

/// The names in up to `room` letters each; `None` if that leaves too little of them.
fn shortened(names: &[String], room: usize) -> Option<Vec<String>> {
    if room < longest(names).min(FEWEST_LETTERS) {
        return None;
    }
    let short: Vec<String> =
        names.iter().map(|name| name.chars().take(room).collect::<String>()).collect();
    let different: BTreeSet<&String> = short.iter().collect();
    (different.len() == short.len()).then_some(short)
}

/// A name for a table: printable, and of bounded length.
fn shown(name: &str) -> String {
    let name = printable(name);
    if length(&name) <= LONGEST_NAME {
        return name;
    }
    name.chars().take(LONGEST_NAME - 1).chain(['…']).collect()
}

fn length(text: &str) -> usize {
    text.chars().count()
}

fn longest(texts: &[String]) -> usize {
    texts.iter().map(|text| length(text)).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    fn example() -> Confusion {
        let mut confusion = Confusion::new(3);
        for (label, prediction, count) in [(0, 0, 97), (0, 1, 3), (1, 1, 5), (1, 2, 15)] {
            (0..count).for_each(|_| confusion.add(label, prediction));
        }
        confusion
    }

    #[test]
    fn a_wide_terminal_gets_full_names() {
        let table = example().table(&names(&["circle", "square", "cross"]), 80);
        let expected = "        circle  square  cross   ERROR
circle      97       3      0   3.0 %
square       0       5     15  75.0 %
cross        0       0      0       -
";
        assert_eq!(table, expected);
    }

    #[test]
    fn names_of_answers_are_shortened_to_the_width() {
        let table = example().table(&names(&["circle", "square", "cross"]), 31);
        assert!(table.starts_with("        cir  squ  cro   ERROR\n"), "{table}");
    }

    #[test]
    fn names_that_begin_alike_become_labels() {
        let table = example().table(&names(&["circle red", "circle blue", "cross"]), 40);
        assert!(table.starts_with("                0  1   2   ERROR\n0 circle red"), "{table}");
    }

    #[test]
    fn a_matrix_that_does_not_fit_is_told_by_its_worst_pairs() {
        let table = example().table(&names(&["circle", "square", "cross"]), 16);
        let expected = "CLASS   TAKEN FOR  TIMES
square  cross         15
circle  square         3
";
        assert_eq!(table, expected);
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_where_the_matrix_fits() {
        let classes: Vec<String> = (0..26).map(|class| format!("class number {class}")).collect();
        for width in 60..200 {
            let table = Confusion::new(26).table(&classes, width);
            assert!(table.lines().all(|line| length(line) <= width), "{width}:\n{table}");
        }
    }

    #[test]
    fn nothing_to_tell_is_no_failure() {
        assert_eq!(Confusion::new(0).table(&[], 80), "CLASS  TAKEN FOR  TIMES\n");
        assert!(Confusion::new(2).table(&names(&["a\u{1b}[2J"]), 80).contains("\na[2J"));
    }
}
