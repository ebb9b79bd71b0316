//! The program at a terminal.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::process::{Child, Command, ExitStatus};

/// Runs a command whose standard input and error are a terminal, on which somebody types `answer`;
/// returns how it ended and what the terminal showed.
pub fn run(command: Command, answer: &str) -> (ExitStatus, String) {
    let [mut keyboard, terminal] = open();
    keyboard.write_all(answer.as_bytes()).unwrap();
    attend(command, keyboard, terminal, |_| {})
}

/// Likewise; instead of an answer the command gets an interrupt when it asks.
pub fn interrupt(command: Command) -> (ExitStatus, String) {
    let [keyboard, terminal] = open();
    attend(command, keyboard, terminal, |child| {
        // SAFETY: the child has not been waited for, so that its number is still its own.
        assert_eq!(unsafe { libc::kill(child.id() as libc::pid_t, libc::SIGINT) }, 0);
    })
}

/// Runs a command at a terminal, and does something when it asks `[Y/n]`.
fn attend(
    mut command: Command,
    mut keyboard: File,
    terminal: File,
    when_asked: impl FnOnce(&Child),
) -> (ExitStatus, String) {
    let second = terminal.try_clone().unwrap();
    let mut child = command.stdin(terminal).stderr(second).spawn().unwrap();
    // The command holds the terminal too.
    drop(command);
    let mut when_asked = Some(when_asked);
    let mut shown = vec![];
    let mut buffer = [0; 1024];
    // Where nobody has the terminal any more, reading from it is an error.
    while let Ok(read @ 1..) = keyboard.read(&mut buffer) {
        shown.extend(&buffer[..read]);
        if String::from_utf8_lossy(&shown).contains("[Y/n]")
            && let Some(when_asked) = when_asked.take()
        {
            when_asked(&child);
        }
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
