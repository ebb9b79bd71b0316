//! Which photographs the command line means, and what each is called below the output.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use walkdir::WalkDir;

use super::super::exit::Exit;
use super::super::files::is_pattern;
use super::super::progress::Display;
use super::arguments::DreamArguments;
use super::paths::{absolute, common, output};
use super::{list, paths};
use dreamer::picture::Input;

/// Suffixes of photographs in folders.
const SUFFIXES: [&str; 11] =
    ["jpg", "jpeg", "jpe", "jfif", "png", "webp", "tif", "tiff", "bmp", "dib", "gif"];

/// A photograph to dream on.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub path: PathBuf,
    /// Its name below the base, by which it is known from run to run and from machine to machine.
    pub relative: PathBuf,
    /// The name of its dream below the output.
    pub output: PathBuf,
    /// Why it cannot be dreamed, where that is known already.
    pub problem: Option<String>,
}

/// What one argument stands for.
struct Source {
    /// The folder whose tree it is part of.
    root: PathBuf,
    found: Vec<Found>,
}

/// A photograph that was found, or what cannot be looked into.
struct Found {
    path: PathBuf,
    problem: Option<String>,
}

impl From<PathBuf> for Found {
    fn from(path: PathBuf) -> Found {
        Found { path, problem: None }
    }
}

/// All photographs of the command line, each once, in a fixed order.
///
/// # Errors
/// [`Exit`] where an argument means none, or a list cannot be read.
pub fn find(
    arguments: &DreamArguments,
    folder: &Path,
    display: &Display,
) -> Result<Vec<Entry>, Exit> {
    let mut named = Vec::new();
    for input in &arguments.inputs {
        match input {
            Input::Path(path) => named.push((path.clone(), is_pattern(path))),
            Input::Stdin => {
                return Err(Exit::usage(anyhow!(
                    "- is one photograph; for a list of names from standard input write --from-list -"
                )));
            }
        }
    }
    if let Some(file) = &arguments.batch.from_list {
        named.extend(list::read(file)?.into_iter().map(|path| (path, false)));
    }
    let walk = Walk { recursive: arguments.batch.recursive, output: folder, display };
    let sources = named
        .iter()
        .map(|(path, is_pattern)| match is_pattern {
            true => walk.pattern(path),
            false => walk.name(path),
        })
        .collect::<Result<Vec<_>, Exit>>()?;
    let base = match &arguments.batch.base {
        Some(base) => absolute(base),
        None => common(sources.iter().map(|source| source.root.as_path())),
    };
    let found = sources.into_iter().flat_map(|source| source.found);
    let entries =
        entries(found, &base, folder, |relative| output(relative, arguments.batch.format.as_ref()));
    if entries.is_empty() {
        return Err(Exit::usage(anyhow!(
            "there is no photograph in what was named (.{}){}",
            SUFFIXES.join(" ."),
            if walk.recursive { "" } else { "; --recursive looks into the folders in folders" }
        )));
    }
    Ok(entries)
}

/// Looks into folders.
struct Walk<'a> {
    recursive: bool,
    output: &'a Path,
    display: &'a Display,
}

impl Walk<'_> {
    fn name(&self, path: &Path) -> Result<Source, Exit> {
        if path.is_dir() {
            return Ok(Source { root: absolute(path), found: self.folder(path)? });
        }
        let root = absolute(path).parent().map(Path::to_owned).unwrap_or_default();
        Ok(Source { root, found: vec![path.to_owned().into()] })
    }

    fn pattern(&self, path: &Path) -> Result<Source, Exit> {
        let text = path.to_str().with_context(|| {
            format!("the pattern {} is not UTF-8; let the shell expand it", path.display())
        })?;
        let options = glob::MatchOptions {
            require_literal_leading_dot: true,
            ..glob::MatchOptions::default()
        };
        let matches = glob::glob_with(text, options)
            .map_err(|error| Exit::usage(anyhow!("{text} is no pattern: {error}")))?;
        let mut found = Vec::new();
        for path in matches {
            match path {
                Ok(path) if path.is_dir() => found.extend(self.folder(&path)?),
                Ok(path) => found.push(path.into()),
                Err(error) => {
                    let problem = Some(format!("cannot be looked into: {}", error.error()));
                    found.push(Found { path: error.path().to_owned(), problem });
                }
            }
        }
        if found.is_empty() {
            return Err(Exit::usage(anyhow!("there is no photograph {text}; check the pattern")));
        }
        let is_fixed = |part: &&OsStr| !part.as_encoded_bytes().iter().any(|b| b"*?[".contains(b));
        let fixed: PathBuf = path.iter().take_while(is_fixed).collect();
        Ok(Source { root: absolute(&fixed), found })
    }

    /// The photographs in a folder, without hidden files and without the output.
    fn folder(&self, folder: &Path) -> Result<Vec<Found>, Exit> {
        let output = self.output.canonicalize().ok();
        if output.is_some() && folder.canonicalize().ok() == output {
            return Err(Exit::usage(anyhow!(
                "{} is where the dreams are to go; choose another folder with --output",
                folder.display()
            )));
        }
        let wanted = |entry: &walkdir::DirEntry| {
            let is_hidden = entry.file_name().as_encoded_bytes().first() == Some(&b'.');
            let is_output = || {
                output.is_some()
                    && entry.file_type().is_dir()
                    && entry.path().canonicalize().ok() == output
            };
            entry.depth() == 0 || !is_hidden && !is_output()
        };
        let walk = WalkDir::new(folder)
            .follow_links(true)
            .max_depth(if self.recursive { usize::MAX } else { 1 })
            .sort_by_file_name();
        let mut found = Vec::new();
        for entry in walk.into_iter().filter_entry(wanted) {
            match entry {
                Ok(entry) if entry.file_type().is_file() => {
                    if is_photograph(entry.path()) {
                        found.push(entry.into_path().into());
                    }
                }
                Ok(_) => {}
                Err(error) => found.extend(self.unreadable(folder, &error)),
            }
        }
        Ok(found)
    }

    /// What could not be looked into; a link that leads back is only reported.
    fn unreadable(&self, folder: &Path, error: &walkdir::Error) -> Option<Found> {
        let path = error.path().unwrap_or(folder);
        if error.loop_ancestor().is_some() {
            self.display.note(&format!(
                "note: {} leads back to a folder that it is in, and is left out",
                path.display()
            ));
            return None;
        }
        let problem = Some(match error.io_error().map(io::Error::kind) {
            Some(ErrorKind::NotFound) => "is a link that leads nowhere".to_owned(),
            Some(kind) => format!("cannot be looked into: {kind}"),
            None => format!("cannot be looked into: {error}"),
        });
        let is_folder = path.is_dir();
        (is_folder || is_photograph(path)).then(|| Found { path: path.to_owned(), problem })
    }
}

