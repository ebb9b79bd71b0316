//! Tables in plain text.

/// The alignment of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// The text starts at the column's left edge.
    Left,
    /// The text ends at the column's right edge.
    Right,
}

/// Rows of aligned cells, one per line, with columns two spaces apart.
pub fn text(columns: &[Align], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let lengths =
            rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        lengths.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells =
            row.iter().zip(columns).zip(&widths).map(|((cell, align), width)| match align {
                Align::Left => format!("{cell:<width$}"),
                Align::Right => format!("{cell:>width$}"),
            });
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stand_under_one_another() {
        let rows = [["NAME", "SIZE", "OF"], ["ä", "7", ""], ["longer", "19", "b"]]
            .map(|row| row.map(str::to_owned).to_vec());
        let table = text(&[Align::Left, Align::Right, Align::Left], &rows);
        assert_eq!(table, "NAME    SIZE  OF\nä          7\nlonger    19  b\n");
    }
}
