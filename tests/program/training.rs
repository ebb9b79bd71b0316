//! Training networks, testing them and asking them.

use std::fs;
use std::path::Path;

use image::{GrayImage, Luma};
use serde_json::Value;

use crate::folder::{Folder, says};

/// A network that a second is enough for.
const SMALL: [&str; 8] = [
    "train",
    "--network=lenet:maps=4-8,hidden=20",
    "--data=digits",
    "--training=400",
    "--test=100",
    "--threads=1",
    "--epochs=2",
    "-o=net.safetensors",
];

/// Trains; returns what is on standard output and on standard error.
fn train(folder: &Folder, more: &[&str]) -> [String; 2] {
    let assert = folder.dreamer(SMALL).args(more).assert().success();
    let output = assert.get_output();
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8(bytes.clone()).unwrap())
}

/// A folder with a trained network.
fn school() -> Folder {
    let folder = Folder::new();
    train(&folder, &["-q"]);
    folder
}

fn bytes(folder: &Folder, name: &str) -> Vec<u8> {
    fs::read(folder.path(name)).unwrap()
}

const FILES: [&str; 2] = ["net.checkpoint.safetensors", "net.safetensors"];

#[test]
fn a_line_is_printed_for_each_epoch_and_the_weights_are_written() {
    let folder = Folder::new();
    let [output, said] = train(&folder, &[]);
    assert_eq!(output, "");
    let lines: Vec<&str> = said.lines().collect();
    let [headline, first, second, summary] = lines[..] else { panic!("{said}") };
    says(headline, &["lenet:maps=4-8,hidden=20 on digits", "400 training and 100 test", "28×28"]);
    says(first, &["epoch  1/2", "training cost", "test error", " s"]);
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
        assert!(epochs[0][part]["cost"].as_f64() > Some(0.0));
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
    says(&said, &["going on after epoch 2", "epoch  3/4", "epoch  4/4"]);
    assert_eq!(bytes(&parts, FILES[1]), bytes(&whole, FILES[1]));
    assert_eq!(parts.names(), FILES);
}

#[test]
fn a_run_goes_on_with_what_it_began_with() {
    let folder = school();
    let resume = |option: &str| folder.misused(["train", "--resume=net.safetensors", option]);
    says(&resume("--seed=9"), &["began with --seed 0", "with 9", "leave --seed out"]);
    says(&resume("--network=lenet5"), &["--network lenet:maps=4-8,hidden=20", "lenet5"]);
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
    says(&String::from_utf8_lossy(&assert.get_output().stderr), &["done already", "--epochs"]);
    assert_eq!(bytes(&folder, FILES[1]), before);
}

#[test]
fn weights_that_exist_are_kept_without_force() {
    let folder = school();
    let before = bytes(&folder, FILES[1]);
    says(&folder.fails(SMALL), &["net.safetensors exists", "--force"]);
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
    says(&page, &["dreamer train --data digits", "--learning-rate 0.02", "--training 400"]);
}

#[test]
fn evaluating_prints_the_error_and_the_confusion_matrix() {
    let folder = school();
    let arguments = ["evaluate", "net.safetensors", "--data=digits", "--pictures=100", "-q"];
    let assert = folder.dreamer(arguments).assert().success().stderr("");
    let table = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    let lines: Vec<&str> = table.lines().collect();
    says(lines[0], &["error ", " % (", " of 100), cost "]);
    assert!(lines[1].ends_with("ERROR"));
    assert_eq!(lines.len(), 12, "a row for each digit");

    let assert = folder.dreamer(arguments).arg("--json").assert().success();
    let json: Value = serde_json::from_slice(&assert.get_output().stdout).unwrap();
    assert_eq!(json["pictures"], 100);
    let errors = json["errors"].as_f64().unwrap();
    assert_eq!(json["error"].as_f64().unwrap(), errors / 100.0);
    says(lines[0], &[&format!("({errors} of 100)")]);
    let rows = json["confusion"].as_array().unwrap();
    assert_eq!((rows.len(), rows[0].as_array().unwrap().len()), (10, 10));
}

#[test]
fn the_error_after_training_is_the_error_of_evaluating() {
    let folder = Folder::new();
    let [_, said] = train(&folder, &[]);
    let error = said.lines().last().unwrap().split("test error ").nth(1).unwrap();
    let error = error.split(" after").next().unwrap();
    let arguments = ["evaluate", "net.safetensors", "--data=digits", "--pictures=100", "-q"];
    let assert = folder.dreamer(arguments).assert().success();
    says(&String::from_utf8_lossy(&assert.get_output().stdout), &[&format!("error {error} (")]);
}

