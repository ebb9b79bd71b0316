//! What has been dreamed into a folder: a log beside the dreams, by which a run goes on.
//!
//! Each run appends to a log of its own, `.dreamer/HOST-PID-TIME.jsonl` in the output folder, and
//! reads those of all runs when it starts, so that machines that share a folder need no locks. A
//! line is on the disk before the dream that it records has its name, and has the hash of it: it
//! counts only where that very file is there. A line that a crash has torn is no JSON and is passed
//! over. Dreams are written in a folder of the run's own beside its log; what a run that was killed
//! has left there is removed by the next one on the same host.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::anyhow;
use blake3::Hash;
use serde::{Deserialize, Serialize};

use super::super::exit::Exit;
use super::name::Name;

/// The folder of logs, in the output folder.
const FOLDER: &str = ".dreamer";

/// A line of a log.
#[derive(Serialize, Deserialize)]
struct Line {
    input: Name,
    /// BLAKE3 of the photograph's file, in hexadecimal digits.
    input_hash: String,
    /// BLAKE3 of the settings and weights; null for a preview.
    settings_hash: Option<String>,
    output: Name,
    /// BLAKE3 of the dream's file.
    output_hash: String,
}

impl Line {
    /// Its dream's name and its record, if it is whole.
    fn read(json: &[u8]) -> Option<(PathBuf, Record)> {
        let line: Line = serde_json::from_slice(json).ok()?;
        let [input, output] = [line.input_hash, line.output_hash].map(Hash::from_hex);
        let settings = line.settings_hash.map(Hash::from_hex).transpose().ok()?;
        let record = Record { input: input.ok()?, settings, output: output.ok()? };
        Some((line.output.path()?, record))
    }
}

/// What a dream was made from, and what came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    pub input: Hash,
    /// `None` for a preview, from which a dream was still to come.
    pub settings: Option<Hash>,
    pub output: Hash,
}

/// All logs of a folder, and this run's.
pub struct Manifest {
    /// Records of all runs before, by the dreams' names below the folder.
    records: HashMap<PathBuf, Vec<Record>>,
    log: Option<Log>,
}

/// The log of this run.
struct Log {
    file: Mutex<File>,
    /// Where dreams are written before they have their names.
    parts: PathBuf,
}

impl Manifest {
    /// What other runs have dreamed into `folder`.
    ///
    /// # Errors
    /// [`Exit`] where there are logs that cannot be read.
    pub fn read(folder: &Path) -> Result<Manifest, Exit> {
        let logs = logs(&folder.join(FOLDER)).map_err(|error| unusable(folder, &error))?;
        let mut records: HashMap<PathBuf, Vec<Record>> = HashMap::new();
        for log in logs {
            let file = File::open(&log).map_err(|error| unusable(&log, &error))?;
            for line in BufReader::new(file).split(b'\n') {
                let line = line.map_err(|error| unusable(&log, &error))?;
                if let Some((output, record)) = Line::read(&line) {
                    records.entry(output).or_default().push(record);
                }
            }
        }
        Ok(Manifest { records, log: None })
    }

    /// Likewise, and begins a log of this run.
    ///
    /// # Errors
    /// [`Exit`] where the folder takes no files.
    pub fn open(folder: &Path) -> Result<Manifest, Exit> {
        let logs = folder.join(FOLDER);
        fs::create_dir_all(&logs).map_err(|error| unusable(folder, &error))?;
        remove_leavings(&logs);
        let manifest = Manifest::read(folder)?;
        let log = Log::begin(&logs).map_err(|error| unusable(folder, &error))?;
        Ok(Manifest { log: Some(log), ..manifest })
    }

    /// What earlier runs recorded of the dream of that name.
    pub fn records(&self, output: &Path) -> &[Record] {
        self.records.get(output).map_or(&[], Vec::as_slice)
    }

    /// The folder for files that have no names yet.
    ///
    /// # Panics
    /// If the manifest was only read.
    pub fn parts(&self) -> &Path {
        &self.log().parts
    }

    /// Has a record on the disk.
    ///
    /// # Errors
    /// Where the disk takes none.
    pub fn append(&self, input: &Path, output: &Path, record: Record) -> io::Result<()> {
        let hex = |hash: Hash| hash.to_hex().to_string();
        let mut line = serde_json::to_vec(&Line {
            input: input.into(),
            input_hash: hex(record.input),
            settings_hash: record.settings.map(hex),
            output: output.into(),
            output_hash: hex(record.output),
        })?;
        line.push(b'\n');
        let mut file = self.log().file.lock().expect("no thread panics with it");
        file.write_all(&line)?;
        file.sync_data()
    }

    fn log(&self) -> &Log {
        self.log.as_ref().expect("the manifest was opened to write")
    }
}

