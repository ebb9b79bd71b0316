//! Fetching weights from a server that does all that servers do.

#[path = "common/server.rs"]
mod server;
#[path = "common/zip.rs"]
mod zip;

use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use dreamer::weights::checksum::{self, Algorithm, Checksum};
use dreamer::weights::fetch::{FetchError, Fetched, Fetcher, Observer, RetryPolicy};
use dreamer::weights::registry::{Download, Member, Published, Source};
use server::{Fault, Request, Server};
use tempfile::TempDir;
use zip::archive;

const FILE: &str = "vgg16-00000000.pth";

/// So long must a server be silent before it is given up: longer than any answer takes here.
const SILENCE: Duration = Duration::from_secs(20);

/// Three megabytes that are not the same anywhere.
fn content() -> Vec<u8> {
    (0..3_000_000_u32).map(|at| (at.wrapping_mul(0x9E37_79B1) >> 13) as u8).collect()
}

fn sha256(bytes: &[u8]) -> String {
    checksum::of(bytes, Algorithm::Sha256)
}

/// Notes what it is told.
#[derive(Default)]
struct Notes {
    waited: bool,
    received: Vec<(u64, Option<u64>)>,
    retries: Vec<(String, Duration)>,
}

impl Observer for Notes {
    fn waiting(&mut self) {
        self.waited = true;
    }

    fn received(&mut self, bytes: u64, total: Option<u64>) {
        self.received.push((bytes, total));
    }

    fn retrying(&mut self, reason: &str, delay: Duration) {
        self.retries.push((reason.to_owned(), delay));
    }
}

/// A folder, and a file that is published on a server.
struct Case {
    folder: TempDir,
    published: Published,
    server: Server,
    content: Vec<u8>,
    read_timeout: Duration,
}

impl Case {
    fn new(faults: &[Fault]) -> Case {
        Case::of(content(), faults)
    }

    fn of(content: Vec<u8>, faults: &[Fault]) -> Case {
        let server = Server::new(&[(FILE, &content)], faults);
        let checksum = Checksum::new(Algorithm::Sha256, &sha256(&content)).unwrap();
        let download = Download { url: server.url(FILE), checksum, member: None };
        let published = Published {
            model: "vgg16".into(),
            source: Source::Download(download),
            megabytes: content.len() as f64 / 1e6,
            licence: "own".into(),
            dreams: "eyes".into(),
        };
        Case {
            folder: tempfile::tempdir().unwrap(),
            published,
            server,
            content,
            read_timeout: SILENCE,
        }
    }

    fn download(&mut self) -> &mut Download {
        match &mut self.published.source {
            Source::Download(download) => download,
            Source::Page(_) => panic!("it is a download"),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn part(&self) -> PathBuf {
        self.path(&format!("{FILE}.part"))
    }

    fn fetch(&self, notes: &mut Notes) -> Result<Fetched, FetchError> {
        let retry = RetryPolicy {
            attempts: 3,
            delay: Duration::from_millis(10),
            read_timeout: self.read_timeout,
        };
        let fetcher = Fetcher { retry, mirror: None };
        fetcher.fetch(&self.published, self.folder.path(), notes)
    }

    /// The file comes, whole, and nothing else stays; returns what was noted.
    #[track_caller]
    fn succeeds(&self) -> Notes {
        let mut notes = Notes::default();
        let fetched = self.fetch(&mut notes).unwrap();
        assert_eq!(fetched, Fetched { path: self.path(FILE), was_there: false });
        assert!(fs::read(self.path(FILE)).unwrap() == self.content);
        assert_eq!(fs::read_dir(self.folder.path()).unwrap().count(), 1);
        notes
    }

    /// The file does not come; returns why, in one line.
    #[track_caller]
    fn fails(&self) -> String {
        let error = self.fetch(&mut Notes::default()).unwrap_err().to_string();
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(!self.path(FILE).exists());
        error
    }

    /// From which bytes on the file was asked for.
    fn asked(&self) -> Vec<Option<usize>> {
        self.server.requests().into_iter().map(|request| request.from).collect()
    }
}

#[track_caller]
fn says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in {text:?}");
    }
}

