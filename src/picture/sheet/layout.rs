//! Where everything goes on a contact sheet, in pixels.

use super::Sheet;
use super::text::Font;

/// Positions and sizes that follow from the sizes of the pictures.
pub struct Layout {
    pub width: u32,
    pub height: u32,
    /// Width and height of the area for each picture.
    pub picture: [u32; 2],
    /// Between cells, and around all of them.
    pub gap: u32,
    /// Height of the labels' letters, from the lowest to the highest.
    pub text_size: f32,
    pub title_size: f32,
    /// Left and top of the heading.
    pub heading: [u32; 2],
    pub heading_width: u32,
    /// The subtitle in lines.
    pub subtitle: Vec<String>,
    columns: usize,
    apart: usize,
    top: u32,
}

/// Height of the smallest text, in pixels.
const SMALLEST: f32 = 14.0;

impl Layout {
    pub fn new(sheet: &Sheet, font: &Font) -> Layout {
        let pictures = || sheet.cells.iter().flat_map(|cell| &cell.picture);
        let most =
            |side: usize| pictures().map(|picture| [picture.width(), picture.height()][side]).max();
        let longest = sheet.longest as u32;
        let picture = [most(0).unwrap_or(longest), most(1).unwrap_or(longest / 2)];
        let text_size = (picture[0] as f32 / 14.0).clamp(SMALLEST, 44.0);
        let gap = (text_size * 1.1) as u32;
        let columns = sheet.columns.min(sheet.cells.len()).max(1);
        let mut layout = Layout {
            width: gap + columns as u32 * (picture[0] + gap),
            height: 0,
            picture,
            gap,
            text_size,
            title_size: text_size * 1.5,
            heading: [gap, gap],
            heading_width: 0,
            subtitle: Vec::new(),
            columns,
            apart: if sheet.apart < sheet.cells.len() { sheet.apart } else { 0 },
            top: gap,
        };
        let is_beside = (1..columns).contains(&layout.apart);
        if is_beside {
            layout.heading[0] += layout.apart as u32 * (picture[0] + gap);
        }
        layout.heading_width = layout.width - layout.heading[0] - gap;
        let lines = font.wrap(&sheet.subtitle, text_size, layout.heading_width);
        // No line begins or ends with a separator.
        layout.subtitle = lines.iter().map(|line| line.trim_matches(['·', ' ']).into()).collect();
        if is_beside {
            let room = layout.cell_height().saturating_sub(layout.title_line() + gap);
            layout.subtitle.truncate((room / layout.text_line()).max(1) as usize);
        } else {
            let lines = layout.subtitle.len().max(1) as u32;
            layout.top += layout.title_line() + lines * layout.text_line() + gap;
        }
        let rows = 1 + layout.place(sheet.cells.len() - 1) / columns;
        layout.height = layout.top + rows as u32 * layout.cell_height();
        layout
    }

    /// Left and top of cell number `index`.
    pub fn cell(&self, index: usize) -> [u32; 2] {
        let place = self.place(index);
        let [column, row] = [place % self.columns, place / self.columns].map(|at| at as u32);
        [self.gap + column * (self.picture[0] + self.gap), self.top + row * self.cell_height()]
    }

    /// The position of a cell, as if all rows were full.
    fn place(&self, index: usize) -> usize {
        match index.checked_sub(self.apart) {
            Some(beyond) => self.apart.next_multiple_of(self.columns) + beyond,
            None => index,
        }
    }

    pub fn note_size(&self) -> f32 {
        (self.text_size * 0.85).max(SMALLEST - 1.0)
    }

    pub fn title_line(&self) -> u32 {
        line(self.title_size)
    }

    pub fn text_line(&self) -> u32 {
        line(self.text_size)
    }

    pub fn note_line(&self) -> u32 {
        line(self.note_size())
    }

    fn cell_height(&self) -> u32 {
        self.picture[1] + self.gap / 3 + self.text_line() + self.note_line() + self.gap
    }
}

/// The distance between two lines of text.
fn line(size: f32) -> u32 {
    (size * 1.3).ceil() as u32
}
