//! Decoding a picture, as from a file or standard input, and looking for its settings.

#![no_main]

use std::cell::LazyCell;

use dreamer::picture::{Limits, read, read_settings};
use dreamer_fuzz::{Folder, assert_one_line};
use libfuzzer_sys::fuzz_target;

/// Few enough for a picture that claims to be of that size to be decoded in a moment.
const LIMITS: Limits = Limits { max_pixels: 1 << 18 };

thread_local! {
    static FOLDER: LazyCell<Folder> = const { LazyCell::new(Folder::new) };
}

fuzz_target!(|bytes: &[u8]| {
    let path = FOLDER.with(|folder| folder.write("picture", bytes));
    match read(&path.into(), &LIMITS) {
        Ok(picture) => {
            let pixels = picture.planes.width() * picture.planes.height();
            assert!(pixels > 0 && pixels as u64 <= LIMITS.max_pixels);
            assert!(picture.alpha.is_none_or(|alpha| alpha.len() == pixels));
        }
        Err(error) => assert_one_line(&error),
    }
    if let Err(error) = read_settings(bytes) {
        assert_one_line(&error);
    }
});
