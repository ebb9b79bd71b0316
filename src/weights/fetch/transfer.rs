//! One transfer over HTTP: from where the last one stopped, as far as it goes.

use std::io::{self, Read};
use std::time::Duration;

use ureq::http::{HeaderMap, Response, StatusCode, header};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body};

use super::part::Part;
use super::proxy;
use super::{Observer, Patience};

/// Bytes that are read at a time.
const AT_A_TIME: usize = 1 << 16;

/// Variables that name certificates of the machine's own; then those count, as behind a company's proxy.
const CERTIFICATES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// Why a transfer ended too soon.
#[derive(Debug)]
pub enum Failure {
    /// It may work the next time, perhaps after the time that the server asks for.
    Passing { reason: String, asked: Option<Duration> },
    /// The server will not give the file, and says so.
    Refused(String),
    /// No server was asked, or none that may be.
    Impossible(String),
    /// So many bytes are not the file.
    Size(u64),
    /// What has come cannot be kept.
    Disk(io::Error),
}

impl Failure {
    fn passing(reason: impl Into<String>) -> Failure {
        Failure::Passing { reason: reason.into(), asked: None }
    }
}

/// Where a file is.
pub struct Server {
    url: String,
    agent: Agent,
}

impl Server {
    /// Proxies are those of the environment. What begins under TLS is not led elsewhere without it.
    ///
    /// # Errors
    /// Says what is wrong with a proxy's address.
    pub fn new(url: String, patience: &Patience) -> Result<Server, String> {
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
            .timeout_resolve(Some(patience.silence))
            .timeout_connect(Some(patience.silence))
            .timeout_send_request(Some(patience.silence))
            .timeout_recv_response(Some(patience.silence))
            .timeout_per_read(Some(patience.silence))
            .build();
        Ok(Server { url, agent: config.into() })
    }

    /// The address without a password that may be in it.
    pub fn url(&self) -> String {
        without_password(&self.url)
    }

    /// Receives all that `part` lacks of the file, which has no more than `most` bytes; returns whether
    /// the server told its length.
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
        let response = request.call().map_err(told)?;
        let mut total = None;
        match response.status() {
            StatusCode::PARTIAL_CONTENT => {
                let range = ContentRange::of(response.headers());
                if range.is_none_or(|range| range.start != Some(part.length())) {
                    part.restart().map_err(Failure::Disk)?;
                    return Err(Failure::passing(
                        "the server sent another part than was asked for",
                    ));
                }
                total = range.and_then(|range| range.total);
            }
            StatusCode::OK if is_page(response.headers()) => {
                return Err(Failure::Refused("nothing but a web page".into()));
            }
            StatusCode::OK => part.restart().map_err(Failure::Disk)?,
            StatusCode::RANGE_NOT_SATISFIABLE if part.length() > 0 => {
                // All was there before, or what was there is of another file.
                let total = ContentRange::of(response.headers()).and_then(|range| range.total);
                if total == Some(part.length()) {
                    return Ok(true);
                }
                part.restart().map_err(Failure::Disk)?;
                return Err(Failure::passing("the server has less of the file than is here"));
            }
            status => return Err(refused(status, response.headers())),
        }
        receive(response, part, total, most, observer)
    }
}

/// Receives what is sent, of a file of `total` bytes if that is known.
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
        let read = reader.read(&mut buffer).map_err(|error| Failure::passing(of_io(&error)))?;
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
        Some(total) if part.length() < total => Err(Failure::passing("the transfer broke off")),
        total => Ok(total.is_some()),
    }
}

/// An error of a transfer that had begun.
fn of_io(error: &io::Error) -> String {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<ureq::Error>()) {
        Some(ureq::Error::Timeout(_)) => "the server has fallen silent".into(),
        _ if error.kind() == io::ErrorKind::TimedOut => "the server has fallen silent".into(),
        _ => format!("the transfer broke off ({error})"),
    }
}

/// An error of a transfer that did not begin.
fn told(error: ureq::Error) -> Failure {
    use ureq::Error;
    match error {
        Error::BadUri(_) | Error::Http(_) => {
            Failure::Impossible(format!("it is not the address of a file ({error})"))
        }
        Error::InvalidProxyUrl => {
            Failure::Impossible("a proxy variable of the environment is not a URL".into())
        }
        Error::RequireHttpsOnly(to) => {
            Failure::Impossible(format!("it leads to {to}, without TLS"))
        }
        Error::TooManyRedirects => {
            Failure::Impossible("it leads from one place to the next".into())
        }
        Error::Timeout(_) => Failure::passing("the server does not answer"),
        Error::HostNotFound => Failure::passing("its server is not found"),
        // What TLS finds wrong will be wrong the next time.
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
        "its server does not prove who it is ({error}); behind a proxy with certificates of its own name \
         their file in SSL_CERT_FILE"
    )
}

/// Whether an answer is for people.
fn is_page(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.to_lowercase().starts_with("text/html"))
}

/// An address whose user's name and password, if it has any, are left out.
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

/// An answer without the file.
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

/// Which part of a file an answer has (RFC 9110, 14.4).
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
    fn an_address_is_shown_without_its_password() {
        let shown = without_password("https://me:secret@host:8080/a@b/c");
        assert_eq!(shown, "https://host:8080/a@b/c");
        assert_eq!(without_password("http://host/a"), "http://host/a");
    }

    #[test]
    fn a_content_range_tells_where_it_begins_and_how_long_the_file_is() {
        let parse = |text| ContentRange::parse(text).map(|range| (range.start, range.total));
        assert_eq!(parse("bytes 7-99/100"), Some((Some(7), Some(100))));
        assert_eq!(parse("bytes 7-99/*"), Some((Some(7), None)));
        assert_eq!(parse("bytes */100"), Some((None, Some(100))));
        assert_eq!(parse("lines 7-99/100"), None);
        assert_eq!(parse("bytes 7"), None);
    }
}
