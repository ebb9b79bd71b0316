//! Text out of files, made fit for messages.

use std::fmt::{self, Display, Write};

/// Characters that a message has of a text.
const MOST: usize = 300;

/// Shows a text without line ends and other control characters, and no more of it than a message can
/// have: what a file says may be of any length and kind.
pub struct OneLine<T>(pub T);

impl<T: Display> Display for OneLine<T> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let text = self.0.to_string();
        for character in text.chars().take(MOST) {
            match character.is_control() {
                true => write!(f, "{}", character.escape_default())?,
                false => f.write_char(character)?,
            }
        }
        if text.chars().nth(MOST).is_some() { f.write_str("…") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_a_line() {
        assert_eq!(OneLine("größer\n\u{1b}[31m").to_string(), "größer\\n\\u{1b}[31m");
        let long = "é".repeat(MOST);
        assert_eq!(OneLine(&long).to_string(), long);
        assert_eq!(OneLine(format!("{long}x")).to_string(), format!("{long}…"));
    }
}
