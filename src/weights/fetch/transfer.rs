//! One HTTP transfer, resuming where the last one stopped.

use std::io::{self, Read};
use std::time::Duration;

use ureq::http::{HeaderMap, Response, StatusCode, header};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body};

use super::part::Part;
use super::proxy;
use super::{Observer, RetryPolicy};

/// Bytes read at a time.
const AT_A_TIME: usize = 1 << 16;

/// Variables that name the machine's own certificates; these are used if set, as behind a company's
/// proxy.
const CERTIFICATES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// Why a transfer ended early.
#[derive(Debug)]
pub enum Failure {
    /// Temporary: it may work next time, perhaps after the delay the server asks for.
    Passing { reason: String, asked: Option<Duration> },
    /// The server refuses to send the file.
    Refused(String),
    /// No server could be asked, or none that is allowed.
    Impossible(String),
    /// The file has the wrong size.
    Size(u64),
    /// The received bytes cannot be stored.
    Disk(io::Error),
}

impl Failure {
    fn passing(reason: impl Into<String>) -> Failure {
        Failure::Passing { reason: reason.into(), asked: None }
    }
}

/// The server of a file.
pub struct Server {
    url: String,
    agent: Agent,
}

impl Server {
    /// Uses the proxies of the environment. A URL with TLS is never redirected to one without.
    ///
    /// # Errors
    /// If the address of a proxy is invalid.
    pub fn new(url: String, retry: &RetryPolicy) -> Result<Server, String> {
        let proxy = proxy::of(&url, |name| std::env::var(name).ok())?;
        let is_set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let own = CERTIFICATES.iter().any(is_set);
        let roots = if own { RootCerts::PlatformVerifier } else { RootCerts::WebPki };
        let config = Agent::config_builder()
            .user_agent(concat!("dreamer/", env!("CARGO_PKG_VERSION")))
            .https_only(url.to_lowercase().starts_with("https:"))
            .proxy(proxy)
            .http_status_as_error(false)
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .timeout_resolve(Some(retry.read_timeout))
            .timeout_connect(Some(retry.read_timeout))
            .timeout_send_request(Some(retry.read_timeout))
            .timeout_recv_response(Some(retry.read_timeout))
            .timeout_per_read(Some(retry.read_timeout))
            .build();
        Ok(Server { url, agent: config.into() })
    }

    /// The URL without any password in it.
    pub fn url(&self) -> String {
        without_password(&self.url)
    }

    /// Receives whatever `part` lacks of the file, which has at most `most` bytes; returns whether
    /// the server stated its length.
    pub fn continue_into(
        &self,
        part: &mut Part,
        most: u64,
        observer: &mut dyn Observer,
    ) -> Result<bool, Failure> {
        let mut request = self.agent.get(&self.url).header(header::ACCEPT_ENCODING, "identity");
        if part.length() > 0 {
            request = request.header(header::RANGE, format!("bytes={}-", part.length()));
        }
        let response = request.call().map_err(failure_to_start)?;
        let mut total = None;
        match response.status() {
            StatusCode::PARTIAL_CONTENT => {
                let range = ContentRange::of(response.headers());
                if range.is_none_or(|range| range.start != Some(part.length())) {
                    part.restart().map_err(Failure::Disk)?;
                    return Err(Failure::passing(
                        "the server sent another range than was requested",
                    ));
                }
                total = range.and_then(|range| range.total);
            }
            StatusCode::OK if is_page(response.headers()) => {
                return Err(Failure::Refused("nothing but a web page".into()));
            }
            StatusCode::OK => part.restart().map_err(Failure::Disk)?,
            StatusCode::RANGE_NOT_SATISFIABLE if part.length() > 0 => {
                // Either the file was already complete, or these bytes belong to another file.
                let total = ContentRange::of(response.headers()).and_then(|range| range.total);
                if total == Some(part.length()) {
                    return Ok(true);
                }
                part.restart().map_err(Failure::Disk)?;
                return Err(Failure::passing("the server has fewer bytes than are already here"));
            }
            status => return Err(refused(status, response.headers())),
        }
        receive(response, part, total, most, observer)
    }
}

