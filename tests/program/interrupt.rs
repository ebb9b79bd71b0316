//! Ctrl-C and requests to terminate.

use std::fs::OpenOptions;
use std::io::{Cursor, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use image::ImageFormat;

use crate::folder::{Folder, says};
use crate::studio::{BACKENDS, photo, studio};
use crate::waiting::{Ready, goes_on, until};

/// More than a loaded machine's idea of at once; the work would take hours.
const AT_ONCE: Duration = Duration::from_secs(20);

/// The program with a photograph, whole or the most of it, on its standard input.
///
/// The photograph is larger than a pipe holds, so that the program is reading when this returns.
fn spawn(mut command: Command, whole: bool) -> Child {
    let mut file = Cursor::new(vec![]);
    photo(400, 300).write_to(&mut file, ImageFormat::Png).unwrap();
    let file = file.into_inner();
    let length = if whole { file.len() } else { file.len() * 3 / 4 };
    assert!(length > 200_000, "{length}");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // The tests may run under `nohup`, which the program would honour.
    // SAFETY: `signal` may be called between fork and exec.
    unsafe {
        command.pre_exec(|| {
            libc::signal(libc::SIGHUP, libc::SIG_DFL);
            Ok(())
        });
    }
    let mut child = command.spawn().unwrap();
    let stdin = child.stdin.as_mut().unwrap();
    stdin.write_all(&file[..length]).unwrap();
    if whole {
        drop(child.stdin.take());
    }
    child
}

/// The program at work on a dream that takes hours.
fn long_dream(folder: &Folder, backend: &str) -> Child {
    let mut command = folder.std_dreamer();
    command.args(["-", "--iterations=100000", "--backend", backend]);
    let ready = Ready::from(&mut command);
    let mut child = spawn(command, true);
    ready.wait(&mut child);
    child
}

fn send(child: &Child, signal: libc::c_int) {
    // SAFETY: the child has not been waited for, so that its number is still its own.
    assert_eq!(unsafe { libc::kill(child.id() as libc::pid_t, signal) }, 0);
}

/// Waits for the program, which must end by itself at once; returns what it printed as errors.
#[track_caller]
fn ends_interrupted(mut child: Child) -> String {
    // Left open to the program until it has ended.
    let _stdin = child.stdin.take();
    let started = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if started.elapsed() > AT_ONCE {
            child.kill().unwrap();
            panic!("it goes on");
        }
        sleep(Duration::from_millis(10));
    }
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    assert_eq!(status.code(), Some(130), "{status:?}");
    assert!(stdout.is_empty());
    String::from_utf8(stderr).unwrap()
}

#[test]
fn a_dream_ends_at_once_and_leaves_nothing() {
    for backend in BACKENDS {
        for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
            let folder = studio();
            let child = long_dream(&folder, backend);
            send(&child, signal);
            assert_eq!(ends_interrupted(child), "error: interrupted; nothing was written\n");
            assert_eq!(folder.names(), ["models", "photo.png"]);
        }
    }
}

#[test]
fn waiting_for_standard_input_ends_at_once() {
    let folder = studio();
    let mut command = folder.std_dreamer();
    command.arg("-");
    let child = spawn(command, false);
    send(&child, libc::SIGINT);
    assert_eq!(ends_interrupted(child), "error: interrupted; nothing was written\n");
}

#[test]
fn two_signals_in_a_row_do_no_harm() {
    let folder = studio();
    let child = long_dream(&folder, "auto");
    send(&child, libc::SIGINT);
    send(&child, libc::SIGINT);
    ends_interrupted(child);
    assert_eq!(folder.names(), ["models", "photo.png"]);
}

#[test]
fn a_preview_stays_and_is_told() {
    let folder = studio();
    let mut command = folder.std_dreamer();
    command.args(["-", "--preview", "--octaves=2", "--octave-scale=4", "--iterations=500"]);
    command.args(["--layer=features.0", "-o", "out.png"]);
    let mut child = spawn(command, true);
    until(&mut child, || folder.path("out.png").exists());
    send(&child, libc::SIGINT);
    assert_eq!(ends_interrupted(child), "error: interrupted; out.png is a preview\n");
    assert_eq!(folder.names(), ["models", "out.png", "photo.png"]);
    assert_eq!(image::open(folder.path("out.png")).unwrap().width(), 100);
}

#[test]
fn a_picture_that_is_being_written_is_waited_for_once_but_not_twice() {
    let folder = studio();
    let pipe = folder.path("pipe.png");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut command = folder.std_dreamer();
    command.args(["-", "-o", "pipe.png", "--octaves=1", "--iterations=1"]);
    let mut child = spawn(command, true);

    // The picture is larger than the pipe, which is not read on after its first byte.
    let mut reader =
        OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(&pipe).unwrap();
    until(&mut child, || matches!(reader.read(&mut [0]), Ok(1)));
    send(&child, libc::SIGINT);
    goes_on(&mut child);
    // Another one: two of a kind may arrive as one.
    send(&child, libc::SIGTERM);
    assert_eq!(ends_interrupted(child), "");
}

#[test]
fn a_dream_under_nohup_outlives_its_terminal() {
    let folder = studio();
    let dreamer = folder.std_dreamer();
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' HUP; exec \"$0\" - --iterations=100000 --threads=1"]);
    command.arg(dreamer.get_program()).current_dir(folder.root());
    command.env("DREAMER_MODELS", folder.path("models"));
    let ready = Ready::from(&mut command);
    let mut child = spawn(command, true);
    ready.wait(&mut child);
    send(&child, libc::SIGHUP);
    goes_on(&mut child);
    send(&child, libc::SIGTERM);
    says(&ends_interrupted(child), &["interrupted"]);
}
