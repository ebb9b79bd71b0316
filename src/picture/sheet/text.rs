//! Text on a picture, in an embedded font: Inter, by Rasmus Andersson and others, under the Open
//! Font License (`OFL.txt`).

use ab_glyph::{Font as _, FontRef, PxScale, ScaleFont};
use image::{Rgb, RgbImage};
use imageproc::drawing::draw_text_mut;

static INTER: &[u8] = include_bytes!("inter-medium-latin.otf");

const ELLIPSIS: char = '…';

/// The font of contact sheets. Sizes are heights in pixels from the lowest letter to the highest.
pub struct Font {
    font: FontRef<'static>,
}

impl Font {
    pub fn new() -> Font {
        Font { font: FontRef::try_from_slice(INTER).expect("the embedded font is valid") }
    }

    /// Writes a line with its upper left corner at \[x, y\].
    pub fn draw(
        &self,
        page: &mut RgbImage,
        [x, y]: [u32; 2],
        size: f32,
        colour: Rgb<u8>,
        text: &str,
    ) {
        draw_text_mut(page, colour, x as i32, y as i32, PxScale::from(size), &self.font, text);
    }

    /// Width of a line in pixels.
    pub fn width(&self, text: &str, size: f32) -> f32 {
        let font = self.font.as_scaled(PxScale::from(size));
        text.chars().map(|letter| font.h_advance(font.glyph_id(letter))).sum()
    }

    /// The text, shortened to its beginning and end around an ellipsis if it is too wide.
    pub fn fit(&self, text: &str, size: f32, width: u32) -> String {
        let fits = |text: &str| self.width(text, size) <= width as f32;
        if fits(text) {
            return text.to_owned();
        }
        let letters: Vec<char> = text.chars().collect();
        (1..letters.len())
            .rev()
            .map(|kept| {
                let (start, end) = (kept.div_ceil(2), letters.len() - kept / 2);
                let parts = letters[..start].iter().chain([&ELLIPSIS]).chain(&letters[end..]);
                parts.collect::<String>()
            })
            .find(|shorter| fits(shorter))
            .unwrap_or_else(|| ELLIPSIS.to_string())
    }

    /// The text in lines, broken between words; a word that is too wide is shortened.
    pub fn wrap(&self, text: &str, size: f32, width: u32) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            let word = self.fit(word, size, width);
            match lines.last_mut() {
                Some(line) if self.width(&format!("{line} {word}"), size) <= width as f32 => {
                    line.push(' ');
                    line.push_str(&word);
                }
                _ => lines.push(word),
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_has_every_letter_that_names_of_layers_have() {
        let font = Font::new();
        for letter in (' '..='~').chain(['…', '×', '·', '–', 'ä']) {
            assert_ne!(font.font.glyph_id(letter).0, 0, "{letter:?}");
        }
    }

    #[test]
    fn a_text_that_is_too_wide_keeps_its_beginning_and_its_end() {
        let font = Font::new();
        let name = "mixed4d_3x3_bottleneck_pre_relu";
        let width = font.width(name, 20.0);
        assert_eq!(font.fit(name, 20.0, width.ceil() as u32), name);
        let short = font.fit(name, 20.0, width as u32 / 2);
        assert!(font.width(&short, 20.0) <= width / 2.0);
        assert!(short.starts_with("mixed4") && short.ends_with("relu"), "{short}");
        assert_eq!(font.fit(name, 20.0, 1), "…");
    }

    #[test]
    fn lines_are_broken_between_words() {
        let font = Font::new();
        let text = "nothing in the picture excites it; choose another layer";
        let lines = font.wrap(text, 16.0, 150);
        assert!(lines.len() > 2);
        assert_eq!(lines.join(" "), text);
        assert!(lines.iter().all(|line| font.width(line, 16.0) <= 150.0));
    }
}
