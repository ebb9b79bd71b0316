//! Dreams side by side: what is dreamed, what is written, and what is kept.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use roxmltree::Document;
use serde_json::Value;

use crate::folder::{Folder, bytes, says};
use crate::page;
use crate::studio::{BACKENDS, SHORT, photo, studio};
#[cfg(unix)]
use crate::waiting::{Ready, until};

/// Compares shortly; returns what is on standard error.
fn compare(folder: &Folder, arguments: &[&str]) -> String {
    let command = [&["compare", "photo.png"], arguments].concat();
    let assert = folder.dreamer(command).args(SHORT).assert().success().stdout("");
    String::from_utf8(assert.get_output().stderr.clone()).unwrap()
}

fn json(folder: &Folder, arguments: &[&str]) -> Value {
    let assert =
        folder.dreamer(arguments).args(SHORT).args(["--json", "--quiet"]).assert().success();
    serde_json::from_slice(&assert.get_output().stdout).unwrap()
}

/// A cell of a page: its label, its command and its file.
struct Tile {
    label: String,
    command: String,
    file: Vec<u8>,
}

fn tiles(folder: &Folder, name: &str) -> Vec<Tile> {
    let html = fs::read_to_string(folder.path(name)).unwrap();
    let html = &html[..html.find("<script>").expect("it has a script")];
    let mut xml = page::xml(html);
    xml.push_str("</body></html>");
    // Style sheets are no XML.
    let style = xml.find("<style>").unwrap()..xml.find("</style>").unwrap();
    xml.replace_range(style, "<style>");
    let document = Document::parse(&xml).unwrap();
    let tiles = document.descendants().filter(|node| node.has_attribute("data-command"));
    tiles
        .map(|tile| {
            let picture = tile.descendants().find(|node| node.tag_name().name() == "img");
            let source = picture.and_then(|node| node.attribute("src")).unwrap_or_default();
            let file = source.strip_prefix("data:image/jpeg;base64,").unwrap_or_default();
            let text = |name: &str| tile.attribute(name).unwrap().to_owned();
            Tile {
                label: text("data-label"),
                command: text("data-command"),
                file: STANDARD.decode(file).unwrap(),
            }
        })
        .collect()
}

/// Runs a command that a page shows, and gives the file that it writes.
fn run(folder: &Folder, command: &str) -> Vec<u8> {
    let words = shlex::split(command).unwrap();
    assert_eq!(words[0], "dreamer", "{command}");
    let output = words.iter().position(|word| word == "--output").expect("it names a file") + 1;
    folder
        .dreamer(&words[1..])
        .args(["--quiet", "--force"])
        .assert()
        .success()
        .stdout("")
        .stderr("");
    bytes(folder, &words[output])
}

#[test]
fn each_picture_is_byte_for_byte_what_its_command_makes() {
    for backend in BACKENDS {
        let folder = studio();
        let backend = format!("--backend={backend}");
        let settings = ["--seed=3", "--threads=2", "-o", "a.html", &backend];
        let ways: [&[&str]; 4] = [
            &["--layers=features.2,features.4,features.6", "--step=2"],
            &["--channels=features.0:3-5", "--layers=features.3.squeeze:9"],
            &["--layers=features.3,features.5", "--sweep=octaves=1,2", "--jitter=4"],
            &["--sweep=max-size=60,80", "--sweep=normalize=mean,std", "--quality=80"],
        ];
        for (way, cells) in ways.into_iter().zip([3, 4, 4, 4]) {
            compare(&folder, &[&settings[..], way, &["--force"]].concat());
            let tiles = tiles(&folder, "a.html");
            assert_eq!(tiles.len(), cells, "{way:?}");
            for Tile { label, command, file } in &tiles {
                assert!(*file == run(&folder, command), "{label} is not what {command:?} makes");
            }
            let mut files: Vec<_> = tiles.iter().map(|tile| &tile.file).collect();
            files.sort();
            files.dedup();
            assert_eq!(files.len(), cells, "{way:?}: no two are the same");
        }
    }
}

