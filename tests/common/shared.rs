//! Files too large for the repository, in a folder that not every machine has.

#[path = "skipped.rs"]
mod skipped;

use std::env;
use std::path::PathBuf;

/// A file of the folder that `DREAMER_SHARED` names, or `None` for a `test` that is then skipped.
///
/// # Panics
/// Where there is no such file, or, with `DREAMER_REQUIRE_SHARED=1`, no such folder is named: then
/// nothing may be skipped.
pub fn file(test: &str, name: &str) -> Option<PathBuf> {
    let Some(folder) = env::var_os("DREAMER_SHARED") else {
        let required = env::var_os("DREAMER_REQUIRE_SHARED").is_some_and(|value| value == "1");
        assert!(!required, "{test} may not be skipped: set DREAMER_SHARED to the shared folder");
        skipped::skip(test, "DREAMER_SHARED is not set");
        return None;
    };
    let path = PathBuf::from(folder).join(name);
    assert!(path.exists(), "{test}: DREAMER_SHARED has no {}", path.display());
    Some(path)
}
