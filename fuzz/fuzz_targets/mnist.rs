//! IDX files: the bytes are those of the pictures and of the labels in turn.

#![no_main]

use std::cell::LazyCell;

use dreamer::train::data::{DataSource, LoadOptions};
use dreamer_fuzz::{Folder, assert_one_line};
use libfuzzer_sys::fuzz_target;

const PICTURES: [&str; 2] = ["train-images-idx3-ubyte", "t10k-images-idx3-ubyte"];
const LABELS: [&str; 2] = ["train-labels-idx1-ubyte", "t10k-labels-idx1-ubyte"];

/// One picture of 2×2 pixels.
const A_PICTURE: &[u8] = b"\0\0\x08\x03\0\0\0\x01\0\0\0\x02\0\0\0\x021234";
const A_LABEL: &[u8] = b"\0\0\x08\x01\0\0\0\x01\x07";

thread_local! {
    static FOLDER: LazyCell<Folder> = const { LazyCell::new(Folder::new) };
}

fuzz_target!(|bytes: &[u8]| FOLDER.with(|folder| {
    let source = DataSource::Mnist(folder.path().to_owned());
    for (pictures, labels) in [(bytes, A_LABEL), (A_PICTURE, bytes)] {
        for (name, content) in [(PICTURES, pictures), (LABELS, labels)] {
            name.map(|name| folder.write(name, content));
        }
        if let Err(error) = source.load(&LoadOptions::default()) {
            assert_one_line(&error);
        }
    }
}));
