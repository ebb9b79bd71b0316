//! The build without libtorch.

use crate::folder::{Folder, says};

#[test]
fn dreaming_says_that_this_build_cannot_and_how_to_get_one_that_can() {
    let folder = Folder::new();
    folder.write("photo.jpg", "whatever");
    let error = folder.fails(["photo.jpg"]);
    says(&error, &["without libtorch", "cannot dream", "cargo build --release"]);
}
