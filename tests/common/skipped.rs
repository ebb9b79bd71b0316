//! Tests that cannot run on this machine.

use std::env;
use std::fs::OpenOptions;
use std::io::Write;
use std::thread;

/// Says that a test is skipped and why: to people, and in the file that `DREAMER_SKIPPED` names, out
/// of which `scripts/test.py` counts and names those that libtest takes for passed.
pub fn skip(test: &str, reason: &str) {
    eprintln!("skipped: {test}: {reason}");
    let Some(file) = env::var_os("DREAMER_SKIPPED") else { return };
    // libtest names its threads after the tests, modules and all.
    let thread = thread::current();
    let name = thread.name().filter(|name| name.ends_with(test)).unwrap_or(test);
    let line = format!("{}::{name}\t{reason}\n", env!("CARGO_CRATE_NAME"));
    let mut file = OpenOptions::new().create(true).append(true).open(file).unwrap();
    // In one write, so that the lines of tests that run side by side stay whole.
    file.write_all(line.as_bytes()).unwrap();
}