#[test]
fn small_pictures_are_dreamed_side_by_side_and_large_ones_alone() {
    for backend in BACKENDS {
        let folder = studio();
        photo(1500, 1410).save(folder.path("large.png")).unwrap();
        let command = ["compare", "large.png", "--threads=2", "-o", "a.html", "--backend", backend];
        let sweep = ["--sweep=max-size=1500,60,70", "--layers=features.1"];
        let short = ["--octaves=1", "--iterations=1", "--quiet"];
        folder.dreamer(command).args(sweep).args(short).assert().success();
        let tiles = tiles(&folder, "a.html");
        for (tile, threads) in tiles.iter().zip(["--threads 2", "--threads 1", "--threads 1"]) {
            says(&tile.command, &[threads]);
            assert!(tile.file == run(&folder, &tile.command), "{}", tile.command);
        }
        assert_eq!(tiles.len(), 3);
    }
}

#[test]
fn the_sheet_is_photo_compare_png_in_the_current_folder() {
    let folder = studio();
    let said = compare(&folder, &["--layers=features.2,features.5"]);
    assert_eq!(folder.names(), ["models", "photo.compare.png", "photo.png"]);
    says(&said, &["photo.compare.png: 2 dreams in "]);
    let sheet = image::open(folder.path("photo.compare.png")).unwrap();
    assert!(sheet.width() > 2 * 96 && sheet.height() > 80);
}

#[test]
fn a_sheet_and_a_page_may_be_written_at_once() {
    let folder = studio();
    let said = compare(&folder, &["--layers=features.2", "-o", "a.jpg", "-o", "a.html"]);
    says(&said, &["a.jpg and a.html: 1 dreams"]);
    assert_eq!(bytes(&folder, "a.jpg")[..2], [0xFF, 0xD8]);
    assert!(bytes(&folder, "a.html").starts_with(b"<!DOCTYPE html>"));
}

#[test]
fn cells_and_columns_make_the_sheets_size() {
    let folder = studio();
    let width = |options: &[&str]| {
        let layers = ["--layers=features.2,features.3,features.4", "-o", "a.png", "--force"];
        compare(&folder, &[&layers, options].concat());
        image::open(folder.path("a.png")).unwrap().width()
    };
    let [one, four] = ["1", "4"].map(|columns| width(&["--columns", columns]));
    assert!(four > 3 * one, "{one} {four}");
    assert!(width(&["--columns=4", "--cell=48"]) < four);
}

#[test]
fn json_is_one_object_with_a_cell_for_each_dream() {
    let folder = studio();
    let report = json(&folder, &["compare", "photo.png", "--layers=features.3,features.3:7"]);
    assert_eq!(report["outputs"], serde_json::json!(["photo.compare.png"]));
    let cells = report["cells"].as_array().unwrap();
    assert_eq!(cells.len(), 2);
    assert_eq!(cells[1]["layer"], "features.3:7");
    assert_eq!(cells[1]["error"], Value::Null);
    assert!(cells[1]["command"].as_str().unwrap().contains("--layer features.3:7 "));
    assert!(cells.iter().all(|cell| cell["score"].as_f64().unwrap() > 0.0));
}

/// A picture that the later layers cannot see in: they are larger than it.
fn little(folder: &Folder) {
    photo(24, 24).save(folder.path("little.png")).unwrap();
}

