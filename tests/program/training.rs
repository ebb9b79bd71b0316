//! `dreamer train`.

use std::fs;

use serde_json::Value;

use crate::folder::{Folder, says};
use crate::school::{FILES, SMALL, bytes, school, train};
#[cfg(target_os = "linux")]
use crate::small_disk::SmallDisk;

#[test]
fn a_line_is_printed_for_each_epoch_and_the_weights_are_written() {
    let folder = Folder::new();
    let [output, said] = train(&folder, &[]);
    assert_eq!(output, "");
    let lines: Vec<&str> = said.lines().collect();
    let [headline, first, second, summary] = lines[..] else { panic!("{said}") };
    says(headline, &["lenet:maps=4-8,hidden=20 on digits", "400 training and 100 test", "28×28"]);
    says(first, &["epoch  1/2", "training loss", "test error", " s"]);
    says(second, &["epoch  2/2"]);
    says(summary, &["net.safetensors: test error", "after epoch"]);
    assert_eq!(folder.names(), FILES);
    assert!(!said.contains('\x1b'), "escapes are for terminals");
}

#[test]
fn json_is_a_line_for_each_epoch_and_quiet_prints_nothing_else() {
    let [output, said] = train(&Folder::new(), &["--json", "--quiet"]);
    assert_eq!(said, "");
    let epochs: Vec<Value> =
        output.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(epochs.len(), 2);
    assert_eq!(epochs[1]["number"], 2);
    for part in ["training", "test"] {
        assert!(epochs[0][part]["loss"].as_f64() > Some(0.0));
        assert!(epochs[0][part]["error"].as_f64() <= Some(1.0));
    }
}

#[test]
fn the_same_seed_trains_the_same_network() {
    let [one, two, other] = [school(), school(), Folder::new()];
    train(&other, &["--seed=1"]);
    assert_eq!(bytes(&one, FILES[1]), bytes(&two, FILES[1]));
    assert_ne!(bytes(&one, FILES[1]), bytes(&other, FILES[1]));
}

#[test]
fn a_run_that_goes_on_comes_to_the_same_bytes() {
    let options = ["--schedule=step:every=1,factor=0.5", "--augment=shift", "--dropout=0.1"];
    let whole = Folder::new();
    train(&whole, &[&options[..], &["--epochs=4"]].concat());
    let parts = Folder::new();
    train(&parts, &options);
    let more = ["train", "--resume=net.safetensors", "--epochs=4", "--threads=1"];
    let assert = parts.dreamer(more).assert().success();
    let said = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    says(&said, &["resuming after epoch 2", "epoch  3/4", "epoch  4/4"]);
    assert_eq!(bytes(&parts, FILES[1]), bytes(&whole, FILES[1]));
    assert_eq!(parts.names(), FILES);
}

#[test]
fn a_run_goes_on_with_what_it_began_with() {
    let folder = school();
    let resume = |option: &str| folder.misused(["train", "--resume=net.safetensors", option]);
    says(&resume("--seed=9"), &["started with seed 0", "with 9", "leave out --seed"]);
    says(&resume("--network=lenet5"), &["network lenet:maps=4-8,hidden=20", "lenet5"]);
    let error = folder.fails(["train", "--resume=net.safetensors", "--training=200", "-q"]);
    says(&error, &["400 training", "200", "same data"]);
    let error = folder.fails(["train", "--resume=none.safetensors"]);
    says(&error, &["none.checkpoint.safetensors", "No such file"]);
}

#[test]
fn a_run_that_is_done_says_how_to_make_it_longer() {
    let folder = school();
    let before = bytes(&folder, FILES[1]);
    let assert = folder.dreamer(["train", "--resume=net.safetensors"]).assert().success();
    says(&String::from_utf8_lossy(&assert.get_output().stderr), &["already complete", "--epochs"]);
    assert_eq!(bytes(&folder, FILES[1]), before);
}

#[test]
fn weights_that_exist_are_kept_without_force() {
    let folder = school();
    let before = bytes(&folder, FILES[1]);
    says(&folder.fails(SMALL), &["net.safetensors already exists", "--force"]);
    assert_eq!(bytes(&folder, FILES[1]), before);
    train(&folder, &["--seed=5", "--force"]);
    assert_ne!(bytes(&folder, FILES[1]), before);
}

#[test]
fn a_report_is_a_page_of_its_own() {
    let folder = Folder::new();
    train(&folder, &["--report=page.html"]);
    let page = fs::read_to_string(folder.path("page.html")).unwrap();
    let parts = ["<!DOCTYPE html>", "lenet:maps=4-8,hidden=20 on digits", "Filters", "Activations"];
    says(&page, &parts);
    says(&page, &["dreamer train --data digits", "--learning-rate 0.002", "--training 400"]);
}

