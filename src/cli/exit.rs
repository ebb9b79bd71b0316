//! How a command ends when it does not succeed.

use std::io::Write;
use std::process::ExitCode;

use clap::builder::styling::{AnsiColor, Style};

use super::advice::{advice, is_usage};

/// Exit code after Ctrl-C: 128 + SIGINT.
pub const INTERRUPTED: u8 = 130;

/// Why a command ends early.
#[derive(Debug)]
pub enum Exit {
    /// The command line asks for something that cannot be; exit code 2.
    Usage(anyhow::Error),
    /// Something failed; exit code 1.
    Failure(anyhow::Error),
    /// The user ended it; exit code [`INTERRUPTED`]. What is left behind, in a line.
    Interrupted(String),
}

impl Exit {
    pub fn usage(error: impl Into<anyhow::Error>) -> Exit {
        Exit::Usage(error.into())
    }

    /// Prints one clear error to standard error and returns the exit code.
    pub fn report(&self) -> ExitCode {
        let code = match self {
            Exit::Usage(_) => 2,
            Exit::Failure(error) if is_usage(error) => 2,
            Exit::Failure(_) => 1,
            Exit::Interrupted(_) => INTERRUPTED,
        };
        print_error(&self.message());
        ExitCode::from(code)
    }

    /// It in a line.
    pub fn message(&self) -> String {
        match self {
            Exit::Usage(error) | Exit::Failure(error) => message(error),
            Exit::Interrupted(left) => format!("interrupted; {left}"),
        }
    }
}

/// An error, its causes, as far as it does not name them itself, and what to do.
pub fn message(error: &anyhow::Error) -> String {
    let mut message = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if message.is_empty() {
            message = cause;
        } else if !message.contains(&cause) {
            message += &format!(": {cause}");
        }
    }
    match advice(error) {
        Some(advice) => format!("{message}; {advice}"),
        None => message,
    }
}

impl<E: Into<anyhow::Error>> From<E> for Exit {
    fn from(error: E) -> Exit {
        Exit::Failure(error.into())
    }
}

/// Prints an error to standard error, where someone may be reading it or not.
pub fn print_error(message: &str) {
    let style = Style::new().fg_color(Some(AnsiColor::Red.into())).bold();
    let _ = writeln!(anstream::stderr(), "{style}error:{style:#} {message}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::anyhow;

    #[test]
    fn a_cause_is_told_once() {
        let error =
            anyhow!("too long").context("a.txt is no text: too long").context("cannot go on");
        assert_eq!(message(&error), "cannot go on: a.txt is no text: too long");
    }
}
