//! Downloading published weights: either a complete, verified file, or a clear reason why not.
//!
//! What has been received is kept in `FILE.part` beside the final file, so an interrupted transfer
//! resumes where it stopped, in this process or a later one. A lock on that file keeps two
//! processes from downloading it at once. It is renamed only once its checksum is right.

mod part;
mod proxy;
mod transfer;
mod unpack;

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::checksum::Checksum;
use super::content::Content;
use super::registry::{Download, Published, Source};
use super::zip::ZipError;
use crate::atomic_file::WriteError;
use part::Part;
use transfer::{Failure, Server};

/// Environment variable that names a mirror: a base URL, to which file names are appended.
pub const MIRROR: &str = "DREAMER_MIRROR";

/// A transfer that progressed this many bytes starts a new count of attempts.
const HEADWAY: u64 = 1 << 20;

/// The most bytes a server may send, as a multiple of the expected size and as a margin on top,
/// before the file is taken for another one.
const MOST_TIMES: f64 = 1.25;
const MOST_BESIDE: f64 = 1e6;

/// Leading bytes that identify a file's content.
const BEGINNING: usize = 512;

/// How long to wait for a server, and how often to retry.
#[derive(Clone, Debug, PartialEq)]
pub struct RetryPolicy {
    /// Failures in a row before the transfer is given up.
    pub attempts: u32,
    /// Time between the first two attempts; doubled after each.
    pub delay: Duration,
    /// Time allowed for the server to answer, and for each further read.
    pub read_timeout: Duration,
}

impl Default for RetryPolicy {
    fn default() -> RetryPolicy {
        RetryPolicy {
            attempts: 5,
            delay: Duration::from_millis(500),
            read_timeout: Duration::from_secs(30),
        }
    }
}

/// The longest time between two attempts, whatever a server asks for.
const LONGEST_DELAY: Duration = Duration::from_secs(60);

/// Watches a transfer.
pub trait Observer {
    /// Another process is downloading the same file; this one waits.
    fn waiting(&mut self);

    /// Bytes received, and the file's `total` if the server states it.
    fn received(&mut self, bytes: u64, total: Option<u64>);

    /// The transfer failed and will be retried after the delay.
    fn retrying(&mut self, reason: &str, delay: Duration);

    /// Everything has been received; the file is about to be renamed.
    fn finishing(&mut self) {}
}

/// Why weights could not be downloaded.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// There is no checksum, so nothing is downloaded.
    #[error(
        "the weights of {model} must be downloaded by hand from {page}: their publisher gives no \
         checksum"
    )]
    ByHand {
        /// The network the weights are for.
        model: String,
        /// The publisher's page.
        page: String,
    },
    /// The server answers that it has no such file, or gives it to nobody.
    #[error("{url} cannot be downloaded: the server says {status}")]
    Refused {
        /// The network the weights are for.
        model: String,
        /// The address that was asked.
        url: String,
        /// The answer's status: `404 Not Found`.
        status: String,
    },
    /// The address cannot be asked at all.
    #[error("{url} cannot be downloaded: {reason}")]
    Impossible {
        /// The address that was asked.
        url: String,
        /// The reason in words.
        reason: String,
    },
    /// Every attempt has failed.
    #[error(
        "{url} cannot be downloaded: {reason}, after {attempts} attempts; {}",
        resumption(*.kept)
    )]
    GivenUp {
        /// The address that was asked.
        url: String,
        /// The reason in words.
        reason: String,
        /// Number of attempts.
        attempts: u32,
        /// Bytes that are kept for the next download.
        kept: u64,
    },
    /// The file is much larger or smaller than published.
    #[error(
        "{url} is not the published file: it has {found} MB or more instead of about {expected} MB"
    )]
    Size {
        /// The address that was asked.
        url: String,
        /// Its size in millions of bytes.
        found: String,
        /// The published size in millions of bytes.
        expected: f64,
    },
    /// The file is not the published one.
    #[error(
        "{url} is not the published file: its checksum is {found} instead of {expected}{content}; \
         it has been deleted"
    )]
    Checksum {
        /// The address that was asked.
        url: String,
        /// The checksum it has.
        found: String,
        /// The checksum it should have.
        expected: Checksum,
        /// What it seems to hold instead, as a part of a sentence; may be empty.
        content: String,
    },
    /// The disk is full.
    #[error(
        "the disk of {} is full: {} MB more are needed; make room and try again, and the download \
         resumes where it stopped",
        folder.display(),
        megabytes(*.needed)
    )]
    DiskFull {
        /// The folder that is on it.
        folder: PathBuf,
        /// Bytes that are still needed.
        needed: u64,
    },
    /// A file cannot be written.
    #[error("{} cannot be written: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// The download is a zip archive that cannot be unpacked.
    #[error("cannot unpack {url}: {reason}")]
    Archive {
        /// The address that was asked.
        url: String,
        /// What is wrong with it.
        reason: ZipError,
    },
    /// The file in the archive is not the published one.
    #[error(
        "{member} in {url} is not the published file: its checksum is {found} instead of {expected}"
    )]
    WrongMember {
        /// The address that was asked.
        url: String,
        /// The file in the archive.
        member: String,
        /// The checksum it has.
        found: String,
        /// The checksum it should have.
        expected: Checksum,
    },
    /// The archive has no such file.
    #[error("there is no file {member} in {url}")]
    Member {
        /// The address that was asked.
        url: String,
        /// The file in the archive.
        member: String,
    },
    /// The file cannot get its name.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// What the next attempt starts with.
