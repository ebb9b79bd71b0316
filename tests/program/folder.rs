//! A folder to run the program in.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;

/// A folder of one test, gone at its end.
pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    pub fn root(&self) -> &Path {
        self.0.path()
    }

    pub fn path(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.root().join(name.as_ref())
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    /// The names of all files in the folder, sorted, hidden ones too.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.root()).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// The program in this folder, under settings that no machine changes.
    pub fn std_dreamer(&self) -> std::process::Command {
        let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("dreamer"));
        command.current_dir(self.root()).env("DREAMER_MODELS", self.path("models"));
        // Tests run side by side, and threads that wait for each other would slow them all down.
        command.env("OMP_NUM_THREADS", "1");
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS"] {
            command.env_remove(name);
        }
        command
    }

    /// Likewise, with a time limit, and ready for assertions.
    pub fn dreamer<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::from_std(self.std_dreamer());
        command.args(arguments).timeout(std::time::Duration::from_secs(60));
        command
    }

    /// Runs the program, which must refuse in one line, print nothing and leave nothing behind.
    ///
    /// Returns what the line says after `error: `.
    pub fn fails<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> String {
        self.refuses(1, self.dreamer(arguments))
    }

    /// Likewise, because of how it is used.
    pub fn misused<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> String {
        self.refuses(2, self.dreamer(arguments))
    }

    /// Likewise: runs a command that must end with that exit code.
    pub fn refuses(&self, code: i32, mut command: Command) -> String {
        let before = self.names();
        let assert = command.assert().code(code).stdout("");
        let error = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        assert_eq!(self.names(), before, "something is left behind");
        let text = error.strip_prefix("error: ").unwrap_or_else(|| panic!("{error:?}"));
        assert!(!text.contains("panicked"), "{text}");
        // The grammar's own errors add usage and advice in paragraphs of their own.
        let (line, rest) = text.split_once('\n').unwrap();
        assert!(rest.is_empty() || code == 2 && rest.contains("--help"), "{text}");
        line.to_owned()
    }
}

/// What is in a file of the folder.
pub fn bytes(folder: &Folder, name: &str) -> Vec<u8> {
    fs::read(folder.path(name)).unwrap()
}

/// Whether the text says all of the parts.
#[track_caller]
pub fn says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in {text:?}");
    }
}
