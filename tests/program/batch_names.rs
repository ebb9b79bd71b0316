//! Folders whose names and links are as odd as a file system allows.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::album::{album, dream_all, dream_some, names, tree};
use crate::folder::says;
use crate::studio::{photo, studio};

#[test]
fn spaces_newlines_and_bytes_that_are_no_text_are_names() {
    let folder = studio();
    let odd = [&b"a b.png"[..], b"line\nbreak.png", b"\xFF\xFE.png", b"-q.png", b"'\"$x.png"];
    let inner = folder.path("photos").join(OsStr::from_bytes(b"in \xF0\n"));
    fs::create_dir_all(&inner).unwrap();
    for name in odd {
        photo(40, 40).save(inner.join(OsStr::from_bytes(name))).unwrap();
    }
    let arguments = ["photos", "-r", "-o", "dreams/"];
    says(&dream_all(&folder, &arguments), &["5 photographs dreamed"]);
    let [before, after] = ["photos", "dreams"].map(|name| tree(&folder.path(name)));
    assert!(before.keys().eq(after.keys()));
    says(&dream_all(&folder, &arguments), &["5 done before"]);

    let list: Vec<u8> =
        odd.iter().flat_map(|name| [b"photos/in \xF0\n/", *name, b"\0"].concat()).collect();
    fs::write(folder.path("list"), list).unwrap();
    dream_all(&folder, &["--from-list=list", "--base=photos", "-o", "listed/"]);
    assert_eq!(tree(&folder.path("listed")), after);
}

#[test]
fn an_error_of_an_odd_name_is_one_line() {
    let folder = album();
    folder.write("photos/two\nlines.png", "no picture");
    let said = dream_some(&folder, &["photos", "-o", "dreams/", "-q"]);
    assert_eq!(said.lines().count(), 2, "{said}");
}

#[test]
fn a_loop_of_links_is_told_and_left_out() {
    let folder = album();
    symlink("..", folder.path("photos/2024/up")).unwrap();
    let said = dream_all(&folder, &["photos", "-r", "-o", "dreams/"]);
    says(&said, &["note: photos/2024/up leads back", "3 photographs dreamed"]);
}

#[test]
fn links_are_followed_and_those_that_lead_nowhere_fail() {
    let folder = album();
    fs::rename(folder.path("photos/2024"), folder.path("elsewhere")).unwrap();
    symlink("../elsewhere", folder.path("photos/2024")).unwrap();
    symlink("a.jpg", folder.path("photos/same.jpg")).unwrap();
    symlink("nowhere", folder.path("photos/gone.jpg")).unwrap();
    symlink("itself.png", folder.path("photos/itself.png")).unwrap();
    let said = dream_some(&folder, &["photos", "-r", "-o", "dreams/"]);
    says(&said, &["photos/gone.jpg", "photos/itself.png", "4 photographs dreamed", "2 failed"]);
    assert_eq!(names(&folder.path("dreams")), ["2024/c.png", "a.jpg", "b.png", "same.jpg"]);
}

#[test]
fn dreams_inside_the_folder_of_photographs_are_not_dreamed_again() {
    let folder = album();
    let arguments = [".", "-r", "-o", "photos/dreams/"];
    dream_all(&folder, &arguments);
    let dreams = ["photo.png", "photos/2024/c.png", "photos/a.jpg", "photos/b.png"];
    assert_eq!(names(&folder.path("photos/dreams")), dreams);
    says(&dream_all(&folder, &arguments), &["4 done before"]);
    assert_eq!(names(&folder.path("photos/dreams")), dreams);
}

#[test]
fn photographs_inside_the_folder_of_dreams_stay() {
    let folder = album();
    let before = tree(&folder.path("photos"));
    let error = folder.misused(["photos", "-o", "photos/"]);
    says(&error, &["photos is where the dreams are to go"]);
    let said = dream_some(&folder, &["photos/a.jpg", "photos/b.png", "-o", "photos/", "--force"]);
    says(&said, &["take the place of the photograph", "2 failed"]);
    symlink("photos", folder.path("alias")).unwrap();
    let said = dream_some(&folder, &["photos/a.jpg", "photos/b.png", "-o", "alias/", "--force"]);
    says(&said, &["is the photograph itself", "2 failed"]);
    assert_eq!(tree(&folder.path("photos")), before);

    dream_all(&folder, &["photos/2024", "-o", "photos/"]);
    assert_eq!(names(&folder.path("photos")), ["2024/c.png", "a.jpg", "b.png", "c.png"]);
}

#[test]
fn hidden_files_and_what_is_no_photograph_are_left_out() {
    let folder = album();
    fs::create_dir(folder.path("photos/.thumbnails")).unwrap();
    fs::copy(folder.path("photos/b.png"), folder.path("photos/.thumbnails/b.png")).unwrap();
    fs::copy(folder.path("photos/b.png"), folder.path("photos/._b.png")).unwrap();
    folder.write("photos/notes.txt", "no picture");
    fs::create_dir(folder.path("photos/folder.jpg")).unwrap();
    let pipe = folder.path("photos/pipe.png");
    assert!(std::process::Command::new("mkfifo").arg(pipe).status().unwrap().success());
    says(&dream_all(&folder, &["photos", "-r", "-o", "dreams/"]), &["3 photographs dreamed"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_takes_no_files_is_refused_before_the_work() {
    let folder = album();
    let error = folder.fails(["photos", "-o", "/sys/"]);
    says(&error, &["/sys/ cannot be used", "--output"]);
    // And one that cannot be made, since a file is in its place.
    folder.write("file", "");
    says(&folder.fails(["photos", "-o", "file/"]), &["file/ cannot be used"]);
}

#[test]
fn a_folder_that_cannot_be_made_is_one_photographs_failure() {
    let folder = album();
    fs::create_dir(folder.path("dreams")).unwrap();
    folder.write("dreams/2024", "a file where a folder should be");
    let said = dream_some(&folder, &["photos", "-r", "-o", "dreams/"]);
    says(&said, &["dreams/2024/c.png cannot be written", "2 photographs dreamed", "1 failed"]);
    let parts = fs::read_dir(folder.path("dreams/.dreamer")).unwrap();
    let is_log = |path: &Path| path.extension() == Some(OsStr::new("jsonl"));
    assert!(parts.into_iter().all(|entry| is_log(&entry.unwrap().path())));
}