#[test]
fn values_that_make_no_sense_are_misuses_that_say_what_to_write() {
    let folder = Folder::new();
    for (option, advice) in [
        ("--network=lenet9", "write lenet5, lenet"),
        ("--data=imagenet", "mnist:DIR"),
        ("--activation=relu6", "relu6"),
        ("--output-activation=max", "write softmax, sigmoid"),
        ("--loss=cubic", "quadratic"),
        ("--cost=cubic", "quadratic"),
        ("--init=zero", "glorot"),
        ("--optimizer=rmsprop", "sgd, momentum, nesterov, adam"),
        ("--optimizer=momentum:momentum=2", "at least 0 and below 1"),
        ("--schedule=linear", "constant, step, exponential, cosine"),
        ("--learning-rate=0", "above 0"),
        ("--learning-rate=-1", "above 0"),
        ("--weight-decay=nan", "0 or more"),
        ("--dropout=1", "below 1"),
        ("--augment=blur", "shift, rotate, scale, elastic, flip"),
        ("--epochs=0", "from 1 to"),
        ("--batch-size=0", "from 1 to"),
        ("--early-stop=0", "from 1 to"),
        ("--threads=0", "from 1 to"),
        ("--size=0", "from 1 to"),
    ] {
        let mut command = folder.dreamer(["train", "--data=digits", option]);
        let assert = command.assert().code(2).stdout("");
        let error = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        says(&error, &["error: ", advice]);
    }
    let error = folder.misused(["train"]);
    says(&error, &["required"]);
}

#[test]
fn a_network_that_the_data_do_not_fit_is_refused_before_the_work() {
    let folder = Folder::new();
    let few = ["--training=20", "--test=20", "-q"];
    let error = |network: &str| {
        let mut command = folder.dreamer(["train", "--data=digits", "--network", network]);
        command.args(few);
        folder.refuses(1, command)
    };
    says(&error("mlp:100-10"), &["takes 100 values", "mlp:784"]);
    says(&error("mlp:784-9"), &["has 9 outputs", "10"]);
    says(&error("lenet:maps=4-4-4-4-4"), &["too small"]);
    says(&folder.fails(["train", "--data=folder:none"]), &["none"]);
    says(&folder.fails(["train", "--data=mnist:."]), &["train-images"]);
    says(&folder.fails(["train", "--data=digits", "-o=none/a"]), &["no folder none"]);
    says(&folder.fails(["train", "--data=digits", "--report=none/a"]), &["no folder none"]);
}

#[test]
fn a_cost_that_is_not_finite_ends_the_run_with_advice() {
    let folder = Folder::new();
    let mut command = folder.dreamer(SMALL);
    command.args(["--learning-rate=1e30", "-q"]);
    let error = folder.refuses(1, command);
    says(&error, &["not finite in epoch 1", "smaller --learning-rate", "1e30", "--init"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_fills_up_keeps_the_last_weights() {
    let folder = Folder::new();
    let disk = folder.path("disk");
    let Some(_disk) = SmallDisk::mount(&disk, "1m", "a_disk_that_fills_up_keeps_the_last_weights")
    else {
        return;
    };
    let on_disk = ["--output=disk/net.safetensors", "-q"];
    folder.dreamer(&SMALL[..7]).args(on_disk).assert().success();
    let before = bytes(&folder, "disk/net.safetensors");
    // Fills the disk to the last byte.
    let _ = fs::write(folder.path("disk/filler"), vec![1; 1 << 20]);
    let resume = ["train", "--resume=disk/net.safetensors", "--epochs=9", "-q"];
    says(&folder.fails(resume), &["disk/net", "the disk is full", "make room"]);
    assert_eq!(bytes(&folder, "disk/net.safetensors"), before);
    let names = fs::read_dir(&disk).unwrap().count();
    assert_eq!(names, 3, "nothing half-written is left behind");
    fs::remove_file(folder.path("disk/filler")).unwrap();
    folder.dreamer(resume).assert().success();
}

#[test]
fn completions_and_man_pages_know_the_commands() {
    let folder = Folder::new();
    let assert = folder.dreamer(["completions", "bash"]).assert().success();
    let script = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    says(&script, &["train", "evaluate", "classify", "--batch-size", "scaled-tanh"]);
    folder.dreamer(["man", "--folder", "."]).assert().success();
    for command in ["train", "evaluate", "classify", "experiment"] {
        let page = fs::read_to_string(folder.path(format!("dreamer-{command}.1"))).unwrap();
        says(&page, &["Examples:"]);
    }
}

#[test]
fn help_fits_the_terminal_and_shows_examples() {
    for command in ["train", "evaluate", "classify", "experiment"] {
        let mut help = Folder::new().dreamer([command, "--help"]);
        let assert = help.current_dir("/").env("COLUMNS", "80").assert().success().stderr("");
        let text = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
        says(&text, &["Examples:", &format!("dreamer {command} ")]);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }
}