fn resumption(kept: u64) -> String {
    match kept {
        0 => "try again later".to_owned(),
        _ => format!("try again later, and it resumes after the {} MB received", megabytes(kept)),
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1e6)
}

/// A file that is in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Where it is.
    pub path: PathBuf,
    /// Whether it already existed, or another process has just downloaded it.
    pub was_there: bool,
}

/// Downloads weights into folders.
#[derive(Clone, Debug, Default)]
pub struct Fetcher {
    /// When to try again.
    pub retry: RetryPolicy,
    /// A base URL to use instead of the publishers', to which file names are appended.
    pub mirror: Option<String>,
}

impl Fetcher {
    /// With the mirror named by the environment.
    pub fn from_environment() -> Fetcher {
        let mirror = std::env::var(MIRROR).ok().filter(|mirror| !mirror.is_empty());
        Fetcher { mirror, ..Fetcher::default() }
    }

    /// The URL of a file, for display: without a mirror's password.
    pub fn shown_url(&self, download: &Download) -> String {
        transfer::without_password(&self.url(download))
    }

    /// The URL of a file.
    fn url(&self, download: &Download) -> String {
        match &self.mirror {
            None => download.url.clone(),
            Some(mirror) => format!("{}/{}", mirror.trim_end_matches('/'), download.file_name()),
        }
    }

    /// Downloads published weights into a folder, which is created if missing.
    ///
    /// # Errors
    /// [`FetchError`]. No file has the final name then, though `FILE.part` may hold what was
    /// received.
    pub fn fetch(
        &self,
        published: &Published,
        folder: &Path,
        observer: &mut dyn Observer,
    ) -> Result<Fetched, FetchError> {
        let model = published.model.clone();
        let download = match &published.source {
            Source::Download(download) => download,
            Source::Page(page) => return Err(FetchError::ByHand { model, page: page.clone() }),
        };
        let target = folder.join(download.kept_name(&published.model));
        fs::create_dir_all(folder).map_err(|source| FetchError::io(folder, source))?;
        let mut part = target.clone().into_os_string();
        part.push(".part");
        let part = PathBuf::from(part);
        let opened =
            Part::open(&part, &target, download.checksum.algorithm, &mut || observer.waiting());
        let part = match opened.map_err(|source| FetchError::io(&part, source))? {
            Some(part) => part,
            None => return Ok(Fetched { path: target, was_there: true }),
        };
        let server = Server::new(self.url(download), &self.retry)
            .map_err(|reason| FetchError::Impossible { url: self.shown_url(download), reason })?;
        let job = Job { server, retry: &self.retry, published, download, target: &target };
        job.run(part, observer)?;
        Ok(Fetched { path: target, was_there: false })
    }
}

impl FetchError {
    fn io(path: &Path, source: io::Error) -> FetchError {
        FetchError::Io { path: path.to_owned(), source }
    }
}

