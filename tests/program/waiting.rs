//! Waiting for programs that are at work.

use std::fs;
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// More than any machine needs.
const PATIENCE: Duration = Duration::from_secs(60);

/// Long enough to see a program end that should not.
const A_WHILE: Duration = Duration::from_millis(300);

/// Waits until it is so, while the program runs.
///
/// # Panics
/// If the program ends before, or it takes too long.
#[track_caller]
pub fn until(child: &mut Child, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        let ended = child.try_wait().unwrap();
        assert!(ended.is_none() || is_so(), "it ended: {ended:?}");
        if started.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("it does not come to that");
        }
        sleep(Duration::from_millis(1));
    }
}

/// Watches a program that must not end.
#[track_caller]
pub fn goes_on(child: &mut Child) {
    let started = Instant::now();
    while started.elapsed() < A_WHILE {
        let ended = child.try_wait().unwrap();
        assert!(ended.is_none(), "it ended: {ended:?}");
        sleep(Duration::from_millis(10));
    }
}

/// The word of a program that its work has begun.
pub struct Ready(TempDir);

impl Ready {
    /// Has the program give it.
    pub fn from(command: &mut Command) -> Ready {
        let folder = tempfile::tempdir().unwrap();
        command.env("DREAMER_READY", folder.path().join("ready"));
        Ready(folder)
    }

    /// Waits until the program has taken its first step.
    #[track_caller]
    pub fn wait(self, child: &mut Child) {
        until(child, || fs::exists(self.0.path().join("ready")).unwrap());
    }
}
