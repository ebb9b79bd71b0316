//! What a file that is not a weight file looks like, and what to do with it.

use std::borrow::Cow;
use std::fmt::{self, Display};

use super::format::FORMATS;
use super::zip;
use crate::escape::escape;

/// What a file of no known format seems to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content(Option<Cow<'static, str>>);

/// The first bytes of a file, and what they mean.
const KINDS: &[(&[u8], &str)] = &[
    (
        b"\x89HDF\r\n\x1a\n",
        "it is HDF5 (Keras), which is not supported: load it with Keras in Python and save its arrays by name with safetensors.numpy.save_file or numpy.savez",
    ),
    (b"<!DOCTYPE", WEB_PAGE),
    (b"<!doctype", WEB_PAGE),
    (b"<html", WEB_PAGE),
    (b"<HTML", WEB_PAGE),
    (b"<?xml", "it is XML, perhaps a server error page: the download failed, download it again"),
    (
        b"version https://git-lfs.github.com/spec/",
        "it is a git-lfs pointer, not the file itself: get that with git lfs pull",
    ),
    (b"\x1f\x8b", "it is compressed with gzip: unpack it with gunzip, or tar -xzf, first"),
    (b"BZh", "it is compressed with bzip2: unpack it with bunzip2 first"),
    (b"\xfd7zXZ\0", "it is compressed with xz: unpack it with unxz first"),
    (b"\x28\xb5\x2f\xfd", "it is compressed with zstd: unpack it with unzstd first"),
    (b"7z\xbc\xaf\x27\x1c", "it is a 7-Zip archive: unpack it first"),
    (b"Rar!", "it is a RAR archive: unpack it first"),
    (
        b"\x93NUMPY",
        "it is a single NumPy array, which has no name: save all arrays by name with numpy.savez",
    ),
    (b"GGUF", "it is a GGUF file of a language model, which cannot dream"),
    (b"\x89PNG", PICTURE),
    (b"\xff\xd8\xff", PICTURE),
    (b"{", "it is text (JSON)"),
    (b"\x80\x02", PICKLE),
    (b"\x80\x03", PICKLE),
    (b"\x80\x04", PICKLE),
    (b"\x80\x05", PICKLE),
];

const WEB_PAGE: &str = "it is a web page: the download failed, or the link led to a page about the file; download the file itself";

const PICKLE: &str = "it is a Python pickle that PyTorch did not write: in Python load it, if you \
                      trust who made it, and save its arrays by name with numpy.savez";

const PICTURE: &str = "it is a picture";

impl Content {
    /// What it is, if known.
    pub fn what(&self) -> Option<&str> {
        self.0.as_deref()
    }

    pub(super) fn of(bytes: &[u8]) -> Content {
        if bytes.is_empty() {
            return Content(Some("it is empty: the download failed, download it again".into()));
        }
        if zip::is_archive(bytes) {
            return Content(Some(archive(bytes)));
        }
        let start = bytes.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or_default();
        let kind = KINDS.iter().find(|(mark, _)| bytes[start..].starts_with(mark));
        let is_tar = bytes.get(257..262) == Some(b"ustar");
        let tar = is_tar.then_some("it is a tar archive: unpack it first");
        Content(kind.map(|(_, content)| *content).or(tar).map(Cow::Borrowed))
    }
}

/// What a zip archive is that holds neither PyTorch's tensors nor NumPy's.
fn archive(bytes: &[u8]) -> Cow<'static, str> {
    match zip::members(bytes) {
        Err(error) => format!("it is a zip archive (PyTorch, NumPy), but {}", escape(error)).into(),
        Ok(members) if members.iter().any(|member| member.name.ends_with("model.json")) => {
            "it is TorchScript of PyTorch before 1.4: load it with torch.jit.load of a newer one and \
             save it again"
                .into()
        }
        Ok(_) => "it is a zip archive without PyTorch or NumPy weights: unpack it first".into(),
    }
}

impl Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        if let Some(content) = &self.0 {
            write!(f, "{content}; ")?;
        }
        let names: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
        write!(f, "supported formats: {}", names.join(", "))
    }
}
