//! PyTorch's format before 1.6, used by torchvision's older published weights: five pickles (a
//! magic number, the version, the system, the object and the keys of its storages), then the
//! storages, each preceded by its number of elements.

use std::collections::BTreeMap;

use super::super::format::{Format, FormatError, Index};
use super::super::pickle::{self, Pickle, PickleError, Value};
use super::super::tensor_view::{ByteOrder, Data};
use super::rebuild::{Storage, Storages, TensorError, Tensors};
use super::state_dict;

pub const FORMAT: Format = Format { name: "PyTorch before 1.6 (.pth)", recognise, index };

/// 0x1950A86A20F9469CFC6C, lowest byte first.
const MAGIC: &[u8] = b"\x6C\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19";

/// The only version there has ever been.
const VERSION: i64 = 1001;

/// Bytes of the element count before a storage.
const COUNT: usize = 8;

/// Leading bytes that contain the magic number in any protocol.
const MARK: usize = 64;

#[derive(Debug, thiserror::Error)]
enum LegacyError {
    #[error("it has version {0:?}; only 1001 is known")]
    Version(String),
    #[error("its list of storages is damaged")]
    Keys,
    #[error("it lists a storage {0} that no tensor uses")]
    Unknown(String),
    #[error("it ends within its storage {0}; the file is truncated")]
    Short(String),
    #[error("its storage {key} has {found} elements instead of {expected}; the file is damaged")]
    Length { key: String, found: i64, expected: usize },
}

fn recognise(bytes: &[u8]) -> bool {
    let mark = &bytes[..bytes.len().min(MARK)];
    mark.first() == Some(&0x80)
        && pickle::read(mark).is_ok_and(|magic| magic.root == Value::Long(MAGIC))
}

/// The pickles and the bytes after them.
struct Stream<'a> {
    rest: &'a [u8],
}

impl<'a> Stream<'a> {
    fn pickle(&mut self) -> Result<Pickle<'a>, PickleError> {
        let pickle = pickle::read(self.rest)?;
        self.rest = &self.rest[pickle.length..];
        Ok(pickle)
    }

    /// The bytes of the next storage.
    fn storage(&mut self, storage: &Storage, order: ByteOrder) -> Result<&'a [u8], LegacyError> {
        let short = || LegacyError::Short(storage.key.to_owned());
        let (count, rest) = self.rest.split_first_chunk::<COUNT>().ok_or_else(short)?;
        let found = match order {
            ByteOrder::Little => i64::from_le_bytes(*count),
            ByteOrder::Big => i64::from_be_bytes(*count),
        };
        if usize::try_from(found) != Ok(storage.length) {
            let (key, expected) = (storage.key.to_owned(), storage.length);
            return Err(LegacyError::Length { key, found, expected });
        }
        let size = storage.length.checked_mul(storage.kind.size);
        let parts = size.and_then(|size| rest.split_at_checked(size));
        let (bytes, rest) = parts.ok_or_else(short)?;
        self.rest = rest;
        Ok(bytes)
    }
}

fn index(bytes: &[u8]) -> Result<Index<'_>, FormatError> {
    let mut stream = Stream { rest: bytes };
    stream.pickle()?;
    let version = stream.pickle()?.root;
    if version != Value::Int(VERSION) {
        return Err(LegacyError::Version(format!("{version:?}")).into());
    }
    let system = stream.pickle()?;
    let order = match system.item(system.root, "little_endian") {
        Some(Value::Bool(false)) => ByteOrder::Big,
        _ => ByteOrder::Little,
    };
    let object = stream.pickle()?;
    let keys = stream.pickle()?;
    let keys = keys.sequence(keys.root).ok_or(LegacyError::Keys)?;

    let named = storages_of(&object)?;
    let mut storages = Storages { order, by_key: BTreeMap::new() };
    for key in keys {
        let Value::Text(key) = key else { return Err(LegacyError::Keys.into()) };
        let storage = named.get(key).ok_or_else(|| LegacyError::Unknown((*key).to_owned()))?;
        storages.by_key.insert((*key).to_owned(), Data::from(stream.storage(storage, order)?));
    }
    Ok(state_dict::index(&Tensors { pickle: &object, storages: &storages })?)
}

/// Every storage named by a pickle.
fn storages_of<'p>(pickle: &'p Pickle<'p>) -> Result<BTreeMap<&'p str, Storage<'p>>, TensorError> {
    let storages = pickle.persistent().filter_map(|name| Storage::of(pickle, name));
    storages.map(|storage| storage.map(|storage| (storage.key, storage))).collect()
}
