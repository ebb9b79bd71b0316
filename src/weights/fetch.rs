//! Fetching published weights: one file, all of it and what it should be, or a clear reason.
//!
//! What has come is kept in `FILE.part` beside the file to be, so that a transfer that breaks goes on
//! where it stopped, in this process or a later one. A lock on that file keeps two processes from
//! fetching it at once. Its name becomes the real one only once its checksum is right.

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
use crate::whole_file::WriteError;
use part::Part;
use transfer::{Failure, Server};

/// Environment variable that names another place of published files: a URL, to which their names are
/// added.
pub const MIRROR: &str = "DREAMER_MIRROR";

/// A transfer that got as many bytes further has not failed in vain: the count of attempts begins anew.
const HEADWAY: u64 = 1 << 20;

/// How many bytes a server may send for each that is expected, and beside those, before it is taken for
/// another file.
const MOST_TIMES: f64 = 1.25;
const MOST_BESIDE: f64 = 1e6;

/// Bytes of a file that tell what it is.
const BEGINNING: usize = 512;

/// How long to wait for a server, and how often to try.
#[derive(Clone, Debug, PartialEq)]
pub struct Patience {
    /// Attempts that fail one after another before the transfer is given up.
    pub attempts: u32,
    /// Time between the first two attempts; it doubles from each to the next.
    pub delay: Duration,
    /// Time in which a server must answer, and then send something more.
    pub silence: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            attempts: 5,
            delay: Duration::from_millis(500),
            silence: Duration::from_secs(30),
        }
    }
}

/// The longest time between two attempts, whatever a server asks for.
const LONGEST_DELAY: Duration = Duration::from_secs(60);

/// Watches a transfer.
pub trait Observer {
    /// Another process is fetching the same file, and is waited for.
    fn waiting(&mut self);

    /// Bytes that are there, of the file's `total` if the server tells it.
    fn received(&mut self, bytes: u64, total: Option<u64>);

    /// The transfer broke; it goes on after the delay.
    fn retrying(&mut self, reason: &str, delay: Duration);

    /// All has come, and gets its name now.
    fn finishing(&mut self) {}
}

/// Why weights were not fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error(
        "the weights of {model} cannot be fetched by dreamer: their publisher gives no checksum; \
         get the file from {page} and run `dreamer models import FILE --as {model}`"
    )]
    ByHand { model: String, page: String },
    #[error(
        "{url} cannot be fetched: the server says {status}; get the file elsewhere and run \
         `dreamer models import FILE --as {model}`, or name a mirror in {MIRROR}"
    )]
    Refused { model: String, url: String, status: String },
    #[error("{url} cannot be fetched: {reason}")]
    Impossible { url: String, reason: String },
    #[error(
        "{url} cannot be fetched: {reason}, at the last of {attempts} attempts; {}",
        next_time(*.kept)
    )]
    GivenUp { url: String, reason: String, attempts: u32, kept: u64 },
    #[error(
        "{url} is not the file that was published: {found} MB or more where about {expected} MB are expected; \
         name another mirror in {MIRROR}, or get the file elsewhere and import it"
    )]
    Size { url: String, found: String, expected: f64 },
    #[error(
        "{url} is not the file that was published: its checksum is {found}, and should be {expected}\
         {content}; nothing of it is kept"
    )]
    Checksum { url: String, found: String, expected: Checksum, content: String },
    #[error(
        "the disk of {} is full: {} MB more are wanted; make room and run it again, and it goes on \
         where it stopped",
        folder.display(),
        megabytes(*.wanted)
    )]
    DiskFull { folder: PathBuf, wanted: u64 },
    #[error("{} cannot be written: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("cannot unpack {url}: {reason}")]
    Archive { url: String, reason: ZipError },
    #[error(
        "{member} in {url} is not the file that was published: its checksum is {found}, and should be \
         {expected}"
    )]
    WrongMember { url: String, member: String, found: String, expected: Checksum },
    #[error("there is no file {member} in {url}")]
    Member { url: String, member: String },
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// What the next attempt has to begin with.
fn next_time(kept: u64) -> String {
    match kept {
        0 => "run it again when that has changed".to_owned(),
        _ => {
            format!("run it again, and it goes on after the {} MB that are there", megabytes(kept))
        }
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1e6)
}

/// A file that is there now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    pub path: PathBuf,
    /// Whether it was there before, or another process has fetched it meanwhile.
    pub was_there: bool,
}

/// Fetches weights into folders.
#[derive(Clone, Debug, Default)]
pub struct Fetcher {
    pub patience: Patience,
    /// Where the files are looked for instead of at their publishers': a URL, to which their names are
    /// added.
    pub mirror: Option<String>,
}

impl Fetcher {
    /// With the mirror that the environment names.
    pub fn from_environment() -> Fetcher {
        let mirror = std::env::var(MIRROR).ok().filter(|mirror| !mirror.is_empty());
        Fetcher { mirror, ..Fetcher::default() }
    }

    /// Where a file is fetched from, to be shown: without a mirror's password.
    pub fn shown_url(&self, download: &Download) -> String {
        transfer::without_password(&self.url(download))
    }

    /// Where a file is fetched from.
    fn url(&self, download: &Download) -> String {
        match &self.mirror {
            None => download.url.clone(),
            Some(mirror) => format!("{}/{}", mirror.trim_end_matches('/'), download.file_name()),
        }
    }

    /// Puts published weights into a folder, which is made if there is none.
    ///
    /// # Errors
    /// [`FetchError`]. Nothing is under the file's name then, though what has come may be in `FILE.part`.
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
        let server = Server::new(self.url(download), &self.patience)
            .map_err(|reason| FetchError::Impossible { url: self.shown_url(download), reason })?;
        let job = Job { server, patience: &self.patience, published, download, target: &target };
        job.run(part, observer)?;
        Ok(Fetched { path: target, was_there: false })
    }
}

impl FetchError {
    fn io(path: &Path, source: io::Error) -> FetchError {
        FetchError::Io { path: path.to_owned(), source }
    }
}

/// One file on its way.
struct Job<'a> {
    server: Server,
    patience: &'a Patience,
    published: &'a Published,
    download: &'a Download,
    target: &'a Path,
}

impl Job<'_> {
    fn run(&self, mut part: Part, observer: &mut dyn Observer) -> Result<(), FetchError> {
        // Bytes of another process or another day may be of another file, and a server that does not
        // tell the length may have hung up early: then a whole transfer gets a chance.
        let mut is_doubtful = part.length() > 0;
        if is_doubtful && self.is_right(&part) {
            return self.keep(part, observer);
        }
        is_doubtful |= self.receive(&mut part, observer)?;
        if is_doubtful && !self.is_right(&part) {
            part.restart().map_err(|source| self.failed(&part, source))?;
            observer.retrying("the checksum is wrong, so the file is fetched anew", Duration::ZERO);
            self.receive(&mut part, observer)?;
        }
        if self.is_right(&part) { self.keep(part, observer) } else { Err(self.wrong(part)) }
    }

    fn is_right(&self, part: &Part) -> bool {
        self.download.checksum.fits(&part.checksum())
    }

    /// Receives what is missing; returns whether the end of it is in doubt.
    fn receive(&self, part: &mut Part, observer: &mut dyn Observer) -> Result<bool, FetchError> {
        let Patience { attempts, delay, .. } = *self.patience;
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

    /// Gives the file, or what is to be kept of it, its name.
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
                FetchError::DiskFull { folder, wanted: whole.saturating_sub(part.length()) }
            }
            _ => FetchError::io(part.path(), source),
        }
    }
}
