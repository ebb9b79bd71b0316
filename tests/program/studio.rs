//! A folder with a photograph and the generated weights of a small network.

use std::fs;
use std::path::Path;

use dreamer::network::zoo;
use dreamer::picture::{Input, Limits, Picture, read};
use image::{DynamicImage, ImageBuffer, Rgb, Rgba};
use safetensors::Dtype;
use safetensors::tensor::TensorView;

use crate::folder::{Folder, bytes};
use crate::generated;

/// Key, shape and values of a parameter.
pub type Parameter = (String, Vec<usize>, Vec<f32>);

/// Options that keep a dream short.
pub const SHORT: [&str; 2] = ["--octaves=2", "--iterations=2"];

/// What `--backend` can name in this build.
pub const BACKENDS: &[&str] = if cfg!(feature = "torch") { &["core", "torch"] } else { &["core"] };

/// `photo.png` and `models/squeezenet1_1.safetensors` in a folder.
pub fn studio() -> Folder {
    let folder = Folder::new();
    fs::create_dir(folder.path("models")).unwrap();
    write_weights(&folder.path("models/squeezenet1_1.safetensors"), &weights());
    photo(96, 80).save(folder.path("photo.png")).unwrap();
    folder
}

/// The generated weights of squeezenet1_1.
pub fn weights() -> Vec<Parameter> {
    generated::weights(&zoo::build("squeezenet1_1").unwrap())
}

/// Dreams shortly; returns what is on standard error.
pub fn dream(folder: &Folder, arguments: &[&str]) -> String {
    let assert = folder.dreamer(arguments).args(SHORT).assert().success().stdout("");
    String::from_utf8(assert.get_output().stderr.clone()).unwrap()
}

/// Makes a picture again, as `dreamer show` says: it has the same bytes. Returns the command line.
pub fn dreamed_again(folder: &Folder, picture: &str) -> String {
    let assert = folder.dreamer(["show", picture]).assert().success().stderr("");
    let line = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    let words = shlex::split(&line).unwrap();
    assert_eq!(words[0], "dreamer");
    let again = ["--output=again.png", "--force", "--quiet"];
    folder.dreamer(&words[1..]).args(again).assert().success().stdout("").stderr("");
    assert!(bytes(folder, picture) == bytes(folder, "again.png"), "{line}");
    line
}

pub fn open(folder: &Folder, name: &str) -> Picture {
    read(&Input::Path(folder.path(name)), &Limits::default()).unwrap()
}

pub fn write_weights(path: &Path, weights: &[Parameter]) {
    let bytes: Vec<Vec<u8>> = weights
        .iter()
        .map(|(_, _, values)| values.iter().flat_map(|value| value.to_le_bytes()).collect())
        .collect();
    let tensors = weights.iter().zip(&bytes).map(|((key, shape, _), bytes)| {
        (key, TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap())
    });
    fs::write(path, safetensors::serialize(tensors, None).unwrap()).unwrap();
}

/// A picture of 8 bits that no format makes small.
pub fn photo(width: u32, height: u32) -> DynamicImage {
    let pixel = |x, y| Rgb([0, 1, 2].map(|channel| level(x, y, channel) as u8));
    ImageBuffer::from_fn(width, height, pixel).into()
}

/// Likewise of 16 bits, with an alpha of its own.
pub fn deep_photo(width: u32, height: u32) -> DynamicImage {
    let pixel = |x, y| Rgba([0, 1, 2, 3].map(|channel| level(x, y, channel) as u16));
    ImageBuffer::from_fn(width, height, pixel).into()
}

fn level(x: u32, y: u32, channel: u32) -> u32 {
    let mixed = ((x * 0x9E37) ^ (y * 0x85EB)).wrapping_add(channel * 0x27D4_EB2F);
    mixed.wrapping_mul(0x2C1B_3C6D) >> 13
}