/// A one of 40×60 pixels, light on dark.
fn one(path: &Path) {
    let stroke = |x: u32, y: u32| (18..23).contains(&x) && (10..50).contains(&y);
    let picture = GrayImage::from_fn(40, 60, |x, y| Luma([if stroke(x, y) { 255 } else { 0 }]));
    picture.save(path).unwrap();
}

#[test]
fn classifying_prints_the_best_classes_of_each_picture() {
    let folder = Folder::new();
    train(&folder, &["-q", "--training=2000", "--epochs=3"]);
    one(&folder.path("one.png"));
    let arguments = ["classify", "one.png", "one.png", "--weights=net.safetensors"];
    let assert = folder.dreamer(arguments).assert().success().stderr("");
    let text = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].starts_with("one.png: 1 "), "{text}");
    assert_eq!(lines[0].matches(" %").count(), 3);
    assert_eq!(lines[0], lines[1]);

    let arguments = ["classify", "-", "--weights=net.safetensors", "--json", "--top=10"];
    let picture = bytes(&folder, "one.png");
    let assert = folder.dreamer(arguments).write_stdin(picture).assert().success().stderr("");
    let json: Value = serde_json::from_slice(&assert.get_output().stdout).unwrap();
    let classes = json["classes"].as_array().unwrap();
    assert_eq!((classes.len(), &classes[0]["class"]), (10, &Value::from("1")));
    let sum: f64 = classes.iter().map(|class| class["output"].as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-4, "{sum}");
}

#[test]
fn light_and_dark_are_exchanged_when_asked() {
    let folder = school();
    one(&folder.path("one.png"));
    let mut dark = image::open(folder.path("one.png")).unwrap();
    dark.invert();
    dark.save(folder.path("dark.png")).unwrap();
    let says = |name: &str, option: &[&str]| {
        let arguments = [&["classify", name, "--weights=net.safetensors"], option].concat();
        let assert = folder.dreamer(arguments).assert().success();
        let text = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
        text.split_once(": ").unwrap().1.to_owned()
    };
    assert_eq!(says("one.png", &[]), says("dark.png", &["--invert"]));
    assert_ne!(says("one.png", &[]), says("dark.png", &[]));
}

#[test]
fn data_that_the_network_is_not_for_are_refused_in_one_line() {
    let folder = school();
    let evaluate = |data: &str| folder.fails(["evaluate", "net.safetensors", "--data", data, "-q"]);
    says(&evaluate("motifs"), &["28×28 grey", "motifs", "28×28 RGB", "other data"]);
    says(&evaluate("folder:none"), &["none"]);
    says(&evaluate("mnist:."), &[".", "train-images"]);
    let folder = two_classes();
    let network =
        ["train", "--data=folder:pictures", "--size=28", "--epochs=1", "-o=two.safetensors"];
    folder.dreamer(network).assert().success();
    let motifs = ["evaluate", "two.safetensors", "--data=motifs", "--pictures=13", "-q"];
    says(&folder.fails(motifs), &["tells 2 classes apart", "13"]);
}

/// A folder `pictures` with two classes of four pictures each.
fn two_classes() -> Folder {
    let folder = Folder::new();
    for (class, level) in [("day", 200), ("night", 20)] {
        fs::create_dir_all(folder.path(format!("pictures/{class}"))).unwrap();
        for number in 0..4 {
            let picture = GrayImage::from_pixel(32, 32, Luma([level + number]));
            picture.save(folder.path(format!("pictures/{class}/{number}.png"))).unwrap();
        }
    }
    folder
}

#[test]
fn a_network_learns_the_users_own_folders_and_names_them() {
    let folder = two_classes();
    let arguments = ["train", "--data=folder:pictures", "--epochs=10", "-q"];
    folder.dreamer(arguments).assert().success();
    assert!(folder.names().contains(&"lenet-folder.safetensors".to_owned()));
    let arguments =
        ["classify", "pictures/night/0.png", "--weights=lenet-folder.safetensors", "--top=1"];
    let assert = folder.dreamer(arguments).assert().success();
    let text = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    says(&text, &["pictures/night/0.png: night "]);
}

