//! A folder of photographs: dreamed at once, by a loop of the shell over our own program, and by
//! a plain PyTorch loop, in turns within one run.
//!
//! `make bench` runs it. The Python of `$PYTHON` (default `python3`) must have torch, torchvision
//! and safetensors. `$PHOTOS` is a folder of JPEGs to dream on (default: 100 pieces of a sample),
//! and `$WEIGHTS` a file of SqueezeNet 1.0's weights (default: generated ones). The row of the core,
//! which takes longer, runs with `cargo bench --bench folder -- core`. `$ROUNDS` is how often each side
//! runs (default: 3).

#[path = "../tests/common/generated.rs"]
mod generated;
#[path = "common/python.rs"]
mod python;
#[path = "common/turns.rs"]
#[expect(dead_code, reason = "a round takes minutes, so there are fewer of them")]
mod turns;
#[path = "common/weight_file.rs"]
mod weight_file;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use image::codecs::jpeg::JpegEncoder;

use python::Python;
use turns::{heading, row};

const MODEL: &str = "squeezenet1_0";
const LAYER: &str = "features.9";
const THREADS: &str = "2";
/// Pieces of the sample.
const PIECES: u32 = 100;
const WIDTH: u32 = 512;
const HEIGHT: u32 = 384;
/// Runs of each side, where `$ROUNDS` says nothing else.
const ROUNDS: usize = 3;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let photos = std::env::var_os("PHOTOS")
        .map_or_else(|| cut_samples(&folder.path().join("photos")), PathBuf::from);
    let weights = std::env::var_os("WEIGHTS").map_or_else(
        || {
            let path = folder.path().join(format!("{MODEL}.safetensors"));
            weight_file::generate(MODEL, &path);
            path
        },
        PathBuf::from,
    );
    let python = Python::find("torch, torchvision, safetensors");
    let count = jpegs(&photos);
    let (photos, weights) = (photos.display().to_string(), weights.display().to_string());
    let options = ["--model", MODEL, "--layer", LAYER, "--weights", &weights, "--threads", THREADS];
    let words: Vec<String> = std::env::args().skip(1).collect();
    let core = words.iter().any(|word| word == "core");
    let ours: &[&str] = if core { &["--backend=core"] } else { &[] };

    let [mut folders, mut loops, mut theirs] = [vec![], vec![], vec![]];
    let output = folder.path().join("dreams");
    let dreamer = env!("CARGO_BIN_EXE_dreamer");
    let rounds = std::env::var("ROUNDS").map_or(Ok(ROUNDS), |rounds| rounds.parse());
    for _ in 0..rounds.expect("$ROUNDS is a number") {
        let mut command = Command::new(dreamer);
        command.args([&photos, "--quiet", "--output"]).arg(&output).args(options).args(ours);
        folders.push(measure(command, &output, count));

        let mut command = Command::new("sh");
        let script = format!(
            "mkdir \"$1\"; for photo in \"$2\"/*; do \"$0\" \"$photo\" --quiet --output \
             \"$1/${{photo##*/}}\" {} || exit 1; done",
            [&options[..], ours].concat().join(" ")
        );
        command.args(["-c", &script, dreamer]).arg(&output).arg(&photos);
        loops.push(measure(command, &output, count));

        if let Some(python) = &python {
            let mut command = python.script("pytorch_dream.py");
            command.args(["folder", &photos]).arg(&output).args(options);
            theirs.push(measure(command, &output, count));
        }
    }
    let name = format!("{count} photographs{}", if core { ", core" } else { "" });
    heading("a loop over our own program");
    row(&name, "s", &folders, &loops);
    heading("a loop in plain PyTorch");
    row(&name, "s", &folders, &theirs);
}

/// Seconds that a program takes to dream all photographs into a folder, which is removed.
fn measure(mut command: Command, output: &Path, count: usize) -> f64 {
    let start = Instant::now();
    let status = command.stdout(Stdio::null()).status().expect("the program starts");
    let seconds = start.elapsed().as_secs_f64();
    assert!(status.success(), "the program failed: {command:?}");
    assert_eq!(jpegs(output), count, "some were not dreamed");
    eprintln!("{seconds:.1} s: {}", command.get_program().display());
    fs::remove_dir_all(output).expect("the dreams are ours");
    seconds
}

/// JPEGs in a folder.
fn jpegs(folder: &Path) -> usize {
    let is_jpeg = |path: &PathBuf| path.extension().is_some_and(|suffix| suffix == "jpg");
    let entries = fs::read_dir(folder).expect("the folder is there");
    entries.map(|entry| entry.expect("it is there").path()).filter(is_jpeg).count()
}

/// Cuts the samples into photographs; returns their folder.
fn cut_samples(folder: &Path) -> PathBuf {
    fs::create_dir(folder).expect("the folder is ours");
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/mountains.jpg");
    let sample = image::open(sample).expect("the sample is there").to_rgb8();
    for number in 0..PIECES {
        let place = |number: u32, most: u32| number * most / 9;
        let left = place(number % 10, sample.width() - WIDTH);
        let top = place(number / 10, sample.height() - HEIGHT);
        let piece = image::imageops::crop_imm(&sample, left, top, WIDTH, HEIGHT).to_image();
        let file = fs::File::create(folder.join(format!("{number:03}.jpg")));
        let encoder = JpegEncoder::new_with_quality(file.expect("the folder is ours"), 90);
        piece.write_with_encoder(encoder).expect("the disk has room");
    }
    folder.to_owned()
}
