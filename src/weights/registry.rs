//! The registry: which weights are published, where, and with which checksums.
//!
//! The built-in one is `models/registry.toml`. A file named by `$DREAMER_REGISTRY` has entries of
//! the same form (such as a studio's own weights of a network), which override the built-in ones.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde::Deserialize;

use super::checksum::{Algorithm, Checksum};
use super::file_name::{self, EXTENSIONS};
use crate::network::zoo;

/// Environment variable that names a file of further entries.
pub const VARIABLE: &str = "DREAMER_REGISTRY";

const OWN: &str = include_str!("../../models/registry.toml");

/// Published weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    /// The network they are for, by its name in the zoo.
    pub model: String,
    /// Where they come from.
    pub source: Source,
    /// Approximate download size in millions of bytes.
    pub megabytes: f64,
    /// The licence or terms of the weights.
    pub licence: String,
    /// What its dreams look like, in a few words.
    pub dreams: String,
}

/// Where weights come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// A file that can be fetched and verified.
    Download(Download),
    /// A page to download them from by hand: there is no checksum to verify a download against.
    Page(String),
}

/// A file that can be fetched.
#[derive(Clone, Debug, PartialEq)]
pub struct Download {
    /// Where it is.
    pub url: String,
    /// Of the whole file.
    pub checksum: Checksum,
    /// The file to keep, if the download is a zip archive.
    pub member: Option<Member>,
}

/// A file in an archive.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Its name in the archive.
    pub name: String,
    /// Of the unpacked file.
    pub checksum: Checksum,
}

impl Download {
    /// The name of the downloaded file: the last part of its URL.
    pub fn file_name(&self) -> &str {
        self.url.rsplit('/').next().unwrap_or_default()
    }

    /// The published name of the kept file, and its checksum.
    fn kept(&self) -> (&str, &Checksum) {
        match &self.member {
            Some(member) => (&member.name, &member.checksum),
            None => (self.file_name(), &self.checksum),
        }
    }

    /// The checksum of the kept file.
    pub fn kept_checksum(&self) -> &Checksum {
        self.kept().1
    }

    /// The name under which the weights of `model` are stored and found again: the published one if
    /// it identifies the model.
    pub fn kept_name(&self, model: &str) -> String {
        let (name, _) = self.kept();
        match file_name::model_of(name.as_ref()) {
            Some(found) if found == model => name.to_owned(),
            _ => {
                let extension =
                    name.rsplit_once('.').map_or(EXTENSIONS[0], |(_, extension)| extension);
                format!("{model}.{extension}")
            }
        }
    }
}

/// Why a registry cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The registry's file cannot be read.
    #[error("cannot read the registry {} ({VARIABLE}): {source}", path.display())]
    Io {
        /// The registry's file.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// The registry's file cannot be understood.
    #[error("the registry {} ({VARIABLE}) is invalid: {reason}", path.display())]
    Format {
        /// The registry's file.
        path: PathBuf,
        /// Where, and why.
        reason: String,
    },
}

/// Every entry, by the name of its network.
#[derive(Clone, Debug)]
pub struct Registry(BTreeMap<String, Published>);

impl Registry {
    /// The entries of the file that the environment names, then the built-in ones.
    ///
    /// # Errors
    /// [`RegistryError`] names that file and what is wrong with it.
    pub fn from_environment() -> Result<Registry, RegistryError> {
        let mut registry = Registry::own();
        if let Some(path) = std::env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
            let path = PathBuf::from(path);
            let text = fs::read_to_string(&path)
                .map_err(|source| RegistryError::Io { path: path.clone(), source })?;
            registry
                .0
                .extend(parse(&text).map_err(|reason| RegistryError::Format { path, reason })?);
        }
        Ok(registry)
    }

    /// The built-in entries.
    pub fn own() -> Registry {
        Registry(parse(OWN).expect("the built-in registry is valid: a test reads it"))
    }

    /// In the zoo's order.
    pub fn iter(&self) -> impl Iterator<Item = &Published> {
        zoo::names().filter_map(|name| self.get(name))
    }

    /// The weights of a network, if any are published.
    pub fn get(&self, model: &str) -> Option<&Published> {
        self.0.get(model)
    }
}

/// An entry as written in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    url: Option<String>,
    page: Option<String>,
    megabytes: f64,
    sha256: Option<String>,
    sha1: Option<String>,
    member: Option<EntryMember>,
    licence: String,
    dreams: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryMember {
    name: String,
    sha256: String,
}

fn parse(text: &str) -> Result<BTreeMap<String, Published>, String> {
    let entries: BTreeMap<String, Entry> =
        toml::from_str(text).map_err(|error| place(text, &error))?;
    entries
        .into_iter()
        .map(|(model, entry)| {
            let published = entry.published(&model).map_err(|why| format!("[{model}]: {why}"))?;
            Ok((model, published))
        })
        .collect()
}

/// An error in one line, with its line number.
fn place(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.map_or(1, |before| before.matches('\n').count() + 1);
    let message: Vec<&str> = error.message().lines().collect();
    format!("line {line}: {}", message.join(", "))
}

