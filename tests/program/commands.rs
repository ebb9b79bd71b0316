//! The commands beside dreaming, which need neither photographs nor libtorch.

use std::process::Stdio;

use dreamer::network::{layers, zoo};
use dreamer::picture::{self, Depth, Output, Picture, Planes, WriteOptions};
use dreamer::trained::embedded;
use serde_json::Value;

use crate::folder::{Folder, says};

/// What a command prints to standard output, with nothing on standard error.
fn printed(arguments: &[&str]) -> String {
    let folder = Folder::new();
    let assert = folder.dreamer(arguments).assert().success().stderr("");
    assert!(folder.names().is_empty());
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

#[test]
fn layers_are_a_table_with_a_row_for_each() {
    let table = printed(&["layers", "--model", "squeezenet1_1"]);
    let header: Vec<&str> = table.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(
        header,
        ["LAYER", "DREAMS", "KIND", "CLIMBS", "CHANNELS", "STRIDE", "SEES", "COST", "ALSO"]
    );
    for layer in layers(&zoo::build("squeezenet1_1").unwrap()) {
        assert!(table.lines().any(|line| line.split(' ').next() == Some(&layer.name)), "{table}");
    }
    assert!(table.contains("features.10 *"), "the default is marked");
    assert!(table.lines().all(|line| line.chars().count() <= 125));
}

#[test]
fn layers_of_other_frameworks_are_listed_by_their_own_names_and_torchvisions() {
    for (network, layer, alias) in [
        ("bvlc_googlenet", "inception_4c/output *", "inception4c"),
        ("inception5h", "mixed4c *", "inception4c"),
        ("vgg16_caffe", "relu4_3 *", "features.22"),
    ] {
        let table = printed(&["layers", "--model", network]);
        let is_it = |line: &&str| line.starts_with(layer) && line.ends_with(alias);
        assert!(table.lines().any(|line| is_it(&line)), "{table}");
        assert!(table.lines().all(|line| line.chars().count() <= 145), "{table}");
        says(&table, &["ALSO: other names of a layer, which --layer accepts too."]);
    }
    let table = printed(&["layers", "--model", "mlp:784-30-10"]);
    assert!(!table.contains("ALSO"), "{table}");
}

#[test]
fn layers_tell_their_parameters_when_asked() {
    let table = printed(&["layers", "--model", "squeezenet1_1", "--parameters"]);
    says(&table, &["PARAMETERS"]);
    let first = table.lines().nth(1).unwrap();
    assert!(first.ends_with(&(64 * 3 * 9 + 64).to_string()), "{first}");
}

#[test]
fn layers_are_json_when_asked() {
    for model in zoo::names() {
        let json: Value =
            serde_json::from_str(&printed(&["layers", "--model", model, "--json"])).unwrap();
        assert_eq!(json["model"], model);
        let layers = json["layers"].as_array().unwrap();
        assert!(layers.iter().any(|layer| layer["name"] == json["default_layer"]), "{model}");
        assert!(layers.iter().all(|layer| layer["cost"].as_f64() <= Some(1.0)), "{model}");
    }
}

#[test]
fn layers_of_an_unknown_model_are_refused_with_the_known_ones() {
    let folder = Folder::new();
    let assert = folder.dreamer(["layers", "--model", "googlnet"]).assert().code(2).stdout("");
    let error = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    says(&error, &["error: ", "googlnet", "possible values: googlenet"]);
}

#[test]
fn layers_of_the_built_in_network_are_listed_by_its_name() {
    let default = embedded::network().graph.default_layer().to_owned();
    let table = printed(&["layers", "--model", "menagerie"]);
    says(&table, &["LAYER", "conv1_1.activation", "output *"]);
    let json: Value =
        serde_json::from_str(&printed(&["layers", "--model", "menagerie", "--json"])).unwrap();
    assert_eq!(json["model"], "menagerie");
    assert_eq!(json["default_layer"], default);
}

/// The counts of LeCun et al. 1998, section II.B.
#[test]
fn layers_of_lenet5_have_the_papers_numbers_of_parameters() {
    let table = printed(&["layers", "--model", "lenet5", "--parameters"]);
    for (name, count) in [
        ("c1", "156"),
        ("s2", "12"),
        ("c3", "1516"),
        ("s4", "32"),
        ("c5", "48120"),
        ("f6", "10164"),
    ] {
        let row = table.lines().find(|line| line.split(' ').next() == Some(name)).unwrap();
        assert_eq!(row.split_whitespace().last(), Some(count), "{row}");
    }
}

#[test]
fn layers_are_those_of_a_network_that_is_only_a_plan() {
    for (model, layer) in [
        ("lenet", "hidden2"),
        ("lenet:maps=8-16-32,kernel=3,hidden=200", "conv3.activation"),
        ("mlp:784-30-10", "hidden1"),
    ] {
        let json: Value =
            serde_json::from_str(&printed(&["layers", "--model", model, "--json"])).unwrap();
        assert_eq!(json["model"], model);
        let layers = json["layers"].as_array().unwrap();
        assert!(layers.iter().any(|entry| entry["name"] == layer), "{model}");
        assert!(layers.iter().any(|entry| entry["name"] == json["default_layer"]), "{model}");
    }
}

#[test]
fn layers_of_a_plan_that_does_not_fit_are_refused_with_what_would() {
    for (model, advice) in [
        ("lenet:depth=3", "lenet:maps=6-16,kernel=5,hidden=120-84"),
        ("mlp:784", "mlp:784-30-10"),
        ("mlp:100-10", "write mlp:784-"),
        ("mlp:784-26", "there are 10"),
        ("lenet:maps=1-1-1-1", "too small for pool3"),
    ] {
        let folder = Folder::new();
        let assert = folder.dreamer(["layers", "--model", model]).assert().code(2).stdout("");
        let error = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        says(&error, &["error: ", advice]);
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut command = Folder::new().std_dreamer();
    command.arg("layers").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.current_dir("/").spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
}

#[test]
fn an_error_that_nobody_reads_is_still_an_error() {
    let mut command = Folder::new().std_dreamer();
    let mut child = command
        .current_dir("/")
        .args(["show", "/none.png"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_standard_output_is_an_error() {
    let folder = Folder::new();
    let mut command = folder.std_dreamer();
    command.arg("layers").stdout(std::fs::File::create("/dev/full").unwrap());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    says(&error, &["error: standard output cannot be written: "]);
    assert_eq!(error.lines().count(), 1);
}

#[test]
fn completions_know_the_options_and_the_commands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = printed(&["completions", shell]);
        says(&script, &["layer", "octaves", "completions"]);
    }
    for shell in ["bash", "zsh"] {
        says(&printed(&["completions", shell]), &["--layer", "squeezenet1_1"]);
    }
    says(&printed(&["completions", "fish"]), &["-l layer", "squeezenet1_1"]);
}

#[test]
fn the_man_page_tells_of_every_option() {
    let page = printed(&["man"]);
    says(
        &page,
        &[".TH dreamer 1", "\\-\\-layer", "\\-\\-octaves", "\\-\\-tile", "dreamer\\-layers"],
    );
}

#[test]
fn man_pages_are_written_into_a_folder() {
    let folder = Folder::new();
    folder.dreamer(["man", "--folder", "."]).assert().success().stdout("").stderr("");
    let names = folder.names();
    for name in ["dreamer.1", "dreamer-layers.1", "dreamer-show.1"] {
        assert!(names.iter().any(|other| other == name), "{names:?}");
    }
    says(&folder.fails(["man", "--folder", "none"]), &["man pages", "none"]);
}

#[test]
fn help_shows_examples_and_fits_the_terminal() {
    let mut command = Folder::new().dreamer(["--help"]);
    let assert = command.current_dir("/").env("COLUMNS", "80").assert().success().stderr("");
    let help = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    says(&help, &["Examples:", "dreamer photo.jpg", "--layer", "layers"]);
    assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
    assert!(!help.contains('\x1b'), "colours are for terminals");
}

#[test]
fn the_version_is_the_crates() {
    assert_eq!(printed(&["--version"]), concat!("dreamer ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn no_photograph_is_a_misuse() {
    says(&Folder::new().misused([""; 0]), &["required"]);
}

/// A picture that carries settings, in that format.
fn settings_in(folder: &Folder, name: &str, settings: Option<&str>) {
    let picture = Picture { planes: Planes::filled(8, 8, 0.5), alpha: None, depth: Depth::Eight };
    let output = Output::Path(folder.path(name));
    picture::write(&picture, settings, &output, &WriteOptions::default()).unwrap();
}

/// Settings of a dream of `input`, from before there was a choice of backends.
fn settings(input: &str) -> String {
    serde_json::json!({
        "dreamer": "0.1.0", "input": input, "model": "googlenet",
        "layers": [{"name": "inception4c", "weight": 1.0}, {"name": "conv2", "weight": -0.5}],
        "octaves": 3, "octave_scale": 1.3, "iterations": 7, "step": 2.5, "jitter": 8,
        "normalize": "std", "seed": 9, "device": "cpu", "threads": 2,
    })
    .to_string()
}

#[test]
fn show_prints_the_command_line_that_made_a_png_or_a_jpeg() {
    let folder = Folder::new();
    for name in ["a.png", "a.jpg"] {
        settings_in(&folder, name, Some(&settings("my photo.jpg")));
        folder.dreamer(["show", name]).assert().success().stderr("").stdout(
            "dreamer 'my photo.jpg' --model googlenet --layer 'inception4c,conv2=-0.5' --objective energy \
             --octaves 3 --octave-scale 1.3 --iterations 7 --step 2.5 --jitter 8 --border wrap \
             --smooth 0 --normalize std --seed 9 --backend torch --device cpu --threads 2\n",
        );
        let from_stdin = std::fs::read(folder.path(name)).unwrap();
        folder.dreamer(["show", "-"]).write_stdin(from_stdin).assert().success();
    }
}

#[test]
fn show_prints_the_settings_as_json() {
    let folder = Folder::new();
    settings_in(&folder, "a.png", Some(&settings("a.jpg")));
    let assert = folder.dreamer(["show", "a.png", "--json"]).assert().success().stderr("");
    let json: Value = serde_json::from_slice(&assert.get_output().stdout).unwrap();
    let mut expected: Value = serde_json::from_str(&settings("a.jpg")).unwrap();
    expected["backend"] = "torch".into();
    // Of the first version, which had no choice.
    for (setting, value) in [("border", "wrap"), ("objective", "energy")] {
        expected[setting] = value.into();
    }
    expected["smooth"] = 0.0.into();
    assert_eq!(json, expected);
}

#[test]
fn show_says_what_is_wrong_with_a_picture_that_tells_nothing() {
    let folder = Folder::new();
    settings_in(&folder, "bare.png", None);
    settings_in(&folder, "bare.webp", Some("lost: the format has no place"));
    settings_in(&folder, "other.png", Some("{}"));
    settings_in(&folder, "hostile.png", Some(&settings("a.jpg\0; rm b")));
    settings_in(&folder, "escape.png", Some(&settings("a\u{1b}[2J.jpg")));
    folder.write("notes.txt", "no picture");
    says(&folder.fails(["show", "bare.png"]), &["bare.png", "no settings", "PNG and JPEG"]);
    says(&folder.fails(["show", "bare.webp"]), &["bare.webp", "no settings", "PNG and JPEG"]);
    says(&folder.fails(["show", "notes.txt"]), &["notes.txt", "no settings"]);
    says(&folder.fails(["show", "other.png"]), &["other.png", "damaged", "missing field"]);
    says(&folder.fails(["show", "hostile.png"]), &["hostile.png", "damaged"]);
    says(&folder.fails(["show", "escape.png"]), &["escape.png", "damaged"]);
    says(&folder.fails(["show", "none.png"]), &["cannot read none.png"]);
    says(&folder.fails(["show", "."]), &["cannot read ."]);
}
