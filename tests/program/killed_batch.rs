//! Folders whose run is killed or interrupted, and goes on.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::album::{names, tree};
use crate::folder::{Folder, says};
use crate::studio::{BACKENDS, photo, studio};
use crate::waiting::until;

/// Photographs in the folder, the broken ones among them.
const PHOTOGRAPHS: usize = 1000;

/// One in so many is broken.
const BROKEN: usize = 16;

/// Dreams that take next to no time, but on no machine so many at once that all are done before a
/// kill comes.
const OPTIONS: [&str; 7] = [
    "--backend=core",
    "--layer=features.3",
    "--octaves=1",
    "--iterations=1",
    "--jitter=2",
    "--threads=4",
    "-q",
];

/// How often the run is killed.
const KILLS: usize = 20;

/// A way to break a photograph, given a good one's bytes.
type Breaker = fn(&[u8]) -> Vec<u8>;

/// Every kind of broken file.
const BREAKERS: &[(&str, Breaker)] = &[
    ("png", |_| vec![]),
    ("jpg", |_| b"Once upon a time".to_vec()),
    ("png", |good| good[..good.len() / 2].to_vec()),
    ("jpg", |good| good[..good.len() - 2].to_vec()),
    ("gif", |good| good[..good.len() / 3].to_vec()),
    ("bmp", |good| good[..60].to_vec()),
    ("tif", |good| good[..8].to_vec()),
    ("webp", |good| good[..good.len() - 40].to_vec()),
    ("png", |good| good.iter().enumerate().map(|(at, byte)| byte ^ u8::from(at > 60)).collect()),
    ("png", |good| {
        let mut huge = good.to_vec();
        huge[16..24].fill(0x7F);
        huge
    }),
    ("jpg", |_| b"\x89PNG\r\n\x1A\n".to_vec()),
    ("tiff", |_| b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec()),
];

/// Makes the folder `photos`; returns how many of it are broken.
fn make(folder: &Folder) -> usize {
    let suffixes = ["png", "jpg", "bmp", "gif", "tif", "webp"];
    let photos = folder.path("photos");
    for part in 0..4 {
        fs::create_dir_all(photos.join(format!("part {part}"))).unwrap();
    }
    let mut good: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
    for suffix in suffixes {
        let path = folder.path(format!("good.{suffix}"));
        photo(24, 24).to_rgb8().save(&path).unwrap();
        good.insert(suffix, fs::read(path).unwrap());
    }
    let mut broken = 0;
    for number in 0..PHOTOGRAPHS {
        let name = |suffix| photos.join(format!("part {}/{number:04}.{suffix}", number % 4));
        if number % BROKEN != 3 {
            let (width, height) = (20 + number as u32 % 7, 20 + number as u32 % 11);
            photo(width, height).to_rgb8().save(name(suffixes[number % suffixes.len()])).unwrap();
            continue;
        }
        broken += 1;
        match BREAKERS.get(number / BROKEN % (BREAKERS.len() + 2)) {
            Some((suffix, break_it)) => {
                let original = good.get(suffix).unwrap_or(&good["tif"]);
                fs::write(name(suffix), break_it(original)).unwrap();
            }
            None if (number / BROKEN).is_multiple_of(2) => symlink("nowhere", name("jpg")).unwrap(),
            None => photo(1, 40).save(name("png")).unwrap(),
        }
    }
    broken
}

