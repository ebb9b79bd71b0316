//! Contact sheets: pictures in a labelled grid, for comparison side by side.

mod layout;
mod text;

use image::{Rgb, RgbImage};
use imageproc::drawing::draw_filled_rect_mut;
use imageproc::rect::Rect;

use self::layout::Layout;
use self::text::Font;
use super::{Depth, Picture, Planes};

const PAGE: Rgb<u8> = Rgb([0x14, 0x17, 0x1B]);
const INK: Rgb<u8> = Rgb([0xE8, 0xEB, 0xEF]);
const MUTED: Rgb<u8> = Rgb([0xA3, 0xAC, 0xB7]);
/// The background of a reason why there is no picture.
const EMPTY: Rgb<u8> = Rgb([0x24, 0x29, 0x2F]);

/// Pictures under a heading, in rows of `columns`.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    /// The heading; may be empty.
    pub title: String,
    /// Below the title; may be empty.
    pub subtitle: String,
    /// The pictures, row by row.
    pub cells: Vec<SheetCell>,
    /// Longest side of a picture, in pixels.
    pub longest: usize,
    /// At least 1.
    pub columns: usize,
    /// Number of leading cells that get a row of their own, with the heading beside them if there
    /// is room.
    pub apart: usize,
}

/// A picture and the text below it.
#[derive(Clone, Debug, PartialEq)]
pub struct SheetCell {
    /// Right below the picture.
    pub label: String,
    /// Below the label; may be empty.
    pub note: String,
    /// The picture at its displayed size, or why there is none.
    pub picture: Result<RgbImage, String>,
}

impl Sheet {
    /// Draws the sheet.
    ///
    /// # Panics
    /// If there are no cells, or the sheet would have 2³² pixels or more in a row or column.
    pub fn draw(&self) -> Picture {
        let font = Font::new();
        let layout = Layout::new(self, &font);
        let mut page = RgbImage::from_pixel(layout.width, layout.height, PAGE);

        let [left, top] = layout.heading;
        let title = layout.title_size;
        let line = font.fit(&self.title, title, layout.heading_width);
        font.draw(&mut page, [left, top], title, INK, &line);
        for (index, line) in layout.subtitle.iter().enumerate() {
            let top = top + layout.title_line() + index as u32 * layout.text_line();
            font.draw(&mut page, [left, top], layout.text_size, MUTED, line);
        }

        for (index, cell) in self.cells.iter().enumerate() {
            let [left, top] = layout.cell(index);
            match &cell.picture {
                Ok(picture) => {
                    let inset = [picture.width(), picture.height()];
                    let [x, y] = [0, 1].map(|side| (layout.picture[side] - inset[side]) / 2);
                    image::imageops::replace(
                        &mut page,
                        picture,
                        (left + x).into(),
                        (top + y).into(),
                    );
                }
                Err(reason) => {
                    let [width, height] = layout.picture;
                    let area = Rect::at(left as i32, top as i32).of_size(width, height);
                    draw_filled_rect_mut(&mut page, area, EMPTY);
                    self.explain(&mut page, &font, &layout, [left, top], reason);
                }
            }
            let top = top + layout.picture[1] + layout.gap / 3;
            let width = layout.picture[0];
            let label = font.fit(&cell.label, layout.text_size, width);
            font.draw(&mut page, [left, top], layout.text_size, INK, &label);
            let note = font.fit(&cell.note, layout.note_size(), width);
            font.draw(
                &mut page,
                [left, top + layout.text_line()],
                layout.note_size(),
                MUTED,
                &note,
            );
        }
        from_bytes(&page)
    }

    /// Writes the reason in place of a missing picture.
    fn explain(
        &self,
        page: &mut RgbImage,
        font: &Font,
        layout: &Layout,
        [left, top]: [u32; 2],
        reason: &str,
    ) {
        let margin = layout.gap / 2;
        let [width, height] = layout.picture.map(|side| side.saturating_sub(2 * margin));
        let lines = font.wrap(&format!("failed: {reason}"), layout.note_size(), width);
        let room = (height / layout.note_line()) as usize;
        for (index, line) in lines.iter().take(room).enumerate() {
            let y = top + margin + index as u32 * layout.note_line();
            font.draw(page, [left + margin, y], layout.note_size(), MUTED, line);
        }
    }
}

