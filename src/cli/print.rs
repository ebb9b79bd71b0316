//! Printing to standard output.

use std::io::{self, ErrorKind, Write};

use anyhow::{Context, Result};

/// Writes to standard output; a reader that has gone away (`| head`) is no error.
pub fn print(text: &str) -> Result<()> {
    let mut output = io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result.context("standard output cannot be written"),
    }
}

/// A text from a file as a terminal may be given it: without control characters.
pub fn printable(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).collect()
}
