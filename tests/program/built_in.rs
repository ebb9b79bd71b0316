//! The network that is part of the program.

use std::fs;

use crate::folder::{Folder, says};
use crate::studio::{SHORT, dream, dreamed_again, open, photo, studio};

/// A folder with a photograph and no weights of any network.
fn bare() -> Folder {
    let folder = Folder::new();
    fs::create_dir(folder.path("models")).unwrap();
    photo(96, 80).save(folder.path("photo.png")).unwrap();
    folder
}

#[test]
fn without_any_weights_it_dreams_and_a_line_says_how_to_get_googlenets() {
    let folder = bare();
    let said = dream(&folder, &["photo.png"]);
    let [note, report] = said.lines().collect::<Vec<_>>()[..] else { panic!("{said}") };
    let models = folder.path("models");
    says(note, &["note: ", "built in", "googlenet.safetensors", models.to_str().unwrap()]);
    says(note, &["`dreamer models pull googlenet`"]);
    says(report, &["photo.dream.png: 96×80, menagerie ", "2 octaves × 2 steps"]);
    let [before, after] = ["photo.png", "photo.dream.png"].map(|name| open(&folder, name));
    assert_ne!(before.planes, after.planes);
    assert_eq!(folder.names(), ["models", "photo.dream.png", "photo.png"]);
}

#[test]
fn quiet_says_nothing_of_it() {
    assert_eq!(dream(&bare(), &["photo.png", "--quiet"]), "");
}

#[test]
fn the_note_names_the_users_folder_where_none_is_chosen() {
    let folder = bare();
    let mut command = folder.dreamer(["photo.png"]);
    command.args(SHORT).env_remove("DREAMER_MODELS").env_remove("XDG_DATA_HOME");
    let assert = command.env("HOME", "/home/nobody").assert().success();
    let said = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    says(said.lines().next().unwrap(), &["into /home/nobody/"]);
}

#[test]
fn it_is_dreamed_by_name_whatever_else_there_is() {
    let folder = studio();
    let said = dream(&folder, &["photo.png", "--model=menagerie", "--seed=3"]);
    assert_eq!(said.lines().count(), 1, "{said}");
    says(&said, &["menagerie"]);
    says(&dreamed_again(&folder, "photo.dream.png"), &["--model menagerie"]);
}

#[test]
fn its_weights_are_told_to_be_built_in() {
    let folder = bare();
    let assert = folder.dreamer(["photo.png", "--json", "-q"]).args(SHORT).assert().success();
    let json: serde_json::Value = serde_json::from_slice(&assert.get_output().stdout).unwrap();
    assert_eq!(json["weights"], "built in");
    assert_eq!(json["settings"]["model"], "menagerie");
}

#[test]
fn an_unknown_layer_of_it_names_the_closest_ones() {
    let folder = bare();
    let error = folder.misused(["photo.png", "--model=menagerie", "--layer=conv9"]);
    says(&error, &["\"conv9\"", "the closest are conv", "dreamer layers"]);
}

#[test]
fn it_takes_no_weights_of_others() {
    let folder = studio();
    let weights = "--weights=models/squeezenet1_1.safetensors";
    let error = folder.misused(["photo.png", "--model=menagerie", weights]);
    says(&error, &["menagerie is built in", "leave out --weights"]);
}

#[test]
fn each_of_its_classes_is_recognised_in_its_own_dream() {
    let folder = bare();
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/mountains.jpg");
    for class in ["owl", "eye", "castle", "ladybird"] {
        let picture = format!("{class}.png");
        let dream = [sample, "-m", "menagerie", "--class", class, "--max-size", "128", "-qo"];
        folder.dreamer(dream.into_iter().chain([&*picture])).assert().success();
        let classify = ["classify", &picture, "-m", "menagerie", "--json"];
        let assert = folder.dreamer(classify).assert().success();
        let said = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
        let first = said.lines().next().unwrap_or_default();
        let json: serde_json::Value = serde_json::from_str(first).unwrap();
        assert_eq!(json["classes"][0]["class"], class, "{said}");
    }
}

#[test]
fn its_default_layer_is_the_maps_of_its_classes_climbed_at_their_peaks() {
    let folder = bare();
    let assert = folder.dreamer(["layers", "-m", "menagerie"]).assert().success();
    let said = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    let line = said.lines().find(|line| line.starts_with("output *")).expect("it is listed");
    says(line, &["peaks", "33"]);
}

#[test]
fn it_is_found_under_the_name_of_the_one_before_and_says_its_own() {
    let said = dream(&bare(), &["photo.png", "--model=motifs"]);
    says(&said, &["photo.dream.png: 96×80, menagerie "]);
}
