//! Dreams side by side: what came of several, and the two ways to look at them.
//!
//! A [`Comparison`] becomes a contact sheet ([`Comparison::sheet`]) or a page ([`page::html`]).

pub mod page;

use image::RgbImage;
use image::imageops::FilterType;

use crate::picture::{Sheet, SheetCell};

/// Several dreams, and what they were dreamed on.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The heading.
    pub title: String,
    /// What all of them have in common.
    pub subtitle: String,
    /// At least one.
    pub originals: Vec<Original>,
    /// The dreams, in the order in which they are shown.
    pub cells: Vec<Cell>,
    /// How the dreams lie beside each other.
    pub arrangement: Arrangement,
}

/// How cells are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrangement {
    /// One after another, in rows as long as there is room for.
    Flow,
    /// In rows of so many, each column under one value of what the first labels tell.
    Table {
        /// Dreams in a row.
        columns: usize,
    },
    /// In groups of so many, as many as there are originals, under the first label of each.
    Groups {
        /// Dreams in a group.
        size: usize,
    },
}

/// A picture before it is dreamed on.
#[derive(Clone, Debug, PartialEq)]
pub struct Original {
    /// What is written below it.
    pub label: String,
    /// The picture itself.
    pub picture: Shown,
}

/// A picture as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// A JPEG file.
    pub file: Vec<u8>,
    /// In pixels.
    pub width: usize,
    /// In pixels.
    pub height: usize,
}

/// One dream.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// What tells it from the others: at least one label.
    pub labels: Vec<String>,
    /// What else there is to know of it, in a few words; may be empty.
    pub note: String,
    /// Which of the originals it was dreamed on.
    pub original: usize,
    /// The command line that makes its file.
    pub command: String,
    /// The picture, or why there is none.
    pub picture: Result<Shown, String>,
}

impl Comparison {
    /// A contact sheet, the original first: pictures are shrunk until neither side is longer than
    /// `longest` pixels, in `columns` columns or as many as look well.
    pub fn sheet(&self, columns: Option<usize>, longest: usize) -> Sheet {
        let originals = self.originals.iter().map(|original| SheetCell {
            label: original.label.clone(),
            note: format!("{}×{}", original.picture.width, original.picture.height),
            picture: original.picture.shrunk(longest),
        });
        let cells = self.cells.iter().map(|cell| {
            let (label, rest) = cell.labels.split_first().expect("a cell has a label");
            let note = if rest.is_empty() { cell.note.clone() } else { rest.join(", ") };
            let picture = cell.picture.as_ref().map_err(String::clone);
            let picture = picture.and_then(|shown| shown.shrunk(longest));
            SheetCell { label: label.clone(), note, picture }
        });
        let cells: Vec<SheetCell> = originals.chain(cells).collect();
        let apart = self.originals.len();
        let (columns, apart) = match self.arrangement {
            Arrangement::Flow => (columns.unwrap_or_else(|| columns_of(&cells)), 0),
            Arrangement::Table { columns } => (columns, apart),
            Arrangement::Groups { size } => {
                let columns = columns.unwrap_or_else(|| columns_of(&cells));
                (columns.next_multiple_of(size), apart)
            }
        };
        let (title, subtitle) = (self.title.clone(), self.subtitle.clone());
        Sheet { title, subtitle, cells, longest, columns, apart }
    }
}

impl Shown {
    /// The picture, shrunk until neither side is longer than `longest` pixels.
    fn shrunk(&self, longest: usize) -> Result<RgbImage, String> {
        let picture = image::load_from_memory(&self.file).map_err(|error| error.to_string())?;
        let side = longest as u32;
        if picture.width().max(picture.height()) <= side {
            return Ok(picture.into_rgb8());
        }
        Ok(picture.resize(side, side, FilterType::CatmullRom).into_rgb8())
    }
}

/// Width of a sheet in heights, about.
const PROPORTION: f64 = 1.4;

/// Height of the text below a picture, in the picture's widths.
const CAPTION: f64 = 0.2;

/// As many columns as make a sheet of pleasant proportions, with a last row that is not nearly empty
/// where another number of columns nearby does better.
fn columns_of(cells: &[SheetCell]) -> usize {
    let ratio = cells
        .iter()
        .flat_map(|cell| &cell.picture)
        .next()
        .map_or(0.75, |picture| f64::from(picture.height()) / f64::from(picture.width()));
    let ideal = (cells.len() as f64 * (ratio + CAPTION) * PROPORTION).sqrt();
    let badness = |columns: usize| {
        let empty = cells.len().div_ceil(columns) * columns - cells.len();
        (columns as f64 / ideal).ln().abs() + 0.9 * empty as f64 / columns as f64
    };
    (1..=cells.len())
        .min_by(|a, b| badness(*a).total_cmp(&badness(*b)))
        .expect("the original is always there")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(count: usize) -> Vec<SheetCell> {
        let picture = || Ok(RgbImage::new(4, 3));
        (0..count)
            .map(|_| SheetCell { label: "a".into(), note: String::new(), picture: picture() })
            .collect()
    }

    #[test]
    fn rows_are_full_where_they_can_be() {
        let columns = [1, 2, 3, 4, 6, 9, 12, 16, 20].map(|count| columns_of(&cells(count)));
        assert_eq!(columns, [1, 2, 3, 2, 3, 3, 4, 4, 5]);
    }
}