impl Log {
    fn begin(logs: &Path) -> io::Result<Log> {
        let mut time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let (name, file) = loop {
            let name = format!("{}{}-{time}", own_prefix(), std::process::id());
            let log = logs.join(format!("{name}.jsonl"));
            match OpenOptions::new().append(true).create_new(true).open(log) {
                Ok(file) => break (name, file),
                // Another run of this moment.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => time += 1,
                Err(error) => return Err(error),
            }
        };
        // Where the file system has no locks, what this run leaves if it is killed stays.
        let _ = file.try_lock();
        let parts = logs.join(format!("{name}.parts"));
        fs::create_dir(&parts)?;
        Ok(Log { file: Mutex::new(file), parts })
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.parts);
        let log = self.parts.with_extension("jsonl");
        if fs::metadata(&log).is_ok_and(|log| log.len() == 0) {
            let _ = fs::remove_file(log);
        }
    }
}

/// Removes what runs on this host that are no more have left half-written.
fn remove_leavings(logs: &Path) {
    let Ok(entries) = fs::read_dir(logs) else { return };
    for parts in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let name = parts.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !name.starts_with(&own_prefix()) || !name.ends_with(".parts") {
            continue;
        }
        let is_over = match File::open(parts.with_extension("jsonl")) {
            Ok(log) => log.try_lock().is_ok(),
            Err(error) => error.kind() == ErrorKind::NotFound,
        };
        if is_over {
            let _ = fs::remove_dir_all(parts);
        }
    }
}

/// How the names of this host's logs begin.
fn own_prefix() -> String {
    let host = sysinfo::System::host_name().unwrap_or_else(|_| "host".into());
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '_' };
    format!("{}-", host.chars().map(plain).collect::<String>())
}

/// All logs in a folder, which may not be there.
fn logs(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    let is_log = |path: &PathBuf| path.extension().is_some_and(|suffix| suffix == "jsonl");
    Ok(paths.into_iter().filter(is_log).collect())
}

fn unusable(path: &Path, error: &io::Error) -> Exit {
    Exit::Failure(anyhow!(
        "{} cannot be used: {}; choose another folder with --output",
        path.display(),
        error.kind()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(number: u8) -> Record {
        let hash = |part: u8| blake3::hash(&[number, part]);
        Record { input: hash(0), settings: Some(hash(1)), output: hash(2) }
    }

    #[test]
    fn the_logs_of_all_runs_are_read_and_a_torn_line_is_passed_over() {
        let folder = tempfile::tempdir().expect("there is a temporary folder");
        let first = Manifest::open(folder.path()).expect("it is a folder");
        first.append("a.jpg".as_ref(), "a.jpg".as_ref(), record(1)).expect("the disk has room");
        let log = first.parts().with_extension("jsonl");
        drop(first);
        let whole = fs::read(&log).expect("it is there");
        fs::write(&log, [&whole[..], &whole[..whole.len() / 2]].concat()).expect("it is ours");
        let second = Manifest::open(folder.path()).expect("it is a folder");
        second.append("a.jpg".as_ref(), "a.jpg".as_ref(), record(2)).expect("the disk has room");
        assert_eq!(second.records("a.jpg".as_ref()), [record(1)]);
        let mut third = Manifest::read(folder.path()).expect("it is a folder").records;
        let mut records = third.remove(Path::new("a.jpg")).expect("it was dreamed");
        records.sort_by_key(|other| *other != record(1));
        assert_eq!(records, [record(1), record(2)]);
        assert!(third.is_empty());
    }

    #[test]
    fn what_a_killed_run_has_left_is_removed_and_a_living_ones_is_not() {
        let folder = tempfile::tempdir().expect("there is a temporary folder");
        let living = Manifest::open(folder.path()).expect("it is a folder");
        fs::write(living.parts().join("half"), "half").expect("it is ours");
        let logs = folder.path().join(FOLDER);
        let dead = logs.join(format!("{}0-0.parts", own_prefix()));
        fs::create_dir(&dead).expect("it is ours");
        fs::write(dead.with_extension("jsonl"), "").expect("it is ours");
        let other = logs.join("another_host-0-0.parts");
        fs::create_dir(&other).expect("it is ours");
        drop(Manifest::open(folder.path()).expect("it is a folder"));
        assert!(!dead.exists());
        assert!(other.exists());
        assert!(living.parts().join("half").exists());
    }

    #[test]
    fn a_run_that_dreams_nothing_leaves_no_log() {
        let folder = tempfile::tempdir().expect("there is a temporary folder");
        drop(Manifest::open(folder.path()).expect("it is a folder"));
        assert_eq!(fs::read_dir(folder.path().join(FOLDER)).expect("it is there").count(), 0);
    }
}
