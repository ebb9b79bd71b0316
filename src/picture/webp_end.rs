//! Whether the metadata of a WebP file are complete.
//!
//! The decoder allocates as much memory for metadata as their length field says, up to 4 GiB,
//! before it notices that the file ends. So their chunks are checked first (RFC 9649: a chunk is
//! four letters, a length, and that many bytes, padded to an even number).

/// The chunks that are used: the colour profile and the orientation.
const METADATA: [&[u8; 4]; 2] = [b"ICCP", b"EXIF"];

/// Bytes before the first chunk: `RIFF`, a length and `WEBP`.
const HEADER: usize = 12;

/// Whether every metadata chunk lies within the file `bytes`.
pub(super) fn reaches_end_of_metadata(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(HEADER..).unwrap_or_default();
    while let Some((name, after)) = rest.split_first_chunk::<4>() {
        let Some((length, content)) = after.split_first_chunk() else { break };
        let length = u32::from_le_bytes(*length) as usize;
        if length > content.len() {
            return !METADATA.contains(&name);
        }
        rest = content.get(length.next_multiple_of(2)..).unwrap_or_default();
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &[u8] = b"RIFF\x1a\0\0\0WEBPVP8 \x01\0\0\0a\0EXIF\x02\0\0\0MM";

    #[test]
    fn metadata_within_the_file_are_complete() {
        assert!(reaches_end_of_metadata(FILE));
        assert!(reaches_end_of_metadata(&[FILE, b"trailing bytes"].concat()));
    }

    #[test]
    fn metadata_beyond_the_file_are_incomplete() {
        assert!(!reaches_end_of_metadata(&FILE[..FILE.len() - 1]));
        assert!(!reaches_end_of_metadata(b"RIFF\x0c\0\0\0WEBPICCP\xff\xff\xff\xff"));
    }
}
