//! What fuzzing has found to be handled in different ways: each file is read or refused as it was, in
//! one line and without harm.
//!
//! The files are in `tests/fixtures/fuzzed/KIND/read/` and `refused/`. After `make fuzz`, with
//! `DREAMER_FUZZ_CORPUS=fuzz/corpus` set, this test chooses them anew: of all inputs that come to the
//! same message (whatever numbers are in it) the smallest.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use dreamer::picture::{Input, Limits, read, read_settings};
use dreamer::train::data::{DataSource, LoadOptions};
use dreamer::weights::WeightFile;
use tempfile::TempDir;

/// What became of a file: what it holds, or why it is refused.
type Outcome = Result<String, String>;

/// A kind of files, the fuzzer's targets that make them, and their reader.
struct Kind {
    name: &'static str,
    targets: &'static [&'static str],
    outcome: fn(&[u8]) -> Outcome,
}

const KINDS: &[Kind] = &[
    Kind {
        name: "weights",
        targets: &[
            "weights",
            "safetensors",
            "pytorch",
            "pytorch_legacy",
            "numpy",
            "caffe",
            "tensorflow",
        ],
        outcome: weights,
    },
    Kind { name: "pictures", targets: &["picture"], outcome: picture },
    Kind { name: "digits", targets: &["mnist"], outcome: digits },
    Kind { name: "cifar10", targets: &["cifar10"], outcome: cifar10 },
];

fn weights(bytes: &[u8]) -> Outcome {
    let told = |error: dreamer::weights::ReadError| error.to_string();
    let file = WeightFile::new(bytes, Path::new("fuzzed")).map_err(told)?;
    file.all().map_err(told)?;
    Ok(file.format().name.to_owned())
}

fn picture(bytes: &[u8]) -> Outcome {
    let _ = read_settings(bytes);
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("fuzzed");
    fs::write(&path, bytes).unwrap();
    let picture = read(&Input::Path(path), &Limits { max_pixels: 1 << 18 })
        .map_err(|error| error.to_string().replace(folder.path().to_str().unwrap(), ""))?;
    Ok(format!("{:?}, alpha {}", picture.depth, picture.alpha.is_some()))
}

fn digits(bytes: &[u8]) -> Outcome {
    const LABEL: &[u8] = b"\0\0\x08\x01\0\0\0\x01\x07";
    let names = ["train-images-idx3-ubyte", "t10k-images-idx3-ubyte"];
    let labels = ["train-labels-idx1-ubyte", "t10k-labels-idx1-ubyte"];
    let files = names.map(|name| (name, bytes)).into_iter().chain(labels.map(|name| (name, LABEL)));
    data(files, DataSource::Mnist)
}

fn cifar10(bytes: &[u8]) -> Outcome {
    let names = ["data_batch_1.bin", "test_batch.bin"];
    data(names.map(|name| (name, bytes)), DataSource::Cifar10)
}

fn data<'a>(
    files: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    source: fn(PathBuf) -> DataSource,
) -> Outcome {
    let folder = TempDir::new().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    match source(folder.path().to_owned()).load(&LoadOptions::default()) {
        Ok(_) => Ok("data".to_owned()),
        Err(error) => Err(error.to_string().replace(folder.path().to_str().unwrap(), "")),
    }
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/fuzzed")
}

/// The files of a folder; none where there is no such folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return vec![] };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Puts the smallest file of each message out of the fuzzer's corpus into the fixtures.
fn choose(kind: &Kind, corpus: &Path) {
    let mut chosen: BTreeMap<(&str, String), Vec<u8>> = BTreeMap::new();
    for path in kind.targets.iter().flat_map(|target| files(&corpus.join(target))) {
        let bytes = fs::read(path).unwrap();
        let (folder, message) = match (kind.outcome)(&bytes) {
            Ok(message) => ("read", message),
            Err(message) => ("refused", message),
        };
        let words = message
            .split_whitespace()
            .filter(|word| !word.contains(|letter: char| !letter.is_ascii_lowercase()));
        let key = (folder, words.collect::<Vec<_>>().join(" "));
        match chosen.get(&key) {
            Some(best) if best.len() <= bytes.len() => {}
            _ => drop(chosen.insert(key, bytes)),
        }
    }
    if chosen.is_empty() {
        return;
    }
    let _ = fs::remove_dir_all(fixtures().join(kind.name));
    for (number, ((folder, _), bytes)) in chosen.iter().enumerate() {
        let folder = fixtures().join(kind.name).join(folder);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{number:03}")), bytes).unwrap();
    }
}

#[test]
fn what_was_fuzzed_is_read_or_refused_as_before() {
    let corpus = env::var_os("DREAMER_FUZZ_CORPUS");
    for kind in KINDS {
        if let Some(corpus) = &corpus {
            choose(kind, Path::new(corpus));
        }
        let folder = |name: &str| files(&fixtures().join(kind.name).join(name));
        for path in folder("read") {
            let outcome = (kind.outcome)(&fs::read(&path).unwrap());
            assert!(outcome.is_ok(), "{}: {outcome:?}", path.display());
        }
        let refused = folder("refused");
        assert!(!refused.is_empty(), "there is nothing of {}", kind.name);
        for path in refused {
            let message = (kind.outcome)(&fs::read(&path).unwrap()).unwrap_err();
            assert_eq!(message.lines().count(), 1, "{}: {message}", path.display());
            assert!(message.chars().count() < 2000, "{}: {message}", path.display());
        }
    }
}
