//! Paths by their words alone: what a photograph is called below a folder, and its dream.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use super::arguments::Suffix;
use dreamer::picture::Format;

/// The path from the root, without `.` and `..`.
pub fn absolute(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut plain = PathBuf::new();
    for component in absolute.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

/// The folder that all of `folders` are in.
pub fn common<'a>(mut folders: impl Iterator<Item = &'a Path>) -> PathBuf {
    let Some(first) = folders.next() else { return PathBuf::new() };
    folders.fold(first.to_owned(), |common, folder| {
        let pairs = common.components().zip(folder.components());
        pairs.take_while(|(own, other)| own == other).map(|(own, _)| own).collect()
    })
}

/// The name of a photograph's dream: its own, or with another suffix added where the format wants
/// one. Only photographs that are named like others' dreams (`a.gif.png` beside `a.gif`) share a
/// name; a.jpg and a.png do not.
pub fn output(relative: &Path, suffix: Option<&Suffix>) -> PathBuf {
    let (added, stays) = match (suffix, Format::from_path(relative)) {
        (None, own) => ("png", own.is_ok()),
        (Some(suffix), own) => (suffix.text.as_str(), own == Ok(suffix.format)),
    };
    if stays {
        return relative.to_owned();
    }
    let mut name = OsString::from(relative);
    name.push(".");
    name.push(added);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_resolved_by_words() {
        assert_eq!(absolute("/a/./b/../c.jpg".as_ref()), Path::new("/a/c.jpg"));
        assert_eq!(absolute("/../a".as_ref()), Path::new("/a"));
    }

    #[test]
    fn the_common_folder_is_a_whole_name() {
        let folders = ["/a/bc/d", "/a/bd", "/a/bc"].map(Path::new);
        assert_eq!(common(folders.into_iter()), Path::new("/a"));
        assert_eq!(common([Path::new("/a/b")].into_iter()), Path::new("/a/b"));
    }

    #[test]
    fn a_dream_has_its_photographs_name() {
        for (photograph, dream) in
            [("a/b.JPG", "a/b.JPG"), ("b.png", "b.png"), ("b.gif", "b.gif.png"), ("b", "b.png")]
        {
            assert_eq!(output(photograph.as_ref(), None), Path::new(dream));
        }
    }

    #[test]
    fn a_format_adds_its_suffix_to_others() {
        let suffix = Suffix { text: "jpg".into(), format: Format::Jpeg };
        for (photograph, dream) in
            [("a.jpeg", "a.jpeg"), ("a.png", "a.png.jpg"), ("a.b", "a.b.jpg")]
        {
            assert_eq!(output(photograph.as_ref(), Some(&suffix)), Path::new(dream));
        }
    }
}
