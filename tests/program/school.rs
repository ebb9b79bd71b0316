//! Folders in which small networks are trained.

pub use crate::folder::bytes;

use crate::folder::Folder;

/// A network that a second is enough for.
pub const SMALL: [&str; 8] = [
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
pub fn train(folder: &Folder, more: &[&str]) -> [String; 2] {
    let assert = folder.dreamer(SMALL).args(more).assert().success();
    let output = assert.get_output();
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8(bytes.clone()).unwrap())
}

/// A folder with a trained network.
pub fn school() -> Folder {
    let folder = Folder::new();
    train(&folder, &["-q"]);
    folder
}

/// The files of a run, sorted.
pub const FILES: [&str; 2] = ["net.checkpoint.safetensors", "net.safetensors"];