#[test]
fn a_dream_that_fails_does_not_lose_the_others() {
    let folder = studio();
    little(&folder);
    let layers = "--layers=features.2,classifier.1,features.12,features.3";
    let command = ["compare", "little.png", layers, "-o", "a.html", "-o", "a.png", "--octaves=1"];
    let mut command = folder.dreamer(command);
    let assert = command.args(["--max-size=16", "--iterations=2", "--json"]).assert().code(1);
    let error = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    says(&error, &["error: ", "of 4 dreams failed", "too small for "]);
    let report: Value = serde_json::from_slice(&assert.get_output().stdout).unwrap();
    let failed = |cell: &Value| !cell["error"].is_null();
    let cells = report["cells"].as_array().unwrap();
    assert!(!failed(&cells[0]) && !failed(&cells[3]));
    assert!(cells.iter().any(failed));
    let html = fs::read_to_string(folder.path("a.html")).unwrap();
    assert!(html.contains("Failed") && html.contains("too small for"));
    assert!(folder.path("a.png").exists());
}

#[test]
fn where_every_dream_fails_nothing_is_written() {
    let folder = studio();
    little(&folder);
    let command = ["compare", "little.png", "--layers=features.12", "--max-size=8", "-o", "a.html"];
    says(&folder.fails(command), &["1 of 1 dreams failed", "features.12", "too small"]);
}

#[test]
fn what_cannot_be_compared_is_refused_before_any_work() {
    let folder = studio();
    let misused = |options: &[&str]| folder.misused([&["compare", "photo.png"], options].concat());
    says(&misused(&[]), &["nothing to compare", "--layers, --channels, --classes or --sweep"]);
    says(&misused(&["--layers=feature.2"]), &["has no layer \"feature.2\"", "features.2"]);
    says(&misused(&["--layers=layer?.*"]), &["no layer like \"layer?.*\"", "dreamer layers"]);
    says(&misused(&["--channels=features.2:64"]), &["64 channels, 0 to 63", "no channel 64"]);
    says(&misused(&["--sweep=octave=2"]), &["octaves, octave-scale"]);
    says(&misused(&["--sweep=octaves=0"]), &["octaves=0: ", "from 1 to 1000"]);
    let three = ["--layers=features.2,features.3", "--sweep=step=1,2", "--sweep=seed=1,2"];
    says(&misused(&three), &["a grid has two axes, and these are 3"]);
    says(&misused(&["--layers=features.2", "-o", "-"]), &["not written to standard output"]);
    folder.write("there.html", "");
    let fails =
        |output| folder.fails(["compare", "photo.png", "--layers=features.2", "-o", output]);
    says(&fails("there.html"), &["there.html already exists", "--force"]);
    says(&fails("a.gif"), &["a.gif does not say what to write", ".html"]);
    says(&fails("none/a.png"), &["there is no folder none"]);
}

#[test]
fn layers_have_their_names_in_other_frameworks() {
    let folder = studio();
    let report = json(&folder, &["compare", "photo.png", "--layers=features.?", "-o", "a.png"]);
    let layers: Vec<&str> =
        report["cells"].as_array().unwrap().iter().map(|c| c["layer"].as_str().unwrap()).collect();
    assert_eq!(layers[..3], ["features.0", "features.1", "features.2"]);
    assert_eq!(layers.len(), 10);
}

#[test]
fn what_is_kept_is_not_dreamed_again() {
    let folder = studio();
    let kept = ["compare", "photo.png", "--keep=kept", "-o", "a.html", "--force"];
    let count = |layers: &str| {
        let report = json(&folder, &[&kept[..], &[layers]].concat());
        report["cells"].as_array().unwrap().iter().filter(|cell| cell["kept"] == true).count()
    };
    assert_eq!(count("--layers=features.2,features.3"), 0);
    let first = tiles(&folder, "a.html").remove(1).file;
    assert_eq!(count("--layers=features.3,features.4"), 1);
    assert!(first == tiles(&folder, "a.html").remove(0).file);
    // Another photograph under the same name is another dream.
    photo(90, 80).save(folder.path("photo.png")).unwrap();
    assert_eq!(count("--layers=features.3,features.4"), 0);
}