#[test]
fn a_file_comes_whole_and_its_progress_is_told() {
    let case = Case::new(&[]);
    let notes = case.succeeds();
    assert_eq!(case.server.requests(), [Request { target: format!("/{FILE}"), from: None }]);
    assert_eq!(notes.received.first(), Some(&(0, Some(3_000_000))));
    assert_eq!(notes.received.last(), Some(&(3_000_000, Some(3_000_000))));
    assert!(notes.received.is_sorted());
    assert!(!notes.waited && notes.retries.is_empty());
}

#[test]
fn a_folder_that_is_not_there_is_made() {
    let mut case = Case::new(&[]);
    case.folder = tempfile::tempdir().unwrap();
    let inner = case.path("share/dreamer/models");
    let fetched = Fetcher::default().fetch(&case.published, &inner, &mut Notes::default());
    assert_eq!(fetched.unwrap().path, inner.join(FILE));
}

#[test]
fn a_file_that_is_there_is_not_fetched() {
    let case = Case::new(&[]);
    fs::write(case.path(FILE), "mine").unwrap();
    let fetched = case.fetch(&mut Notes::default()).unwrap();
    assert!(fetched.was_there);
    assert_eq!(fs::read(case.path(FILE)).unwrap(), b"mine");
    assert_eq!(case.server.requests(), []);
}

#[test]
fn a_broken_transfer_goes_on_where_it_stopped() {
    let case = Case::new(&[Fault::BreakAfter(1_000_000), Fault::BreakAfter(500_000)]);
    let notes = case.succeeds();
    assert_eq!(case.asked(), [None, Some(1_000_000), Some(1_500_000)]);
    assert_eq!(notes.retries.len(), 2);
    says(&notes.retries[0].0, &["connection was lost"]);
}

#[test]
fn attempts_that_get_on_are_not_counted_together() {
    let [little, much] = [1000, 1 << 20].map(Fault::BreakAfter);
    let case = Case::new(&[little.clone(), little.clone(), much.clone(), much, little]);
    assert_eq!(case.succeeds().retries.len(), 5);
}

#[test]
fn a_silent_server_is_asked_again() {
    let mut case = Case::new(&[Fault::SilentAfter(2_000_000)]);
    case.read_timeout = Duration::from_secs(3);
    let notes = case.succeeds();
    assert_eq!(case.asked(), [None, Some(2_000_000)]);
    says(&notes.retries[0].0, &["stopped sending"]);
}

#[test]
fn a_slow_server_is_waited_for() {
    // 59 pauses, all together longer than the time limit that each is far from.
    let mut case =
        Case::of(content()[..60_000].to_vec(), &[Fault::Slow(Duration::from_millis(60))]);
    case.read_timeout = Duration::from_secs(3);
    let started = Instant::now();
    assert!(case.succeeds().retries.is_empty());
    assert!(started.elapsed() > case.read_timeout);
}

#[test]
fn a_server_that_breaks_off_again_and_again_is_given_up_and_what_came_is_kept() {
    let case = Case::new(&[Fault::BreakAfter(600_000), Fault::BreakAfter(0), Fault::BreakAfter(0)]);
    let error = case.fails();
    says(
        &error,
        &[&case.server.url(FILE), "connection was lost", "3 attempts", "0.6 MB", "resumes after"],
    );
    assert_eq!(fs::metadata(case.part()).unwrap().len(), 600_000);
    // Another day.
    case.succeeds();
    assert_eq!(case.asked().last(), Some(&Some(600_000)));
}

#[test]
fn the_time_between_attempts_doubles() {
    let case = Case::new(&[Fault::BreakAfter(0), Fault::Status(503, "")]);
    let delays: Vec<Duration> = case.succeeds().retries.iter().map(|retry| retry.1).collect();
    assert_eq!(delays, [10, 20].map(Duration::from_millis));
}

