//! The Python that runs the other side of a comparison.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A Python that has some modules.
pub struct Python(PathBuf);

impl Python {
    /// `$PYTHON`, by default `python3`, if it can import the `modules` (`torch, torchvision`);
    /// otherwise says so.
    pub fn find(modules: &str) -> Option<Python> {
        let python = std::env::var_os("PYTHON").map_or("python3".into(), PathBuf::from);
        let ready = Command::new(&python)
            .args(["-c", &format!("import {modules}")])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        if !ready {
            println!("(no Python with {modules}: set PYTHON to one)");
        }
        ready.then_some(Python(python))
    }

    /// A call of a script beside the benchmarks.
    pub fn script(&self, name: &str) -> Command {
        let mut command = Command::new(&self.0);
        command.arg(format!("{}/benches/{name}", env!("CARGO_MANIFEST_DIR")));
        command
    }
}
