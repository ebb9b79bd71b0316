//! Data sets as a user of the library loads them: from good files and from bad ones.

#[path = "../common/shared.rs"]
mod shared;

mod cifar10;
mod folder;
mod mnist;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use dreamer::train::data::{DataSource, LoadOptions, Loaded};
use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

/// A folder for one test, gone at its end.
struct Folder(TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(TempDir::new().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file, and the folders that it is in.
    fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.path().join(name)).unwrap();
    }

    fn load(&self, kind: &str, options: &LoadOptions) -> Result<Loaded, String> {
        let source: DataSource = format!("{kind}:{}", self.path().display()).parse().unwrap();
        source.load(options).map_err(|error| error.to_string())
    }

    /// The error, this folder's own path left out.
    fn error(&self, kind: &str, options: &LoadOptions) -> String {
        let error = self.load(kind, options).expect_err("there is something wrong with the files");
        assert!(!error.contains('\n'), "{error}");
        error
            .replace(&format!("{}/", self.path().display()), "")
            .replace(&self.path().display().to_string(), "FOLDER")
    }
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}