/// One download.
struct Job<'a> {
    server: Server,
    retry: &'a RetryPolicy,
    published: &'a Published,
    download: &'a Download,
    target: &'a Path,
}

impl Job<'_> {
    fn run(&self, mut part: Part, observer: &mut dyn Observer) -> Result<(), FetchError> {
        // Bytes left by another process or run may belong to another file, and a server that does
        // not state the length may have hung up early: both deserve one full transfer.
        let mut is_doubtful = part.length() > 0;
        if is_doubtful && self.is_right(&part) {
            return self.keep(part, observer);
        }
        is_doubtful |= self.receive(&mut part, observer)?;
        if is_doubtful && !self.is_right(&part) {
            part.restart().map_err(|source| self.failed(&part, source))?;
            observer.retrying("the checksum is wrong; downloading again", Duration::ZERO);
            self.receive(&mut part, observer)?;
        }
        if self.is_right(&part) { self.keep(part, observer) } else { Err(self.wrong(part)) }
    }

    fn is_right(&self, part: &Part) -> bool {
        self.download.checksum.matches(&part.checksum())
    }

    /// Receives what is missing; returns whether the end of the file is uncertain.
    fn receive(&self, part: &mut Part, observer: &mut dyn Observer) -> Result<bool, FetchError> {
        let RetryPolicy { attempts, delay, .. } = *self.retry;
        let most = (self.published.megabytes * 1e6 * MOST_TIMES + MOST_BESIDE) as u64;
        let mut failures = 0;
        let mut furthest = part.length();
        loop {
            let failure = match self.server.continue_into(part, most, observer) {
                Ok(is_end_known) => return Ok(!is_end_known),
                Err(failure) => failure,
            };
            if part.length() >= furthest + HEADWAY {
                failures = 0;
            }
            furthest = furthest.max(part.length());
            failures += 1;
            let (reason, asked) = match failure {
                Failure::Passing { reason, asked } => (reason, asked),
                Failure::Refused(status) => {
                    let (model, url) = (self.published.model.clone(), self.url());
                    return Err(FetchError::Refused { model, url, status });
                }
                Failure::Impossible(reason) => {
                    return Err(FetchError::Impossible { url: self.url(), reason });
                }
                Failure::Size(bytes) => {
                    let found = format!("{:.0}", bytes as f64 / 1e6);
                    let (url, expected) = (self.url(), self.published.megabytes);
                    return Err(FetchError::Size { url, found, expected });
                }
                Failure::Disk(source) => return Err(self.failed(part, source)),
            };
            if failures >= attempts {
                let (url, kept) = (self.url(), part.length());
                return Err(FetchError::GivenUp { url, reason, attempts, kept });
            }
            let doubled = delay.saturating_mul(2_u32.saturating_pow(failures - 1));
            let delay = asked.unwrap_or(doubled).min(LONGEST_DELAY);
            observer.retrying(&reason, delay);
            thread::sleep(delay);
        }
    }

    /// Gives the file, or the archive member to keep, its final name.
    fn keep(&self, part: Part, observer: &mut dyn Observer) -> Result<(), FetchError> {
        observer.finishing();
        let Some(member) = &self.download.member else {
            return part.rename(self.target).map_err(|source| self.failed(&part, source));
        };
        unpack::member(&part, member, &self.url(), self.target)?;
        part.remove();
        Ok(())
    }

    fn url(&self) -> String {
        self.server.url()
    }

    fn wrong(&self, part: Part) -> FetchError {
        let content = Content::of(&part.beginning(BEGINNING).unwrap_or_default());
        let content = content.what().map_or_else(String::new, |what| format!(" ({what})"));
        let found = part.checksum();
        part.remove();
        let (url, expected) = (self.url(), self.download.checksum.clone());
        FetchError::Checksum { url, found, expected, content }
    }

    fn failed(&self, part: &Part, source: io::Error) -> FetchError {
        match source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                let whole = (self.published.megabytes * 1e6) as u64;
                let folder = part.path().parent().unwrap_or(Path::new(".")).to_owned();
                FetchError::DiskFull { folder, needed: whole.saturating_sub(part.length()) }
            }
            _ => FetchError::io(part.path(), source),
        }
    }
}
