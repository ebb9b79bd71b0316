//! Command lines to copy.

/// A word as a POSIX shell takes it; as it is where it cannot be quoted, for there is a zero byte in it.
pub fn quoted(word: &str) -> String {
    shlex::try_quote(word).map_or_else(|_| word.into(), |word| word.into_owned())
}