fn is_photograph(path: &Path) -> bool {
    let suffix = path.extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase);
    suffix.is_some_and(|suffix| SUFFIXES.contains(&suffix.as_str()))
}

/// Names what was found, each file once.
fn entries(
    found: impl Iterator<Item = Found>,
    base: &Path,
    folder: &Path,
    output: impl Fn(&Path) -> PathBuf,
) -> Vec<Entry> {
    let mut seen = HashSet::new();
    let mut entries: Vec<Entry> = Vec::new();
    for Found { path, problem } in found {
        let whole = absolute(&path);
        if !seen.insert(whole.clone()) {
            continue;
        }
        let (relative, problem) = match whole.strip_prefix(base) {
            Ok(relative) => (relative.to_owned(), problem),
            Err(_) => {
                let outside = format!("is not below the folder {} of --base", base.display());
                (path.clone(), problem.or(Some(outside)))
            }
        };
        entries.push(Entry { output: output(&relative), path, relative, problem });
    }
    let mut outputs: HashMap<PathBuf, PathBuf> = HashMap::new();
    let folder = paths::absolute(folder);
    for entry in entries.iter_mut().filter(|entry| entry.problem.is_none()) {
        if seen.contains(&folder.join(&entry.output)) {
            entry.problem = Some(format!(
                "its dream would take the place of the photograph {}; choose another folder with \
                 --output",
                folder.join(&entry.output).display()
            ));
        } else if let Some(other) = outputs.get(&entry.output) {
            entry.problem = Some(format!(
                "its dream would be called {} as that of {} is; rename one of them",
                entry.output.display(),
                other.display()
            ));
        } else {
            outputs.insert(entry.output.clone(), entry.path.clone());
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(paths: &[&str], folder: &str) -> Vec<Entry> {
        let found = paths.iter().map(|path| PathBuf::from(path).into());
        entries(found, "/in".as_ref(), folder.as_ref(), |relative| output(relative, None))
    }

    #[test]
    fn a_file_that_is_named_twice_is_dreamed_once() {
        let entries = named(&["/in/a.jpg", "/in/./b/../a.jpg", "/in/b/a.jpg"], "/out");
        let names: Vec<_> = entries.iter().map(|entry| entry.relative.to_str()).collect();
        assert_eq!(names, [Some("a.jpg"), Some("b/a.jpg")]);
        assert!(entries.iter().all(|entry| entry.problem.is_none()));
    }

    #[test]
    fn two_dreams_of_one_name_are_told_and_one_of_them_stays() {
        let entries = named(&["/in/a.gif", "/in/a.gif.png"], "/out");
        assert_eq!(entries[0].problem, None);
        assert!(entries[1].problem.as_deref().is_some_and(|problem| problem.contains("a.gif.png")));
    }

    #[test]
    fn a_dream_never_takes_the_place_of_a_photograph() {
        let entries = named(&["/in/a.jpg", "/in/in/a.jpg"], "/in/in");
        assert!(entries[0].problem.is_some());
        assert_eq!(entries[1].problem, None);
    }

    #[test]
    fn what_is_outside_the_base_is_told() {
        assert!(named(&["/else/a.jpg"], "/out")[0].problem.is_some());
    }
}
