//! The program at a terminal.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::process::{Command, ExitStatus};

/// Runs a command whose standard input and error are a terminal, on which somebody types `answer`;
/// returns how it ended and what the terminal showed.
pub fn run(mut command: Command, answer: &str) -> (ExitStatus, String) {
    let [mut keyboard, terminal] = open();
    keyboard.write_all(answer.as_bytes()).unwrap();
    let second = terminal.try_clone().unwrap();
    let mut child = command.stdin(terminal).stderr(second).spawn().unwrap();
    // The command holds the terminal too.
    drop(command);
    let mut shown = vec![];
    let mut buffer = [0; 1024];
    // Where nobody has the terminal any more, reading from it is an error.
    while let Ok(read @ 1..) = keyboard.read(&mut buffer) {
        shown.extend(&buffer[..read]);
    }
    (child.wait().unwrap(), String::from_utf8_lossy(&shown).into_owned())
}

/// Both ends of a new terminal: that of the person, and that of programs.
fn open() -> [File; 2] {
    let mut ends = [0; 2];
    let [person, programs] = &mut ends;
    let none = std::ptr::null_mut();
    // SAFETY: both numbers are there to be written, and nothing else is asked for.
    let result = unsafe { libc::openpty(person, programs, none, none.cast(), none.cast()) };
    assert_eq!(result, 0, "{}", std::io::Error::last_os_error());
    // SAFETY: both are open, and nobody else's.
    ends.map(|end| unsafe { OwnedFd::from_raw_fd(end) }.into())
}
