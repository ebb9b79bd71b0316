//! A folder of photographs and the dreams of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::folder::Folder;
use crate::studio::{photo, studio};

/// Options of dreams that take no time.
pub const TINY: [&str; 4] = ["--layer=features.3", "--octaves=1", "--iterations=2", "--jitter=4"];

/// The studio with `photos/a.jpg`, `photos/b.png` and, in a folder of its own, `photos/2024/c.png`.
pub fn album() -> Folder {
    let folder = studio();
    fs::create_dir_all(folder.path("photos/2024")).unwrap();
    for (name, width) in [("a.jpg", 40), ("b.png", 48), ("2024/c.png", 56)] {
        photo(width, 40).save(folder.path("photos").join(name)).unwrap();
    }
    folder
}

/// Runs the program on several photographs, which must all be dreamed; returns standard error.
#[track_caller]
pub fn dream_all(folder: &Folder, arguments: &[&str]) -> String {
    let assert = folder.dreamer(arguments).args(TINY).assert().success();
    String::from_utf8(assert.get_output().stderr.clone()).unwrap()
}

/// Likewise, where some must fail.
#[track_caller]
pub fn dream_some(folder: &Folder, arguments: &[&str]) -> String {
    let assert = folder.dreamer(arguments).args(TINY).assert().code(1);
    String::from_utf8(assert.get_output().stderr.clone()).unwrap()
}

/// What `--json` tells of each photograph, by its dream's name below the output.
#[track_caller]
pub fn told(folder: &Folder, arguments: &[&str]) -> BTreeMap<String, Value> {
    let output = folder.dreamer(arguments).args(TINY).args(["--json", "-q"]).output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let told = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    told.map(|line| {
        let output = line["output"].as_str().unwrap();
        (output.split_once('/').unwrap().1.to_owned(), line)
    })
    .collect()
}

/// How many photographs had each end.
pub fn count(told: &BTreeMap<String, Value>, status: &str) -> usize {
    told.values().filter(|line| line["status"] == status).count()
}

/// Every file below a folder, but for the logs, with its bytes.
pub fn tree(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.ends_with(".dreamer") {
                continue;
            }
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    let relative = path.strip_prefix(root).unwrap().to_owned();
                    files.insert(relative, fs::read(path).unwrap());
                }
            }
        }
    }
    files
}

/// The names of the files below a folder, but for the logs.
pub fn names(root: &Path) -> Vec<String> {
    tree(root).into_keys().map(|path| path.to_string_lossy().into_owned()).collect()
}
