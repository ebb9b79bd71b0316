//! `dreamer evaluate` and `dreamer classify`.

use std::fs;
use std::path::Path;

use image::{GrayImage, Luma};
use serde_json::Value;

use crate::folder::{Folder, says};
use crate::school::{bytes, school, train};

#[test]
fn evaluating_prints_the_error_and_the_confusion_matrix() {
    let folder = school();
    let arguments = ["evaluate", "net.safetensors", "--data=digits", "--pictures=100", "-q"];
    let assert = folder.dreamer(arguments).assert().success().stderr("");
    let table = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    let lines: Vec<&str> = table.lines().collect();
    says(lines[0], &["error ", " % (", " of 100), loss "]);
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
    let evaluate = |data: &str| {
        let few = ["--pictures=13", "-q"];
        folder.fails([&["evaluate", "net.safetensors", "--data", data], &few[..]].concat())
    };
    says(&evaluate("motifs"), &["28×28 grey", "motifs", "28×28 RGB", "other data"]);
    says(&evaluate("folder:none"), &["none"]);
    says(&evaluate("mnist:."), &[".", "train-images"]);
    let folder = two_classes();
    let network =
        ["train", "--data=folder:pictures", "--size=28", "--epochs=1", "-o=two.safetensors"];
    folder.dreamer(network).assert().success();
    let motifs = ["evaluate", "two.safetensors", "--data=motifs", "--pictures=13", "-q"];
    says(&folder.fails(motifs), &["has 2 classes", "13"]);
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
    says(&evaluate("cut"), &["cannot read cut as a safetensors file"]);
    folder.write("text", "not at all");
    says(&evaluate("text"), &["text is not a weight file"]);
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
    says(&error, &["error: other does not fit lenet:maps=5-8", "wrong shape: conv1.weight"]);

    one(&folder.path("one.png"));
    let error = folder.fails(["classify", "one.png", "--weights=cut"]);
    says(&error, &["cannot read cut as a safetensors file"]);
    let error = folder.fails(["classify", "none.png", "--weights=net.safetensors"]);
    says(&error, &["none.png", "does not exist"]);
    let error = folder.fails(["classify", "text", "--weights=net.safetensors"]);
    says(&error, &["text"]);
}
