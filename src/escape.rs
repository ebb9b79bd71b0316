//! Text from outside made safe to print: what files, servers and decoders say may hold anything.

use std::fmt::{self, Display, Write};

/// Characters of a text that a message shows.
const MAX_CHARS: usize = 300;

/// Text shown on one line; see [`escape()`].
pub struct Escaped<T>(T);

/// Shows a text with line ends and other control characters escaped, cut to the length of a message.
pub fn escape<T: Display>(text: T) -> Escaped<T> {
    Escaped(text)
}

impl<T: Display> Display for Escaped<T> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let text = self.0.to_string();
        for character in text.chars().take(MAX_CHARS) {
            match character.is_control() {
                true => write!(f, "{}", character.escape_default())?,
                false => f.write_char(character)?,
            }
        }
        if text.chars().nth(MAX_CHARS).is_some() { f.write_str("…") } else { Ok(()) }
    }
}

/// The text without control characters, line ends included.
pub fn printable(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).collect()
}

/// The text without control characters other than line ends.
pub fn printable_lines(mut text: String) -> String {
    text.retain(|letter| letter == '\n' || !letter.is_control());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_a_line() {
        assert_eq!(escape("größer\n\u{1b}[31m").to_string(), "größer\\n\\u{1b}[31m");
        let long = "é".repeat(MAX_CHARS);
        assert_eq!(escape(&long).to_string(), long);
        assert_eq!(escape(format!("{long}x")).to_string(), format!("{long}…"));
    }

    #[test]
    fn control_characters_are_removed() {
        assert_eq!(printable("a\u{7}\nb\u{1b}[31m"), "ab[31m");
        assert_eq!(printable_lines("a\u{7}\nb\u{1b}[31m".into()), "a\nb[31m");
    }
}
