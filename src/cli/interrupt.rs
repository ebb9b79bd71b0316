//! Ctrl-C: the program ends at once, but never in the middle of writing a file.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use super::exit::{INTERRUPTED, print_error};
use super::progress::Display;

/// Held while a file is being written; says what stays behind.
static WRITING: Mutex<Option<Cleanup>> = Mutex::new(None);

/// Tidies up, and says what is left.
pub type Cleanup = Box<dyn FnOnce() -> String + Send>;

/// Whether a command ends by itself when it is asked to.
static POSTPONED: AtomicBool = AtomicBool::new(false);

/// Whether such a command has been asked to end.
static ASKED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C, or a request to terminate, ends the program with the exit code
/// [`INTERRUPTED`]: at once, or after the file that is being written. A second one does not wait.
pub fn watch(display: &Display) {
    let display = display.clone();
    let mut again = false;
    let handler = move || {
        if again {
            end();
        }
        again = true;
        if POSTPONED.load(Ordering::Relaxed) {
            ASKED.store(true, Ordering::Relaxed);
            return;
        }
        let display = display.clone();
        thread::spawn(move || {
            let mut left = hold();
            display.clear();
            let left = match left.0.take() {
                Some(cleanup) => cleanup(),
                None => "nothing was written".to_owned(),
            };
            print_error(&format!("interrupted; {left}"));
            end();
        });
    };
    let hangup = Hangup::find();
    // Where no handler can be had, the system's own behaviour remains.
    let _ = ctrlc::set_handler(handler);
    hangup.restore();
}

/// From now on the first Ctrl-C only asks the command to end, which does so at its next step.
pub fn postpone() {
    POSTPONED.store(true, Ordering::Relaxed);
}

/// [`ControlFlow::Break`] if the command, which postpones Ctrl-C, has been asked to end.
pub fn asked() -> ControlFlow<()> {
    if ASKED.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

/// Holds Ctrl-C back while it lives.
pub struct Hold(MutexGuard<'static, Option<Cleanup>>);

/// Holds Ctrl-C back until the result is dropped.
pub fn hold() -> Hold {
    Hold(WRITING.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Hold {
    /// Says what stays behind from now on.
    pub fn leaves(&mut self, left: String) {
        self.at_end(|| left);
    }

    /// Has `cleanup` tidy up when the program is interrupted, and say what is left.
    pub fn at_end(&mut self, cleanup: impl FnOnce() -> String + Send + 'static) {
        *self.0 = Some(Box::new(cleanup));
    }

    /// Has another clean-up, or none, from now on; returns the one before.
    pub fn replace(&mut self, cleanup: Option<Cleanup>) -> Option<Cleanup> {
        std::mem::replace(&mut *self.0, cleanup)
    }

    /// Holds Ctrl-C back for good: all is done, and only the report is left.
    pub fn forever(self) {
        std::mem::forget(self);
    }
}

/// Ends the program without the destructors of libraries, whose threads are still at work:
/// libtorch crashes in them.
fn end() -> ! {
    #[cfg(unix)]
    // SAFETY: `_exit` takes any number and does not return.
    unsafe {
        libc::_exit(INTERRUPTED.into())
    }
    #[cfg(not(unix))]
    std::process::exit(INTERRUPTED.into())
}

/// Whether this program was started to outlive its terminal (`nohup`), which is kept up.
struct Hangup {
    #[cfg(unix)]
    ignored: bool,
}

#[cfg(unix)]
impl Hangup {
    fn find() -> Hangup {
        // SAFETY: no handler of this program is replaced: there is none yet.
        let before = unsafe { libc::signal(libc::SIGHUP, libc::SIG_IGN) };
        Hangup { ignored: before == libc::SIG_IGN }
    }

    fn restore(&self) {
        if self.ignored {
            // SAFETY: to ignore a signal runs no code of ours.
            unsafe { libc::signal(libc::SIGHUP, libc::SIG_IGN) };
        }
    }
}

#[cfg(not(unix))]
impl Hangup {
    fn find() -> Hangup {
        Hangup {}
    }

    fn restore(&self) {}
}