/// The program that dreams `photos` into a folder.
fn run(folder: &Folder, output: &str) -> Command {
    let mut command = folder.std_dreamer();
    command.args(["photos", "-r", "-o", output]).args(OPTIONS);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Files in the folders of a folder, but for the logs.
fn count(output: &Path) -> usize {
    let Ok(folders) = fs::read_dir(output) else { return 0 };
    let folders = folders.map(|folder| folder.unwrap().path());
    let seen = folders.filter(|folder| !folder.ends_with(".dreamer"));
    seen.map(|folder| fs::read_dir(folder).map_or(0, Iterator::count)).sum()
}

/// All files that are in the folder of logs and its folders.
fn leavings(output: &Path) -> Vec<PathBuf> {
    tree(&output.join(".dreamer")).into_keys().collect()
}

#[test]
fn a_run_that_is_killed_twenty_times_comes_to_the_same_dreams() {
    let folder = studio();
    let broken = make(&folder);
    let started = Instant::now();
    assert_eq!(run(&folder, "whole/").status().unwrap().code(), Some(1));
    let whole = tree(&folder.path("whole"));
    assert_eq!(whole.len(), PHOTOGRAPHS - broken);
    let seconds = started.elapsed().as_secs_f64();
    eprintln!("undisturbed: {} dreams of {PHOTOGRAPHS} photographs in {seconds:.1} s", whole.len());

    let mut random = ChaCha8Rng::seed_from_u64(7);
    let output = folder.path("killed");
    for kill in 1..=KILLS {
        let before = count(&output);
        // Half of what there is to do for all the kills that are left.
        let share = (whole.len() - before) / (2 * (KILLS + 1 - kill));
        let wanted = if kill % 4 == 0 { 0 } else { before + random.random_range(1..=share.max(1)) };
        // And up to ten dreams more, so that a kill comes anywhere in a dream.
        let more = random.random_range(0.0..10.0) * seconds / whole.len() as f64;
        let mut child = run(&folder, "killed/").spawn().unwrap();
        until(&mut child, || count(&output) >= wanted);
        sleep(Duration::from_secs_f64(more));
        child.kill().unwrap();
        child.wait().unwrap();
        let dreams = tree(&output);
        assert!(dreams.iter().all(|(name, bytes)| whole[name] == *bytes), "a dream is torn");
        let torn = leavings(&output)
            .iter()
            .filter(|path| path.extension() != Some("jsonl".as_ref()))
            .count();
        eprintln!(
            "kill {kill}: {before} dreams before, {} after, {torn} files half-written",
            dreams.len()
        );
    }
    assert!(count(&output) < whole.len(), "the kills came too late");

    let mut last = run(&folder, "killed/");
    last.arg("--json").stdout(Stdio::piped());
    let last = last.output().unwrap();
    assert_eq!(last.status.code(), Some(1));
    let lines = String::from_utf8(last.stdout).unwrap();
    let with = |status: &str| lines.matches(&format!("\"status\":\"{status}\"")).count();
    eprintln!(
        "to the end: {} dreamed, {} skipped, {} failed",
        with("dreamed"),
        with("skipped"),
        with("failed")
    );
    assert_eq!(with("failed"), broken);
    assert_eq!(with("dreamed") + with("skipped"), whole.len());
    assert!(with("skipped") > 0);
    assert!(tree(&output) == whole, "the dreams are others");
    assert!(leavings(&output).iter().all(|path| path.extension() == Some("jsonl".as_ref())));
}

#[test]
fn an_interrupted_run_leaves_whole_dreams_and_goes_on() {
    for backend in BACKENDS {
        let folder = studio();
        fs::create_dir(folder.path("photos")).unwrap();
        for number in 0..40 {
            // The last ones take long, so that on no machine all are done before the signal comes.
            let scale = if number < 36 { 1 } else { 4 };
            let file = folder.path(format!("photos/{number:02}.png"));
            photo(90 * scale, 80 * scale + number).save(file).unwrap();
        }
        let options =
            ["photos", "-o", "dreams/", "--octaves=1", "--iterations=2", "--backend", backend];
        let mut command = folder.std_dreamer();
        command.args(options).stderr(Stdio::piped()).stdout(Stdio::null());
        let mut child = command.spawn().unwrap();
        let dreams = folder.path("dreams");
        let is_dream = |name: &String| name.ends_with(".png");
        until(&mut child, || {
            dreams.exists() && names(&dreams).iter().filter(|name| is_dream(name)).count() >= 2
        });
        // SAFETY: the child has not been waited for, so that its number is still its own.
        assert_eq!(unsafe { libc::kill(child.id() as libc::pid_t, libc::SIGINT) }, 0);
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(130), "{said}");
        says(&said, &["interrupted; ", " of 40 photographs are dreamed", "goes on"]);
        let before = tree(&dreams);
        assert!(before.len() < 40);
        assert!(leavings(&dreams).iter().all(|path| path.extension() == Some("jsonl".as_ref())));

        folder.dreamer(options).assert().success();
        let after = tree(&dreams);
        assert_eq!(after.len(), 40);
        assert!(before.iter().all(|(name, bytes)| after[name] == *bytes));
    }
}