impl Entry {
    fn published(self, model: &str) -> Result<Published, String> {
        if !zoo::names().any(|name| name == model) {
            let names: Vec<&str> = zoo::names().collect();
            return Err(format!("there is no such network; known networks: {}", names.join(", ")));
        }
        let source = match (self.url, self.page) {
            (Some(url), None) => {
                let checksum = match (self.sha256, self.sha1) {
                    (Some(digits), None) => Checksum::new(Algorithm::Sha256, &digits),
                    (None, Some(digits)) => Checksum::new(Algorithm::Sha1, &digits),
                    _ => return Err("a url needs either a sha256 or a sha1".into()),
                };
                let checksum = checksum.map_err(|error| error.to_string())?;
                let member = self.member.map(EntryMember::member).transpose()?;
                Source::Download(Download { url, checksum, member }.checked()?)
            }
            (None, Some(page)) => Source::Page(page),
            _ => return Err("it needs either a url or a page".into()),
        };
        if !(self.megabytes.is_finite() && self.megabytes > 0.0) {
            return Err("megabytes must be above 0".into());
        }
        let Entry { megabytes, licence, dreams, .. } = self;
        Ok(Published { model: model.to_owned(), source, megabytes, licence, dreams })
    }
}

impl EntryMember {
    fn member(self) -> Result<Member, String> {
        let checksum = Checksum::new(Algorithm::Sha256, &self.sha256);
        Ok(Member { name: self.name, checksum: checksum.map_err(|error| error.to_string())? })
    }
}

impl Download {
    /// Itself, if its URL is usable and the kept file has a plain file name.
    fn checked(self) -> Result<Download, String> {
        if !["https://", "http://"].iter().any(|scheme| self.url.starts_with(scheme)) {
            return Err(format!("its url {} begins with neither https:// nor http://", self.url));
        }
        let (kept, _) = self.kept();
        if !file_name::has_extension(kept.as_ref()) {
            return Err(format!(
                "{kept:?} does not end like a weight file: .{}",
                EXTENSIONS.join(", .")
            ));
        }
        for name in [self.file_name(), kept] {
            let plain = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
            if name.is_empty() || name.starts_with('.') || !name.chars().all(plain) {
                return Err(format!("{name:?} is not the plain name of a file"));
            }
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_network_of_the_zoo_has_an_entry() {
        let own = Registry::own();
        let models: Vec<&str> = own.iter().map(|published| published.model.as_str()).collect();
        assert_eq!(models, zoo::names().collect::<Vec<_>>());
    }

    #[test]
    fn a_download_keeps_its_published_name() {
        for published in Registry::own().iter() {
            if let Source::Download(download) = &published.source {
                assert_eq!(download.kept_name(&published.model), download.kept().0);
            }
        }
    }

    #[test]
    fn torchvisions_checksums_are_those_in_the_files_names() {
        for published in Registry::own().iter() {
            let Source::Download(download) = &published.source else { continue };
            if let Some(name) = download.file_name().strip_suffix(".pth") {
                let digits = name.rsplit('-').next().unwrap();
                assert_eq!(download.checksum, Checksum::new(Algorithm::Sha256, digits).unwrap());
            }
        }
    }

    const SOUND: &str = "
        [vgg16]
        url = 'https://example.org/vgg16.pth'
        megabytes = 1
        sha256 = '397923af'
        licence = 'own'
        dreams = 'eyes'
    ";

    #[test]
    fn an_entry_is_read() {
        let entries = parse(SOUND).unwrap();
        let Source::Download(download) = &entries["vgg16"].source else { panic!("it has a url") };
        assert_eq!(download.file_name(), "vgg16.pth");
        assert_eq!(download.kept_name("vgg16"), "vgg16.pth");
    }

    #[test]
    fn a_file_whose_name_does_not_identify_its_network_is_renamed() {
        let entries = parse(&SOUND.replace("/vgg16.pth", "/my_eyes.npz")).unwrap();
        let Source::Download(download) = &entries["vgg16"].source else { panic!("it has a url") };
        assert_eq!(download.kept_name("vgg16"), "vgg16.npz");
    }

    #[test]
    fn an_invalid_entry_is_named_in_one_line() {
        for (from, to, says) in [
            ("[vgg16]", "[vgg17]", "[vgg17]: there is no such network"),
            ("sha256", "sha512", "line 5: unknown field `sha512`"),
            ("sha256 = '397923af'", "", "[vgg16]: a url needs either a sha256 or a sha1"),
            ("397923af", "397923", "is not a SHA-256"),
            ("https:", "ftp:", "begins with neither https:// nor http://"),
            ("/vgg16.pth", "/", "does not end like a weight file"),
            ("/vgg16.pth", "/..", "does not end like a weight file"),
            ("/vgg16.pth", "/vgg16.exe", "does not end like a weight file"),
            ("/vgg16.pth", "/.pth", "does not end like a weight file"),
            ("/vgg16.pth", "/a%20b.pth", "is not the plain name of a file"),
            ("= 1", "= 0", "megabytes must be above 0"),
            ("= 1", "= 'one'", "line 4"),
            ("[vgg16]", "[vgg16", "line 2"),
        ] {
            let error = parse(&SOUND.replace(from, to)).unwrap_err();
            assert!(error.contains(says), "{error}");
            assert_eq!(error.lines().count(), 1, "{error}");
        }
        let member = "member = { name = '../a.pb', sha256 = '397923af' }";
        let error =
            parse(&SOUND.replace("megabytes", &format!("{member}\nmegabytes"))).unwrap_err();
        assert!(error.contains("\"../a.pb\" is not the plain name of a file"), "{error}");
    }
}