#[test]
fn a_busy_server_is_asked_again_when_it_says() {
    let case = Case::new(&[Fault::Status(503, "Retry-After: 1\r\n"), Fault::Status(429, "")]);
    let notes = case.succeeds();
    says(&notes.retries[0].0, &["503"]);
    assert_eq!(notes.retries[0].1, Duration::from_secs(1));
    says(&notes.retries[1].0, &["429"]);
}

#[test]
fn a_file_that_is_not_there_is_not_asked_for_twice() {
    let mut case = Case::new(&[]);
    case.download().url = case.server.url("other.pth");
    says(&case.fails(), &["other.pth", "the server says 404 Not Found"]);
    assert_eq!(case.server.requests().len(), 1);
    let case = Case::new(&[Fault::Status(403, "")]);
    says(&case.fails(), &["the server says 403 Forbidden"]);
}

#[test]
fn a_redirect_is_followed_and_keeps_the_part_that_is_asked_for() {
    let case = Case::new(&[
        Fault::Status(302, "Location: /vgg16-00000000.pth\r\n"),
        Fault::BreakAfter(1_000_000),
        Fault::Status(307, "Location: /vgg16-00000000.pth\r\n"),
    ]);
    case.succeeds();
    assert_eq!(case.asked(), [None, None, Some(1_000_000), Some(1_000_000)]);
}

#[test]
fn redirects_without_end_are_refused() {
    let case = Case::new(&vec![Fault::Status(302, "Location: /vgg16-00000000.pth\r\n"); 50]);
    says(&case.fails(), &["redirects too often"]);
}

#[test]
fn a_server_that_knows_no_parts_sends_the_whole_again() {
    let case = Case::new(&[Fault::BreakAfter(1_000_000), Fault::Whole]);
    case.succeeds();
    assert_eq!(case.asked(), [None, Some(1_000_000)]);
}

#[test]
fn a_part_that_was_not_asked_for_is_not_taken() {
    let case = Case::new(&[Fault::BreakAfter(1_000_000), Fault::Later(10)]);
    says(&case.succeeds().retries[1].0, &["another range"]);
    assert_eq!(case.asked(), [None, Some(1_000_000), None]);
}

#[test]
fn a_whole_part_needs_no_server() {
    let case = Case::new(&[]);
    fs::write(case.part(), &case.content).unwrap();
    case.succeeds();
    assert_eq!(case.asked(), []);
}

#[test]
fn a_server_that_sends_little_at_a_time_is_asked_for_the_rest() {
    let little = Fault::Little(1_100_000);
    let case = Case::new(&[Fault::BreakAfter(500_000), little.clone(), little]);
    case.succeeds();
    assert_eq!(case.asked(), [None, Some(500_000), Some(1_600_000), Some(2_700_000)]);
}

#[test]
fn a_server_that_begins_again_and_again_is_given_up() {
    let faults: Vec<Fault> =
        (0..9).flat_map(|_| [Fault::BreakAfter(2_000_000), Fault::Later(1)]).collect();
    says(&Case::new(&faults).fails(), &["cannot be downloaded", "3 attempts"]);
}

#[test]
fn a_page_to_log_in_does_not_cost_what_has_come() {
    let case = Case::new(&[Fault::BreakAfter(1_000_000), Fault::Page]);
    says(&case.fails(), &["the server says nothing but a web page"]);
    assert_eq!(fs::metadata(case.part()).unwrap().len(), 1_000_000);
}

#[test]
fn a_part_of_another_file_is_thrown_away() {
    for length in [5, 3_000_000, 3_000_001] {
        let case = Case::new(&[]);
        fs::write(case.part(), vec![7; length]).unwrap();
        let notes = case.succeeds();
        assert_eq!(case.asked(), [Some(length), None]);
        assert_eq!(notes.retries.len(), 1);
    }
}

#[test]
fn a_transfer_of_unknown_length_that_broke_is_noticed_by_its_checksum() {
    let case = Case::new(&[Fault::Lengthless(1_000_000)]);
    says(&case.succeeds().retries[0].0, &["checksum"]);
    let case = Case::new(&[Fault::Lengthless(3_000_000)]);
    assert!(case.succeeds().retries.is_empty());
}