#[test]
fn an_atlas_dreams_every_layer_from_noise_and_from_the_built_in_photograph() {
    let folder = studio();
    let options = ["atlas", "--layers=features.2,features.5", "--max-size=72", "--threads=2"];
    let report = json(&folder, &options);
    assert_eq!(report["outputs"], serde_json::json!(["squeezenet1_1.atlas.html"]));
    assert_eq!(report["title"], "What squeezenet1_1 dreams");
    let names = folder.names();
    assert_eq!(names, ["models", "photo.png", "squeezenet1_1.atlas", "squeezenet1_1.atlas.html"]);
    let tiles = tiles(&folder, "squeezenet1_1.atlas.html");
    let labels: Vec<&str> = tiles.iter().map(|tile| tile.label.as_str()).collect();
    let all = ["features.2", "features.5"]
        .map(|layer| ["noise", "photograph"].map(|start| format!("{layer}, {start}")));
    assert_eq!(labels, all.concat());

    // The commands work where the pictures are kept.
    for Tile { command, file, .. } in &tiles {
        let mut words = shlex::split(command).unwrap();
        let output = words.pop().unwrap();
        let mut command = folder.std_dreamer();
        command.current_dir(folder.path("squeezenet1_1.atlas")).args(&words[1..]).arg(&output);
        assert!(command.arg("--quiet").status().unwrap().success());
        let again = fs::read(folder.path("squeezenet1_1.atlas").join(Path::new(&output))).unwrap();
        assert!(*file == again, "{words:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_comparison_that_is_interrupted_leaves_nothing() {
    let folder = studio();
    let layers = ["compare", "photo.png", "--layers=all", "-o", "a.png", "-o", "a.html"];
    let mut command = folder.std_dreamer();
    command.args(layers).args(["--iterations=100000", "--threads=1"]);
    let ready = Ready::from(&mut command);
    let mut child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    ready.wait(&mut child);
    // SAFETY: it only sends a signal to a child that has not been waited for.
    unsafe { libc::kill(child.id() as i32, libc::SIGINT) };
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130));
    says(&String::from_utf8_lossy(&ended.stderr), &["interrupted; nothing was written"]);
    assert_eq!(folder.names(), ["models", "photo.png"]);
}

#[cfg(unix)]
#[test]
fn an_atlas_that_was_interrupted_goes_on_where_it_was() {
    use std::process::Stdio;

    let folder = studio();
    let atlas = ["atlas", "--layers=features.?", "--max-size=96", "--threads=2", "--backend=core"];
    let mut command = folder.std_dreamer();
    let mut child = command.args(atlas).stderr(Stdio::piped()).spawn().unwrap();
    let kept = || {
        fs::read_dir(folder.path("squeezenet1_1.atlas")).map_or(0, |files| {
            files
                .filter(|file| file.as_ref().unwrap().path().extension() == Some("jpg".as_ref()))
                .count()
        })
    };
    // The sample is one of them.
    until(&mut child, || kept() >= 4);
    // SAFETY: it only sends a signal to a child that has not been waited for.
    unsafe { libc::kill(child.id() as i32, libc::SIGINT) };
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130));
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    says(&said, &["interrupted; ", "dreams are kept in squeezenet1_1.atlas; the same command"]);
    assert!(!folder.path("squeezenet1_1.atlas.html").exists());
    let before = kept() - 1;
    assert!(before >= 3);

    let assert = folder.dreamer(atlas).arg("--json").assert().success();
    let report: Value = serde_json::from_slice(&assert.get_output().stdout).unwrap();
    let cells = report["cells"].as_array().unwrap();
    assert_eq!(cells.iter().filter(|cell| cell["kept"] == true).count(), before);
    assert!(cells.len() > before);
    let broken = folder.path("squeezenet1_1.atlas");
    let parts = fs::read_dir(broken)
        .unwrap()
        .filter(|file| file.as_ref().unwrap().file_name().to_string_lossy().ends_with(".part"));
    assert_eq!(parts.count(), 0, "nothing half-written is left");
}