/// Receives the body, of a file of `total` bytes if known.
fn receive(
    response: Response<Body>,
    part: &mut Part,
    total: Option<u64>,
    most: u64,
    observer: &mut dyn Observer,
) -> Result<bool, Failure> {
    let length = response.body().content_length();
    let total = total.or_else(|| Some(part.length().saturating_add(length?)));
    if let Some(total) = total.filter(|total| *total > most) {
        part.restart().map_err(Failure::Disk)?;
        return Err(Failure::Size(total));
    }
    observer.received(part.length(), total);
    let mut reader = response.into_body().into_reader();
    let mut buffer = vec![0; AT_A_TIME];
    loop {
        let read =
            reader.read(&mut buffer).map_err(|error| Failure::passing(failure_during(&error)))?;
        if read == 0 {
            break;
        }
        if part.length() + read as u64 > most {
            part.restart().map_err(Failure::Disk)?;
            return Err(Failure::Size(most));
        }
        part.append(&buffer[..read]).map_err(Failure::Disk)?;
        observer.received(part.length(), total);
    }
    match total {
        Some(total) if part.length() < total => Err(Failure::passing("the connection was lost")),
        total => Ok(total.is_some()),
    }
}

/// An error during a transfer.
fn failure_during(error: &io::Error) -> String {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<ureq::Error>()) {
        Some(ureq::Error::Timeout(_)) => "the server stopped sending".into(),
        _ if error.kind() == io::ErrorKind::TimedOut => "the server stopped sending".into(),
        _ => format!("the connection was lost ({error})"),
    }
}

/// An error before a transfer started.
fn failure_to_start(error: ureq::Error) -> Failure {
    use ureq::Error;
    match error {
        Error::BadUri(_) | Error::Http(_) => {
            Failure::Impossible(format!("it is not the URL of a file ({error})"))
        }
        Error::InvalidProxyUrl => {
            Failure::Impossible("a proxy variable of the environment is not a URL".into())
        }
        Error::RequireHttpsOnly(to) => {
            Failure::Impossible(format!("it redirects to {to}, without TLS"))
        }
        Error::TooManyRedirects => Failure::Impossible("it redirects too often".into()),
        Error::Timeout(_) => Failure::passing("the server does not answer"),
        Error::HostNotFound => Failure::passing("its server cannot be found"),
        // A TLS error will not go away.
        Error::Tls(_) => Failure::Impossible(of_tls(&error)),
        Error::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
            Failure::Impossible(of_tls(&error))
        }
        Error::Io(error) => Failure::passing(error.to_string()),
        error => Failure::passing(error.to_string()),
    }
}

fn of_tls(error: &dyn std::error::Error) -> String {
    format!(
        "the certificate of its server cannot be verified ({error}); behind a proxy with its own \
         certificates, name their file in SSL_CERT_FILE"
    )
}

/// Whether a response is a web page.
fn is_page(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.to_lowercase().starts_with("text/html"))
}

/// A URL without the user name and password it may contain.
pub fn without_password(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            format!("{scheme}://{host}{path}")
        }
        None => url.to_owned(),
    }
}

/// A response without the file.
fn refused(status: StatusCode, headers: &HeaderMap) -> Failure {
    let reason = match status.canonical_reason() {
        Some(reason) => format!("{} {reason}", status.as_u16()),
        None => status.as_u16().to_string(),
    };
    let is_passing = status.is_server_error()
        || [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS]
            .contains(&status);
    if !is_passing {
        return Failure::Refused(reason);
    }
    let seconds =
        headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    Failure::Passing {
        reason: format!("the server says {reason}"),
        asked: seconds.map(Duration::from_secs),
    }
}

/// The range of a file that a response holds (RFC 9110, 14.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ContentRange {
    start: Option<u64>,
    total: Option<u64>,
}

impl ContentRange {
    fn of(headers: &HeaderMap) -> Option<ContentRange> {
        ContentRange::parse(headers.get(header::CONTENT_RANGE)?.to_str().ok()?)
    }

    fn parse(text: &str) -> Option<ContentRange> {
        let (range, total) = text.strip_prefix("bytes ")?.trim().split_once('/')?;
        let start = range.split_once('-').and_then(|(start, _)| start.parse().ok());
        Some(ContentRange { start, total: total.parse().ok() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_its_password() {
        let shown = without_password("https://me:secret@host:8080/a@b/c");
        assert_eq!(shown, "https://host:8080/a@b/c");
        assert_eq!(without_password("http://host/a"), "http://host/a");
    }

    #[test]
    fn a_content_range_gives_its_start_and_the_files_length() {
        let parse = |text| ContentRange::parse(text).map(|range| (range.start, range.total));
        assert_eq!(parse("bytes 7-99/100"), Some((Some(7), Some(100))));
        assert_eq!(parse("bytes 7-99/*"), Some((Some(7), None)));
        assert_eq!(parse("bytes */100"), Some((None, Some(100))));
        assert_eq!(parse("lines 7-99/100"), None);
        assert_eq!(parse("bytes 7"), None);
    }
}