fn from_bytes(page: &RgbImage) -> Picture {
    let (width, height) = (page.width() as usize, page.height() as usize);
    let mut data = vec![0.0; 3 * width * height];
    for (at, pixel) in page.pixels().enumerate() {
        for (channel, level) in pixel.0.into_iter().enumerate() {
            data[channel * width * height + at] = f32::from(level) / 255.0;
        }
    }
    Picture { planes: Planes::new(width, height, data), alpha: None, depth: Depth::Eight }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(label: &str, level: f32) -> SheetCell {
        let level = (255.0 * level) as u8;
        let picture = Ok(RgbImage::from_pixel(200, 100, Rgb([level; 3])));
        SheetCell { label: label.into(), note: "note".into(), picture }
    }

    fn sheet(cells: Vec<SheetCell>, columns: usize, apart: usize) -> Sheet {
        let (title, subtitle) = ("photo.jpg".into(), "lenet".into());
        Sheet { title, subtitle, cells, longest: 200, columns, apart }
    }

    /// Whether a pixel of the colour is somewhere in the columns and rows.
    fn shows(picture: &Picture, colour: Rgb<u8>) -> bool {
        let planes = &picture.planes;
        (0..planes.width() * planes.height()).any(|at| {
            colour.0 == [0, 1, 2].map(|channel| (planes.plane(channel)[at] * 255.0).round() as u8)
        })
    }

    #[test]
    fn cells_are_in_rows() {
        let sheet = sheet((0..5).map(|n| cell("a", 0.1 * n as f32)).collect(), 3, 0);
        let drawn = sheet.draw().planes;
        assert!(drawn.width() > 600 && drawn.width() < 700, "{}", drawn.width());
        assert!(drawn.height() > 2 * 100 && drawn.height() < drawn.width(), "{}", drawn.height());
    }

    #[test]
    fn labels_are_written_and_an_empty_one_is_not() {
        let named = sheet(vec![cell("features.7", 0.0)], 1, 0);
        assert!(shows(&named.draw(), INK));
        let mut nameless = named.clone();
        nameless.title.clear();
        nameless.cells[0].label.clear();
        assert!(!shows(&nameless.draw(), INK));
    }

    #[test]
    fn the_first_cells_may_have_a_row_of_their_own() {
        let cells = || (0..3).map(|_| cell("a", 0.5)).collect();
        let [together, apart] = [0, 1].map(|apart| sheet(cells(), 3, apart).draw().planes.height());
        assert!(apart > together, "{apart} {together}");
    }

    #[test]
    fn a_long_subtitle_is_written_in_lines() {
        let mut long = sheet(vec![cell("a", 0.5)], 1, 0);
        let short = long.draw().planes.height();
        long.subtitle = "squeezenet1_0 · octaves 4 · iterations 10 · step 1.5 · jitter 32".into();
        assert!(long.draw().planes.height() > short);
        let lines = Layout::new(&long, &Font::new()).subtitle;
        assert!(lines.len() > 1 && lines.iter().all(|line| !line.contains('…')), "{lines:?}");
        let words = |text: &str| text.replace(['·', ' '], "");
        assert_eq!(words(&lines.concat()), words(&long.subtitle));
    }

    #[test]
    fn a_cell_without_a_picture_says_why() {
        let mut failed = sheet(vec![cell("a", 0.5), cell("b", 0.5)], 2, 0);
        failed.cells[1].picture = Err("the gradient of b is zero".into());
        assert!(shows(&failed.draw(), EMPTY));
    }

    #[test]
    fn a_sheet_of_nothing_but_failures_is_still_a_sheet() {
        let mut failed = sheet(vec![cell("a", 0.5)], 1, 0);
        failed.cells[0].picture = Err("no".into());
        assert!(shows(&failed.draw(), EMPTY));
    }
}
