//! A batch of CIFAR-10.

#![no_main]

use std::cell::LazyCell;

use dreamer::train::data::{DataSource, LoadOptions};
use dreamer_fuzz::{Folder, assert_one_line};
use libfuzzer_sys::fuzz_target;

thread_local! {
    static FOLDER: LazyCell<Folder> = const { LazyCell::new(Folder::new) };
}

fuzz_target!(|bytes: &[u8]| FOLDER.with(|folder| {
    for name in ["data_batch_1.bin", "test_batch.bin"] {
        folder.write(name, bytes);
    }
    let source = DataSource::Cifar10(folder.path().to_owned());
    if let Err(error) = source.load(&LoadOptions::default()) {
        assert_one_line(&error);
    }
}));