#[test]
fn weights_that_cannot_be_used_are_refused_in_one_line() {
    let folder = school();
    let evaluate =
        |name: &str| folder.fails(["evaluate", name, "--data=digits", "--pictures=10", "-q"]);
    let whole = bytes(&folder, "net.safetensors");
    folder.write("cut", &whole[..whole.len() - 10]);
    says(&evaluate("cut"), &["cut is not a safetensors file"]);
    folder.write("text", "not at all");
    says(&evaluate("text"), &["text is not a safetensors file"]);
    says(&evaluate("none"), &["cannot read the weights none"]);
    says(&evaluate("net.checkpoint.safetensors"), &["does not say which network it is for"]);
    let text = String::from_utf8_lossy(&whole[8..]).into_owned();
    let header = text[..text.find("\"conv1").unwrap()].len();
    let mut other = whole.clone();
    let place = whole[..header].windows(8).position(|part| part == b"maps=4-8").unwrap();
    other[place + 5] = b'5';
    folder.write("other", &other);
    let mut command = folder.dreamer(["evaluate", "other", "--data=digits", "-q"]);
    let assert = command.assert().code(1).stdout("");
    let error = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    says(&error, &["error: other does not fit lenet:maps=5-8", "of another shape: conv1.weight"]);

    one(&folder.path("one.png"));
    let error = folder.fails(["classify", "one.png", "--weights=cut"]);
    says(&error, &["cut is not a safetensors file"]);
    let error = folder.fails(["classify", "none.png", "--weights=net.safetensors"]);
    says(&error, &["none.png", "does not exist"]);
    let error = folder.fails(["classify", "text", "--weights=net.safetensors"]);
    says(&error, &["text"]);
}

#[test]
fn values_that_make_no_sense_are_misuses_that_say_what_to_write() {
    let folder = Folder::new();
    for (option, advice) in [
        ("--network=lenet9", "write lenet5, lenet"),
        ("--data=imagenet", "mnist:DIR"),
        ("--activation=relu6", "relu6"),
        ("--output-activation=max", "write softmax, sigmoid"),
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
    says(&error("mlp:784-9"), &["tells 9 classes apart", "10"]);
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
    fs::create_dir(&disk).unwrap();
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
        .arg(&disk)
        .output()
        .is_ok_and(|output| output.status.success());
    if !mounted {
        eprintln!("skipped: a_disk_that_fills_up_…: only root may mount a small disk");
        return;
    }
    let result = std::panic::catch_unwind(|| {
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
    });
    assert!(std::process::Command::new("umount").arg(&disk).status().unwrap().success());
    result.unwrap();
}

#[test]
fn completions_and_man_pages_know_the_commands() {
    let folder = Folder::new();
    let assert = folder.dreamer(["completions", "bash"]).assert().success();
    let script = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    says(&script, &["train", "evaluate", "classify", "--batch-size", "scaled-tanh"]);
    folder.dreamer(["man", "--folder", "."]).assert().success();
    for command in ["train", "evaluate", "classify"] {
        let page = fs::read_to_string(folder.path(format!("dreamer-{command}.1"))).unwrap();
        says(&page, &["Examples:"]);
    }
}

#[test]
fn help_fits_the_terminal_and_shows_examples() {
    for command in ["train", "evaluate", "classify"] {
        let mut help = Folder::new().dreamer([command, "--help"]);
        let assert = help.current_dir("/").env("COLUMNS", "80").assert().success().stderr("");
        let text = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
        says(&text, &["Examples:", &format!("dreamer {command} ")]);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }
}

#[cfg(unix)]
mod interrupted {
    use std::io::{BufRead, BufReader};
    use std::process::{Child, Stdio};
    use std::time::{Duration, Instant};

    use super::*;

    /// A run that takes hours.
    fn long_run(folder: &Folder, options: &[&str]) -> Child {
        let mut command = folder.std_dreamer();
        command.args(SMALL).args(options).stdout(Stdio::null()).stderr(Stdio::piped());
        command.spawn().unwrap()
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
        let child = long_run(&folder, &["--epochs=100000", "-q"]);
        let deadline = Instant::now() + Duration::from_secs(60);
        while !folder.path(FILES[0]).exists() {
            assert!(Instant::now() < deadline, "no epoch ends");
            std::thread::sleep(Duration::from_millis(20));
        }
        let said = interrupted(child);
        says(&said, &["error: interrupted; net.safetensors holds the best network so far"]);
        says(&said, &["test error after epoch", "--resume net.safetensors goes on"]);
        assert_eq!(said.lines().count(), 1);
        assert_eq!(folder.names(), FILES);
        folder.dreamer(["evaluate", FILES[1], "--data=digits", "--pictures=10"]).assert().success();
    }

    #[test]
    fn a_run_interrupted_in_its_first_epoch_keeps_what_there_is() {
        let folder = Folder::new();
        let long = ["--training=20000", "--size=12", "--network=mlp:144-2000-2000-10"];
        let mut child = long_run(&folder, &long);
        // Said when all is loaded and the first step begins.
        let mut headline = String::new();
        BufReader::with_capacity(1, child.stderr.as_mut().unwrap())
            .read_line(&mut headline)
            .unwrap();
        says(&headline, &["mlp:144-2000-2000-10 on digits"]);
        std::thread::sleep(Duration::from_millis(200));
        let said = interrupted(child);
        says(&said, &["net.safetensors holds the network as it is in its first epoch"]);
        assert_eq!(folder.names(), FILES);
    }
}
