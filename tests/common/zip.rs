//! Zip archives, right and wrong.

use std::io::Write;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// A member, and what the archive says about it.
pub struct Member {
    pub name: String,
    /// As they are in the archive.
    pub bytes: Vec<u8>,
    pub method: u16,
    pub flags: u16,
    pub crc: u32,
    /// Bytes of the member when it is inflated.
    pub size: u32,
    /// Where it is said to begin, if not where it does.
    pub offset: Option<u32>,
}

impl Member {
    pub fn stored(name: &str, contents: &[u8]) -> Member {
        Member::of(name, 0, contents.into(), contents)
    }

    pub fn deflated(name: &str, contents: &[u8]) -> Member {
        Member::of(name, 8, deflate(contents), contents)
    }

    fn of(name: &str, method: u16, bytes: Vec<u8>, contents: &[u8]) -> Member {
        let mut crc = Crc::new();
        crc.update(contents);
        let (name, size) = (name.to_owned(), contents.len() as u32);
        Member { name, bytes, method, flags: 0, crc: crc.sum(), size, offset: None }
    }

    /// What is said of it both before it and in the directory.
    fn header(&self) -> Vec<u8> {
        let mut header = [20, self.flags, self.method, 0, 0].map(u16::to_le_bytes).concat();
        header
            .extend([self.crc, self.bytes.len() as u32, self.size].map(u32::to_le_bytes).concat());
        header.extend((self.name.len() as u16).to_le_bytes());
        header.extend(0_u16.to_le_bytes());
        header
    }
}

pub fn deflate(contents: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(vec![], Compression::default());
    encoder.write_all(contents).unwrap();
    encoder.finish().unwrap()
}

pub fn archive(members: &[Member]) -> Vec<u8> {
    let (mut archive, mut directory) = (vec![], vec![]);
    for member in members {
        let offset = member.offset.unwrap_or(archive.len() as u32);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(member.header());
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(member.name.as_bytes());

        archive.extend(b"PK\x03\x04");
        archive.extend(member.header());
        archive.extend(member.name.as_bytes());
        archive.extend(&member.bytes);
    }
    let start = archive.len() as u32;
    let count = (members.len() as u16).to_le_bytes();
    archive.extend(&directory);
    archive.extend(b"PK\x05\x06\0\0\0\0");
    archive.extend([count, count].concat());
    archive.extend([directory.len() as u32, start].map(u32::to_le_bytes).concat());
    archive.extend([0; 2]);
    archive
}
