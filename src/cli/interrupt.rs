//! Ctrl-C: at once while nothing is at stake, after the step while a picture is being made.

use std::sync::atomic::{AtomicU8, Ordering};

use super::exit::INTERRUPTED;

/// Nothing is at stake: the program ends at once.
const IDLE: u8 = 0;
/// A picture is being made or written: the wish is noted.
const GUARDED: u8 = 1;
/// The user wants to stop; a second Ctrl-C ends the program at once.
const WANTED: u8 = 2;

static STATE: AtomicU8 = AtomicU8::new(IDLE);

/// While it lives, Ctrl-C (and a request to terminate) is noted instead of ending the program.
pub struct Guard(());

impl Guard {
    /// Installs the handler on first use.
    pub fn new() -> Guard {
        // A handler that is there already, or cannot be had, leaves the system's own behaviour.
        let _ = ctrlc::set_handler(|| {
            let noted =
                STATE.compare_exchange(GUARDED, WANTED, Ordering::Relaxed, Ordering::Relaxed);
            if noted.is_err() {
                std::process::exit(INTERRUPTED.into());
            }
        });
        STATE.store(GUARDED, Ordering::Relaxed);
        Guard(())
    }

    /// Whether the user wants to stop.
    pub fn wanted(&self) -> bool {
        STATE.load(Ordering::Relaxed) == WANTED
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        STATE.store(IDLE, Ordering::Relaxed);
    }
}
