//! What the fuzz targets share.
//!
//! A reader may refuse whatever it is given, in one line. It must not panic, run for ever, or take
//! more memory than the fuzzer allows.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use dreamer::weights::{FORMATS, Format, WeightFile};
use tempfile::TempDir;

/// Looks at everything in a weight file, of whatever format.
pub fn read_weights(bytes: &[u8]) {
    let file = match WeightFile::new(bytes, Path::new("fuzzed")) {
        Ok(file) => file,
        Err(error) => return assert_one_line(&error),
    };
    for (_, view) in file.views() {
        let _ = (view.dtype(), view.volume());
    }
    match file.all() {
        Ok(weights) => {
            for (_, tensor) in weights.iter() {
                assert_eq!(tensor.shape().iter().product::<usize>(), tensor.data().len());
                assert!(tensor.data().iter().all(|value| value.is_finite()));
            }
        }
        Err(error) => assert_one_line(&error),
    }
}

/// Indexes bytes as a format's, whether or not they are recognised, and reads them if they are.
///
/// # Panics
/// If there is no format of that name.
pub fn read_format(name: &str, bytes: &[u8]) {
    let named = |format: &&Format| format.name == name;
    let format = FORMATS.iter().find(named).expect("there is such a format");
    if let Ok(index) = (format.index)(bytes) {
        for view in index.values() {
            let _ = (view.dtype(), view.volume());
        }
    }
    if Format::of(bytes).is_some_and(|found| found.name == name) {
        read_weights(bytes);
    }
}

/// # Panics
/// If the message is more than a line.
pub fn assert_one_line(error: &dyn Error) {
    let message = error.to_string();
    assert_eq!(message.lines().count(), 1, "{message:?}");
}

/// A folder in memory, for readers that open files.
pub struct Folder(TempDir);

impl Folder {
    /// # Panics
    /// If it cannot be made.
    #[expect(clippy::new_without_default, reason = "it makes a folder, which no default should")]
    pub fn new() -> Folder {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
        Folder(folder.expect("a folder can be made"))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file over the one before.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.path().join(name);
        fs::write(&path, content).expect("the file can be written");
        path
    }
}
