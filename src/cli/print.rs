//! Printing to standard output.

use std::io::{self, ErrorKind, Write};

use anyhow::{Context, Result};

/// Writes to standard output; a reader that has gone away (`| head`) is not an error.
pub fn print(text: &str) -> Result<()> {
    let mut output = io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result.context("standard output cannot be written"),
    }
}
