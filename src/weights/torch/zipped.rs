//! PyTorch's format since 1.6 and TorchScript's since 1.4: a zip archive of a pickle, `data.pkl`,
//! and one member per storage.
//!
//! The members are in a folder of any name. Storages are not compressed, so tensors can be used in
//! place.

use super::super::format::{Format, FormatError, Index};
use super::super::pickle::{self, Pickle};
use super::super::tensor_view::ByteOrder;
use super::super::zip::{self, Member};
use super::rebuild::{Storages, Tensors};
use super::state_dict;

pub const FORMAT: Format = Format { name: "PyTorch (.pth, .pt)", recognise, index };

const PICKLE: &str = "data.pkl";
const BYTE_ORDER: &str = "byteorder";
const STORAGES: &str = "data/";

fn recognise(bytes: &[u8]) -> bool {
    zip::is_archive(bytes) && zip::members(bytes).is_ok_and(|members| pickle_of(&members).is_some())
}

/// The member with the pickle: the one in the outermost folder.
fn pickle_of<'m, 'a>(members: &'m [Member<'a>]) -> Option<&'m Member<'a>> {
    let is_pickle = |member: &&Member| {
        let folder = member.name.strip_suffix(PICKLE);
        folder.is_some_and(|folder| folder.is_empty() || folder.ends_with('/'))
    };
    members.iter().filter(is_pickle).min_by_key(|member| member.name.len())
}

fn index(bytes: &[u8]) -> Result<Index<'_>, FormatError> {
    let members = zip::members(bytes)?;
    let member = pickle_of(&members).ok_or("it has no data.pkl")?;
    let folder = member.name.strip_suffix(PICKLE).unwrap_or_default();
    let contents = member.contents()?;
    let pickle: Pickle = pickle::read(&contents)?;
    let inside = |member: &Member| member.name.strip_prefix(folder).map(str::to_owned);
    let mut storages = Storages::default();
    for member in &members {
        let Some(name) = inside(member) else { continue };
        if let Some(key) = name.strip_prefix(STORAGES) {
            storages.by_key.insert(key.to_owned(), member.data(0));
        } else if name == BYTE_ORDER {
            storages.order = match &*member.contents()? {
                b"little" => ByteOrder::Little,
                b"big" => ByteOrder::Big,
                _ => return Err("its byte order is neither little nor big".into()),
            };
        }
    }
    Ok(state_dict::index(&Tensors { pickle: &pickle, storages: &storages })?)
}
