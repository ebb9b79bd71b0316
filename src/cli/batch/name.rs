//! A file's name in JSON, whatever its bytes.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

/// A path: its text, or where it is not UTF-8 its bytes in base64.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Name {
    Text(String),
    Bytes { base64: String },
}

impl From<&Path> for Name {
    fn from(path: &Path) -> Name {
        match path.to_str() {
            Some(text) => Name::Text(text.to_owned()),
            None => {
                Name::Bytes { base64: BASE64_STANDARD.encode(path.as_os_str().as_encoded_bytes()) }
            }
        }
    }
}

impl Name {
    /// The path, if it can be one on this system.
    pub fn path(&self) -> Option<PathBuf> {
        match self {
            Name::Text(text) => Some(text.into()),
            Name::Bytes { base64 } => from_bytes(BASE64_STANDARD.decode(base64).ok()?),
        }
    }
}

#[cfg(unix)]
fn from_bytes(bytes: Vec<u8>) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;

    Some(std::ffi::OsString::from_vec(bytes).into())
}

#[cfg(not(unix))]
fn from_bytes(bytes: Vec<u8>) -> Option<PathBuf> {
    String::from_utf8(bytes).ok().map(PathBuf::from)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn any_name_comes_back() {
        for bytes in [&b"a b\n.jpg"[..], b"\xFF\xFE.jpg", "Grüße.png".as_bytes()] {
            let path = Path::new(OsStr::from_bytes(bytes));
            let json = serde_json::to_string(&Name::from(path)).expect("it is JSON");
            assert!(!json.contains('\n'));
            let name: Name = serde_json::from_str(&json).expect("it is JSON");
            assert_eq!(name.path().as_deref(), Some(path));
        }
    }
}