#[test]
fn a_wrong_checksum_leaves_nothing() {
    let mut other = content();
    other[1_234_567] ^= 1;
    let case = Case::new(&[Fault::Body(other.clone())]);
    let error = case.fails();
    says(&error, &["not the published file", &sha256(&other), &sha256(&case.content)]);
    assert_eq!(fs::read_dir(case.folder.path()).unwrap().count(), 0);
}

#[test]
fn a_server_that_sends_another_file_again_and_again_is_given_up() {
    let case = Case::new(&vec![Fault::Lengthless(1_000_000); 9]);
    says(&case.fails(), &["not the published file"]);
    assert_eq!(case.asked(), [None, None]);
}

#[test]
fn a_web_page_in_place_of_the_file_is_told_to_be_one() {
    let page = b"<!DOCTYPE html><html>Please log in".to_vec();
    says(&Case::new(&[Fault::Body(page)]).fails(), &["it is a web page"]);
}

#[test]
fn a_checksum_may_be_a_sha1_or_the_first_digits_of_a_sha256() {
    let mut case = Case::new(&[]);
    let sha1 = checksum::of(&case.content, Algorithm::Sha1);
    case.download().checksum = Checksum::new(Algorithm::Sha1, &sha1).unwrap();
    case.succeeds();
    let mut case = Case::new(&[]);
    let first = sha256(&case.content)[..8].to_owned();
    case.download().checksum = Checksum::new(Algorithm::Sha256, &first).unwrap();
    case.succeeds();
    let mut case = Case::new(&[]);
    case.download().checksum = Checksum::new(Algorithm::Sha256, "00000000").unwrap();
    says(&case.fails(), &["instead of SHA-256 00000000…"]);
}

#[test]
fn far_too_many_bytes_are_refused_before_they_fill_the_disk() {
    let huge = content().repeat(3);
    let case = Case::new(&[Fault::Body(huge.clone())]);
    says(&case.fails(), &["9 MB or more instead of about 3 MB"]);
    let mut case = Case::of(huge, &[Fault::Lengthless(9_000_000)]);
    case.published.megabytes = 3.0;
    says(&case.fails(), &["MB or more instead of about 3 MB"]);
    assert_eq!(fs::read_dir(case.folder.path()).unwrap().count(), 0);
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let mut case = Case::new(&[]);
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    case.download().url = format!("http://{free}/{FILE}");
    says(&case.fails(), &[&format!("http://{free}/{FILE} cannot be downloaded"), "3 attempts"]);
    assert!(!case.part().exists());
}

#[test]
fn what_is_to_be_had_by_hand_is_not_fetched() {
    let mut case = Case::new(&[]);
    case.published.source = Source::Page("https://example.org/places".into());
    let error = case.fails();
    says(&error, &["the weights of vgg16", "https://example.org/places", "no checksum"]);
}

#[test]
fn a_mirror_is_asked_for_the_same_name() {
    let case = Case::new(&[]);
    let mirror = Server::new(&[(&format!("weights/{FILE}"), &case.content)], &[]);
    for slash in ["", "/"] {
        let folder = tempfile::tempdir().unwrap();
        let mirror = Some(mirror.url("weights") + slash);
        let fetcher = Fetcher { mirror, ..Fetcher::default() };
        fetcher.fetch(&case.published, folder.path(), &mut Notes::default()).unwrap();
        assert!(fs::read(folder.path().join(FILE)).unwrap() == case.content);
    }
    assert_eq!(case.server.requests(), []);
}

