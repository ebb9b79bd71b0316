//! A file of photographs' names.

use std::ffi::OsString;
use std::io::{Read, stdin};
use std::path::{Path, PathBuf};

use anyhow::Context;

/// The names in a file, or in standard input (`-`): each on a line of its own or, where there is a
/// zero byte, each ended by one.
///
/// # Errors
/// Where the file cannot be read.
pub fn read(file: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let bytes = if file == Path::new("-") {
        let mut bytes = Vec::new();
        stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(file)
    };
    let bytes = bytes.with_context(|| format!("the list {} cannot be read", file.display()))?;
    Ok(names(&bytes))
}

fn names(bytes: &[u8]) -> Vec<PathBuf> {
    let separator = if bytes.contains(&0) { 0 } else { b'\n' };
    bytes
        .split(|byte| *byte == separator)
        .map(|name| if separator == 0 { name } else { name.strip_suffix(b"\r").unwrap_or(name) })
        .filter(|name| !name.is_empty())
        .map(|name| name_of(name).into())
        .collect()
}

#[cfg(unix)]
fn name_of(bytes: &[u8]) -> OsString {
    use std::os::unix::ffi::OsStringExt;

    OsString::from_vec(bytes.to_vec())
}

#[cfg(not(unix))]
fn name_of(bytes: &[u8]) -> OsString {
    String::from_utf8_lossy(bytes).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_on_lines() {
        assert_eq!(names(b"a b.jpg\r\n\nc.jpg"), ["a b.jpg", "c.jpg"].map(PathBuf::from));
    }

    #[test]
    fn names_that_zeros_end_may_hold_lines() {
        assert_eq!(names(b"a\nb.jpg\0c.jpg\0"), ["a\nb.jpg", "c.jpg"].map(PathBuf::from));
    }
}
