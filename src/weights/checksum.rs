//! Checksums of published files.

use std::fmt::{self, Display};
use std::io::{self, Read};

use sha1::Sha1;
use sha2::{Digest, Sha256};

/// Bytes read from a file at a time.
const AT_A_TIME: usize = 1 << 20;

/// Shortest accepted prefix of a SHA-256, in hexadecimal digits.
const PREFIX: usize = 8;

/// A hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// SHA-256 (FIPS 180-4).
    Sha256,
    /// SHA-1, which old publications give; it is no proof against forgery.
    Sha1,
}

impl Algorithm {
    /// A hash of nothing yet.
    pub(crate) fn hasher(self) -> Hasher {
        match self {
            Algorithm::Sha256 => Hasher::Sha256(Sha256::new()),
            Algorithm::Sha1 => Hasher::Sha1(Sha1::new()),
        }
    }

    /// Hexadecimal digits of a full checksum.
    fn digits(self) -> usize {
        match self {
            Algorithm::Sha256 => 64,
            Algorithm::Sha1 => 40,
        }
    }
}

impl Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Algorithm::Sha256 => "SHA-256",
            Algorithm::Sha1 => "SHA-1",
        })
    }
}

/// The expected checksum of a file, in full or its first digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checksum {
    /// The hash function it is of.
    pub algorithm: Algorithm,
    /// Hexadecimal, in lower case.
    digits: String,
}

/// Why a text is not a checksum.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a {algorithm} checksum: it has {} hexadecimal digits{}", .algorithm.digits(), prefix(*.algorithm))]
pub struct ChecksumError {
    text: String,
    algorithm: Algorithm,
}

fn prefix(algorithm: Algorithm) -> String {
    match algorithm {
        Algorithm::Sha256 => format!(", of which the first {PREFIX} are enough"),
        Algorithm::Sha1 => String::new(),
    }
}

impl Checksum {
    /// # Errors
    /// [`ChecksumError`] if the digits are wrong in kind or number; the first 8 of a SHA-256 are
    /// enough.
    pub fn new(algorithm: Algorithm, text: &str) -> Result<Checksum, ChecksumError> {
        let is_prefix = algorithm == Algorithm::Sha256 && text.len() == PREFIX;
        let is_whole = text.len() == algorithm.digits();
        if (is_whole || is_prefix) && text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Ok(Checksum { algorithm, digits: text.to_ascii_lowercase() });
        }
        Err(ChecksumError { text: text.to_owned(), algorithm })
    }

    /// Whether `sum` is this checksum.
    pub fn matches(&self, sum: &str) -> bool {
        sum.starts_with(&self.digits)
    }
}

impl Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} {}", self.algorithm, self.digits)?;
        if self.digits.len() < self.algorithm.digits() { f.write_str("…") } else { Ok(()) }
    }
}

/// An incremental hash.
#[derive(Clone)]
pub(crate) enum Hasher {
    Sha256(Sha256),
    Sha1(Sha1),
}

impl Hasher {
    /// Adds bytes to what is hashed.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Hasher::Sha256(hasher) => hasher.update(bytes),
            Hasher::Sha1(hasher) => hasher.update(bytes),
        }
    }

    /// Hashes everything left to read; returns the number of bytes.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(crate) fn read(&mut self, mut reader: impl Read) -> io::Result<u64> {
        let mut buffer = vec![0; AT_A_TIME];
        let mut length = 0;
        loop {
            match reader.read(&mut buffer)? {
                0 => return Ok(length),
                read => {
                    self.update(&buffer[..read]);
                    length += read as u64;
                }
            }
        }
    }

    /// The checksum in hexadecimal digits.
    pub(crate) fn finish(self) -> String {
        let bytes = match self {
            Hasher::Sha256(hasher) => hasher.finalize().to_vec(),
            Hasher::Sha1(hasher) => hasher.finalize().to_vec(),
        };
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The checksum of some bytes, in hexadecimal digits.
pub fn of(bytes: &[u8], algorithm: Algorithm) -> String {
    let mut hasher = algorithm.hasher();
    hasher.update(bytes);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(algorithm: Algorithm, parts: &[&str]) -> String {
        let mut hasher = algorithm.hasher();
        parts.iter().for_each(|part| hasher.update(part.as_bytes()));
        hasher.finish()
    }

    /// The examples of FIPS 180-4.
    #[test]
    fn the_examples_of_the_standard_match() {
        for parts in [&["abc"][..], &["a", "", "bc"]] {
            let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
            assert_eq!(sum(Algorithm::Sha256, parts), expected);
            assert_eq!(sum(Algorithm::Sha1, parts), "a9993e364706816aba3e25717850c26c9cd0d89d");
        }
    }

    #[test]
    fn the_first_digits_of_a_sha256_are_enough() {
        let [whole, other] = ["abc", "abd"].map(|text| sum(Algorithm::Sha256, &[text]));
        let prefix = Checksum::new(Algorithm::Sha256, "BA7816BF").unwrap();
        assert!(prefix.matches(&whole) && !prefix.matches(&other));
        assert_eq!(prefix.to_string(), "SHA-256 ba7816bf…");
        let all = Checksum::new(Algorithm::Sha256, &whole).unwrap();
        assert!(all.matches(&whole) && !all.matches(&other));
        assert_eq!(all.to_string(), format!("SHA-256 {whole}"));
    }

    #[test]
    fn text_of_other_digits_is_not_a_checksum() {
        for (algorithm, text) in [
            (Algorithm::Sha256, ""),
            (Algorithm::Sha256, "ba7816b"),
            (Algorithm::Sha256, "ba7816bg"),
            (Algorithm::Sha1, "a9993e36"),
            (Algorithm::Sha1, "a9993e364706816aba3e25717850c26c9cd0d89é"),
        ] {
            let error = Checksum::new(algorithm, text).unwrap_err().to_string();
            assert!(error.contains(&format!("is not a {algorithm} checksum")), "{error}");
        }
    }
}
