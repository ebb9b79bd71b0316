//! Dreaming with networks of one's own.

use std::fs;

use dreamer::network::{Architecture, layers};
use serde_json::Value;

use crate::folder::{Folder, says};
use crate::generated;
use crate::studio::{dream, dreamed_again, open, photo, studio, write_weights};

/// The plan of a network for which a moment's training is enough.
const PLAN: &str = "lenet:maps=4-8,hidden=20";

/// The generated weights of a network that is only a plan, in a file that does not say which.
fn write_own(folder: &Folder, model: &str, name: &str) {
    let architecture: Architecture = model.parse().unwrap();
    let graph = architecture.graph(&architecture.digits()).unwrap();
    write_weights(&folder.path(name), &generated::weights(&graph));
}

/// A studio with `own.safetensors`, trained on that data.
fn trained_on(data: &str) -> Folder {
    let folder = studio();
    let train = ["train", "--network", PLAN, "--data", data, "-o=own.safetensors", "--quiet"];
    let little = ["--training=60", "--test=30", "--epochs=1", "--threads=1"];
    folder.dreamer(train).args(little).assert().success().stdout("").stderr("");
    folder
}

#[test]
fn a_trained_network_is_dreamed_without_naming_it() {
    for (data, layer) in [("digits", "conv2.activation"), ("motifs", "conv1")] {
        let folder = trained_on(data);
        let said = dream(&folder, &["photo.png", "-w", "own.safetensors", "-l", layer]);
        assert_eq!(said.lines().count(), 1, "{said}");
        says(&said, &[&format!("photo.dream.png: 96×80, {PLAN} {layer}, 2 octaves")]);
        let [before, after] = ["photo.png", "photo.dream.png"].map(|name| open(&folder, name));
        assert_ne!(before.planes, after.planes);
        let line = dreamed_again(&folder, "photo.dream.png");
        says(&line, &[&format!("--model '{PLAN}' --weights own.safetensors")]);
    }
}

#[test]
fn a_trained_network_may_be_named_and_found_by_its_name() {
    let folder = trained_on("motifs");
    dream(&folder, &["photo.png", "-w", "own.safetensors", "-m", PLAN]);
    let found = folder.path(format!("models/{PLAN}.safetensors"));
    fs::rename(folder.path("own.safetensors"), found).unwrap();
    dream(&folder, &["photo.png", "-m", PLAN, "-o", "found.png"]);
    assert_eq!(open(&folder, "photo.dream.png").planes, open(&folder, "found.png").planes);
}

#[test]
fn a_trained_network_by_the_wrong_name_is_a_misuse() {
    let folder = trained_on("digits");
    for model in ["googlenet", "lenet5", "lenet:maps=4-8,hidden=21", "menagerie"] {
        let error = folder.misused(["photo.png", "-w", "own.safetensors", "-m", model]);
        let holds = format!("own.safetensors holds a {PLAN}, not a {model}");
        says(&error, &[&holds, "leave out --model"]);
    }
}

#[test]
fn layers_are_those_of_the_network_in_a_file() {
    let folder = trained_on("motifs");
    let list = |arguments: &[&str]| {
        let arguments = [&["layers", "--json"], arguments].concat();
        let assert = folder.dreamer(arguments).assert().success().stderr("");
        serde_json::from_slice::<Value>(&assert.get_output().stdout).unwrap()
    };
    let names = |json: &Value| -> Vec<String> {
        let layers = json["layers"].as_array().unwrap().iter();
        layers.map(|layer| layer["name"].as_str().unwrap().to_owned()).collect()
    };
    let json = list(&["--weights=own.safetensors"]);
    assert_eq!(json["model"], PLAN);
    assert_eq!(json, list(&["--weights=own.safetensors", "--model", PLAN]));
    let architecture: Architecture = PLAN.parse().unwrap();
    let graph = architecture.graph(&architecture.digits()).unwrap();
    let expected: Vec<String> = layers(&graph).into_iter().map(|layer| layer.name).collect();
    assert_eq!(names(&json), expected);
    // As no other digits' network, this one's pictures have three colours.
    let weights = |json: &Value| json["layers"][0]["parameters"].as_u64();
    assert_ne!(weights(&json), weights(&list(&["--model", PLAN])));

    let named_after = list(&["--weights=models/squeezenet1_1.safetensors"]);
    assert_eq!(named_after, list(&["--model=squeezenet1_1"]));
}

#[test]
fn layers_of_a_file_that_is_not_there_or_of_another_network_are_refused() {
    let folder = trained_on("digits");
    says(&folder.fails(["layers", "--weights=none"]), &["cannot read the weights none"]);
    says(
        &folder.fails(["layers", "--weights=photo.png"]),
        &["photo.png is not a weight file: it is a picture"],
    );
    let error = folder.misused(["layers", "--weights=own.safetensors", "--model=vgg16"]);
    says(&error, &["own.safetensors holds a lenet", "not a vgg16", "leave out --model"]);
    write_own(&folder, PLAN, "mine.safetensors");
    let error = folder.misused(["layers", "--weights=mine.safetensors"]);
    says(&error, &["mine.safetensors", "add --model"]);
}

#[test]
fn a_network_of_ones_own_is_dreamed_by_its_plan() {
    let folder = studio();
    for (model, layer) in [("lenet5", "c3"), ("lenet:maps=4-8,hidden=none", "output")] {
        write_own(&folder, model, "own.safetensors");
        let own = ["-m", model, "-w", "own.safetensors", "-l", layer, "-o", "own.png", "--force"];
        dream(&folder, &[&["photo.png"], &own[..]].concat());
        assert_ne!(open(&folder, "photo.png").planes, open(&folder, "own.png").planes);
        let assert = folder.dreamer(["show", "own.png"]).assert().success();
        let line = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
        let words = shlex::split(&line).unwrap();
        let given = words.iter().skip_while(|word| *word != "--model").nth(1);
        assert_eq!(given.map(String::as_str), Some(model), "{line}");
    }
}

#[test]
fn a_file_named_after_a_plan_is_of_that_network() {
    let folder = studio();
    write_own(&folder, "lenet5", "lenet5.safetensors");
    says(&dream(&folder, &["photo.png", "-w", "lenet5.safetensors"]), &["lenet5 s4.activation"]);
}

#[test]
fn a_multi_layer_perceptron_dreams_on_pictures_of_its_own_size() {
    let folder = studio();
    write_own(&folder, "mlp:784-30-10", "own.safetensors");
    let own = ["-m", "mlp:784-30-10", "-w", "own.safetensors"];
    let error = folder.fails([&["photo.png"], &own[..]].concat());
    says(&error, &["photo.png", "hidden1", "784 values", "96×80"]);
    photo(28, 28).save(folder.path("digit.png")).unwrap();
    says(&dream(&folder, &[&["digit.png"], &own[..]].concat()), &["digit.dream.png: 28×28"]);
}
