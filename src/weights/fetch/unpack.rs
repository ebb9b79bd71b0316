//! Extracting the file to keep from a downloaded archive.

use std::path::Path;

use super::super::checksum;
use super::super::registry::Member;
use super::super::zip::members;
use super::FetchError;
use super::part::Part;
use crate::atomic_file;
use crate::weights::map;

/// Writes a member of the archive to `target`, if its checksum is right.
pub fn member(part: &Part, member: &Member, url: &str, target: &Path) -> Result<(), FetchError> {
    let archive = |reason| FetchError::Archive { url: url.to_owned(), reason };
    let bytes = map(part.path()).map_err(|error| FetchError::Io {
        path: part.path().to_owned(),
        source: std::io::Error::other(error),
    })?;
    let members = members(&bytes).map_err(archive)?;
    let found = members
        .iter()
        .find(|found| found.name == member.name)
        .ok_or_else(|| FetchError::Member { url: url.to_owned(), member: member.name.clone() })?;
    let contents = found.contents().map_err(archive)?;
    let sum = checksum::of(&contents, member.checksum.algorithm);
    if !member.checksum.matches(&sum) {
        return Err(FetchError::WrongMember {
            url: url.to_owned(),
            member: member.name.clone(),
            found: sum,
            expected: member.checksum.clone(),
        });
    }
    Ok(atomic_file::write(target, &contents)?)
}
