//! Where a picture is read from.

use std::convert::Infallible;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// A file, or standard input, written as `-`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A file, a named pipe or a device.
    Path(PathBuf),
    /// Standard input.
    Stdin,
}

impl From<OsString> for Input {
    fn from(name: OsString) -> Self {
        if name == "-" { Self::Stdin } else { Self::Path(name.into()) }
    }
}

impl From<&OsStr> for Input {
    fn from(name: &OsStr) -> Self {
        name.to_owned().into()
    }
}

impl From<&str> for Input {
    fn from(name: &str) -> Self {
        OsString::from(name).into()
    }
}

impl From<PathBuf> for Input {
    fn from(path: PathBuf) -> Self {
        path.into_os_string().into()
    }
}

impl FromStr for Input {
    type Err = Infallible;

    fn from_str(name: &str) -> Result<Self, Infallible> {
        Ok(name.into())
    }
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Stdin => f.write_str("standard input"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dash_is_standard_input() {
        assert_eq!(Input::from("-"), Input::Stdin);
        assert_eq!(Input::Stdin.to_string(), "standard input");
    }

    #[test]
    fn anything_else_is_a_path() {
        assert_eq!(Input::from("./-"), Input::Path("./-".into()));
        assert_eq!(Input::from("sky.jpg").to_string(), "sky.jpg");
    }
}