/// Threads stand for processes: the lock is on the open file.
#[test]
fn two_at_once_fetch_once() {
    let case = Case::of(content()[..60_000].to_vec(), &[Fault::Slow(Duration::from_millis(20))]);
    let results = Mutex::new(vec![]);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut notes = Notes::default();
                let fetched = case.fetch(&mut notes).unwrap();
                results.lock().unwrap().push((fetched.was_there, notes.waited));
            });
        }
    });
    let results = results.into_inner().unwrap();
    assert_eq!(results.iter().filter(|(was_there, _)| !was_there).count(), 1, "{results:?}");
    assert!(results.iter().any(|(_, waited)| *waited), "{results:?}");
    assert_eq!(case.server.requests().len(), 1);
    assert!(fs::read(case.path(FILE)).unwrap() == case.content);
    assert_eq!(fs::read_dir(case.folder.path()).unwrap().count(), 1);
}

#[test]
fn who_waits_goes_on_where_the_other_gave_up() {
    let case = Case::of(content()[..20_000].to_vec(), &[Fault::Status(404, "")]);
    // The first one holds the lock while the second one begins to wait.
    let is_waiting = AtomicBool::new(false);
    thread::scope(|scope| {
        let part = fs::File::create(case.part()).unwrap();
        part.lock().unwrap();
        fs::write(case.part(), &case.content[..5000]).unwrap();
        let second = scope.spawn(|| {
            let mut notes = Watching { is_waiting: &is_waiting };
            let fetcher = Fetcher::default();
            fetcher.fetch(&case.published, case.folder.path(), &mut notes)
        });
        while !is_waiting.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(1));
        }
        drop(part);
        says(&second.join().unwrap().unwrap_err().to_string(), &["404"]);
    });
    case.succeeds();
    assert_eq!(case.asked(), [Some(5000), Some(5000)]);
}

struct Watching<'a> {
    is_waiting: &'a AtomicBool,
}

impl Observer for Watching<'_> {
    fn waiting(&mut self) {
        self.is_waiting.store(true, Ordering::Relaxed);
    }

    fn received(&mut self, _: u64, _: Option<u64>) {}

    fn retrying(&mut self, _: &str, _: Duration) {}
}

/// An archive of a graph, as TensorFlow published it.
fn zipped(name: &str, bytes: &[u8]) -> Case {
    let mut case = Case::of(
        archive(&[zip::Member::stored("LICENSE", b"free"), zip::Member::deflated(name, bytes)]),
        &[],
    );
    let checksum = Checksum::new(Algorithm::Sha256, &sha256(b"a graph")).unwrap();
    case.download().member = Some(Member { name: "graph.pb".into(), checksum });
    case
}

#[test]
fn of_an_archive_one_file_is_kept() {
    let case = zipped("graph.pb", b"a graph");
    let fetched = case.fetch(&mut Notes::default()).unwrap();
    assert_eq!(fetched, Fetched { path: case.path("vgg16.pb"), was_there: false });
    assert_eq!(fs::read(case.path("vgg16.pb")).unwrap(), b"a graph");
    assert_eq!(fs::read_dir(case.folder.path()).unwrap().count(), 1);
    assert!(case.fetch(&mut Notes::default()).unwrap().was_there);
    assert_eq!(case.server.requests().len(), 1);
}

#[test]
fn an_archive_without_that_file_or_with_another_one_of_its_name_is_refused() {
    says(&zipped("other.pb", b"a graph").fails(), &["there is no file graph.pb in http://"]);
    let case = zipped("graph.pb", b"another graph");
    says(&case.fails(), &["graph.pb in http://", "not the published file"]);
    assert!(!case.path("vgg16.pb").exists());
    let mut empty = Case::of(b"PK\x03\x04 and nothing".to_vec(), &[]);
    empty.download().member = zipped("graph.pb", b"a graph").download().member.take();
    says(&empty.fails(), &["cannot unpack http://", "directory cannot be read"]);
}

#[test]
#[cfg(unix)]
fn a_folder_that_cannot_be_made_or_written_is_named() {
    let case = Case::new(&[]);
    fs::write(case.path("file"), "").unwrap();
    let folder = case.path("file/models");
    let error = Fetcher::default().fetch(&case.published, &folder, &mut Notes::default());
    says(&error.unwrap_err().to_string(), &[folder.to_str().unwrap(), "cannot be written"]);
}
