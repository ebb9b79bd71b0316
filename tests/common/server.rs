//! A server of files over HTTP on this machine, with faults to order.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What is wrong with an answer.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Hangs up after so many bytes of the body.
    BreakAfter(usize),
    /// Says nothing more after so many bytes of the body.
    SilentAfter(usize),
    /// Another status, with headers.
    Status(u16, &'static str),
    /// Answers a request for a part with the whole.
    Whole,
    /// Sends no more than so many bytes of the part that is asked for, and says so.
    Little(usize),
    /// Answers with a page for people.
    Page,
    /// Answers a request for a part with another one, that begins so many bytes later.
    Later(usize),
    /// Does not tell the length, and hangs up after so many bytes.
    Lengthless(usize),
    /// Sends each kilobyte after a pause.
    Slow(Duration),
    /// Other bytes.
    Body(Vec<u8>),
}

/// A request: the file, and from which byte on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub target: String,
    pub from: Option<usize>,
}

/// Serves until the test ends.
pub struct Server {
    address: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Serves files by name; the first answers have those faults, and all others none.
    pub fn new(files: &[(&str, &[u8])], faults: &[Fault]) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let requests = Arc::new(Mutex::new(vec![]));
        let server = Server { address, requests: requests.clone() };
        let files: BTreeMap<String, Vec<u8>> =
            files.iter().map(|(name, bytes)| (format!("/{name}"), bytes.to_vec())).collect();
        let faults = Mutex::new(faults.iter().cloned().collect::<VecDeque<Fault>>());
        let shared = Arc::new((files, faults));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (shared, requests) = (shared.clone(), requests.clone());
                thread::spawn(move || {
                    let (files, faults) = &*shared;
                    // A client may hang up at any time.
                    let _ = answer(stream?, files, faults, &requests);
                    std::io::Result::Ok(())
                });
            }
        });
        server
    }

    pub fn url(&self, name: &str) -> String {
        format!("http://{}/{name}", self.address)
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

fn answer(
    stream: TcpStream,
    files: &BTreeMap<String, Vec<u8>>,
    faults: &Mutex<VecDeque<Fault>>,
    requests: &Mutex<Vec<Request>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let request = Request::read(&mut reader)?;
    requests.lock().unwrap().push(request.clone());
    let fault = faults.lock().unwrap().pop_front();
    let mut writer = stream;
    let file = match (&fault, files.get(&request.target)) {
        (Some(Fault::Page), _) => {
            let page = "<html>Log in";
            let header = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n";
            return write!(writer, "{header}Content-Length: {}\r\n\r\n{page}", page.len());
        }
        (Some(Fault::Status(code, headers)), _) => {
            return write!(
                writer,
                "HTTP/1.1 {code} As ordered\r\n{headers}Content-Length: 0\r\n\r\n"
            );
        }
        (Some(Fault::Body(bytes)), _) => bytes,
        (_, Some(file)) => file,
        (_, None) => return write!(writer, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
    };
    let from = request.from.filter(|_| !matches!(fault, Some(Fault::Whole)));
    if from.is_some_and(|from| from >= file.len()) {
        let range = format!("Content-Range: bytes */{}", file.len());
        let status = "HTTP/1.1 416 Range Not Satisfiable";
        return write!(writer, "{status}\r\n{range}\r\nContent-Length: 0\r\n\r\n");
    }
    let start = from.unwrap_or(0) + if let Some(Fault::Later(by)) = fault { by } else { 0 };
    let body = match (&fault, from) {
        (Some(Fault::Little(most)), Some(_)) => &file[start..file.len().min(start + most)],
        _ => &file[start..],
    };
    match from {
        Some(_) => write!(
            writer,
            "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {start}-{}/{}\r\n",
            start + body.len() - 1,
            file.len()
        )?,
        None => write!(writer, "HTTP/1.1 200 OK\r\n")?,
    }
    if !matches!(fault, Some(Fault::Lengthless(_))) {
        write!(writer, "Content-Length: {}\r\n", body.len())?;
    }
    write!(writer, "Connection: close\r\n\r\n")?;
    match fault {
        Some(Fault::BreakAfter(length) | Fault::Lengthless(length)) => {
            writer.write_all(&body[..length.min(body.len())])
        }
        Some(Fault::SilentAfter(length)) => {
            writer.write_all(&body[..length])?;
            thread::sleep(Duration::from_secs(60));
            Ok(())
        }
        Some(Fault::Slow(pause)) => {
            for part in body.chunks(1024) {
                thread::sleep(pause);
                writer.write_all(part)?;
            }
            Ok(())
        }
        _ => writer.write_all(body),
    }
}

impl Request {
    fn read(reader: &mut impl BufRead) -> std::io::Result<Request> {
        let mut lines = vec![];
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            if line.trim().is_empty() {
                break;
            }
            lines.push(line.trim().to_owned());
        }
        let target = lines.first().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
        let from = lines.iter().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            let range = value.trim().strip_prefix("bytes=")?.strip_suffix('-')?;
            name.eq_ignore_ascii_case("range").then(|| range.parse().ok())?
        });
        Ok(Request { target: target.to_owned(), from })
    }
}
