//! Ctrl-C while a network learns.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use crate::folder::{Folder, says};
use crate::school::{FILES, SMALL};
use crate::waiting::{Ready, until};

/// A run that takes hours, after its first step.
fn long_run(folder: &Folder, options: &[&str]) -> Child {
    let mut command = folder.std_dreamer();
    command.args(SMALL).args(options).stdout(Stdio::null()).stderr(Stdio::piped());
    let ready = Ready::from(&mut command);
    let mut child = command.spawn().unwrap();
    ready.wait(&mut child);
    child
}

/// Interrupts a run; returns what it says in the end.
fn interrupted(child: Child) -> String {
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn interrupt(child: &Child) {
    // SAFETY: the child has not been waited for, so that its number is still its own.
    assert_eq!(unsafe { libc::kill(child.id() as libc::pid_t, libc::SIGINT) }, 0);
}

#[test]
fn an_interrupted_run_keeps_its_best_network_and_goes_on() {
    let folder = Folder::new();
    let mut child = long_run(&folder, &["--epochs=100000", "-q"]);
    until(&mut child, || folder.path(FILES[0]).exists());
    let said = interrupted(child);
    says(&said, &["error: interrupted; net.safetensors holds the best network so far"]);
    says(&said, &["test error after epoch", "continue with --resume net.safetensors"]);
    assert_eq!(said.lines().count(), 1);
    assert_eq!(folder.names(), FILES);
    folder.dreamer(["evaluate", FILES[1], "--data=digits", "--pictures=10"]).assert().success();
}

#[test]
fn a_run_interrupted_in_its_first_epoch_keeps_what_there_is() {
    let folder = Folder::new();
    let long = ["--training=20000", "--size=12", "--network=mlp:144-2000-2000-10"];
    let mut child = long_run(&folder, &long);
    let mut headline = String::new();
    BufReader::with_capacity(1, child.stderr.as_mut().unwrap()).read_line(&mut headline).unwrap();
    says(&headline, &["mlp:144-2000-2000-10 on digits"]);
    let said = interrupted(child);
    says(&said, &["net.safetensors holds the network of the unfinished first epoch"]);
    assert_eq!(folder.names(), FILES);
}

#[test]
fn an_interrupted_experiment_writes_nothing() {
    let folder = Folder::new();
    let mut command = folder.std_dreamer();
    command.args(["experiment", "backprop", "--digits", "--training=500", "--epochs=100000"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut headline = String::new();
    BufReader::with_capacity(1, child.stderr.as_mut().unwrap()).read_line(&mut headline).unwrap();
    says(&headline, &["1 network(s) to train"]);
    says(&interrupted(child), &["error: interrupted; nothing was written"]);
    assert!(folder.names().is_empty());
}
