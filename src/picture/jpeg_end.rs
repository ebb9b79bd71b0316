//! Whether a JPEG file is complete.
//!
//! The decoder silently fills missing parts with grey. A complete file ends in an end-of-image
//! marker, which a truncated one has lost, so this looks for it (ITU-T T.81, annex B: markers are
//! 0xFF and a code; most are followed by a length that counts itself).

const START_OF_IMAGE: u8 = 0xD8;
const END_OF_IMAGE: u8 = 0xD9;

/// Whether the picture at the start of `bytes` reaches its end-of-image marker.
///
/// A marker inside a segment, such as the end of an embedded thumbnail, does not count.
pub(super) fn reaches_end_of_image(bytes: &[u8]) -> bool {
    let mut at = 0;
    while let Some(&[first, code]) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        at += match (first, code) {
            (0xFF, END_OF_IMAGE) => return true,
            (0xFF, 0xFF) => 1,
            (0xFF, code) if stands_alone(code) => 2,
            (0xFF, _) => 2 + segment_length(&bytes[at + 2..]),
            _ => 1,
        };
    }
    false
}

/// Whether the marker has no length: a stuffed zero, a temporary or restart marker, the start of
/// image.
fn stands_alone(code: u8) -> bool {
    matches!(code, 0x00 | 0x01 | 0xD0..=0xD7 | START_OF_IMAGE)
}

fn segment_length(rest: &[u8]) -> usize {
    rest.first_chunk().map_or(rest.len(), |&length| u16::from_be_bytes(length).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_an_end_marker_after_its_scan_is_whole() {
        assert!(reaches_end_of_image(
            b"\xFF\xD8\xFF\xDA\x00\x03\x01scan\xFF\x00\xFF\xD0scan\xFF\xD9"
        ));
    }

    #[test]
    fn bytes_after_the_end_marker_do_no_harm() {
        assert!(reaches_end_of_image(b"\xFF\xD8\xFF\xDA\x00\x03\x01scan\xFF\xFF\xD9\xFF\xFF"));
    }

    #[test]
    fn the_end_of_an_embedded_thumbnail_does_not_count() {
        assert!(!reaches_end_of_image(
            b"\xFF\xD8\xFF\xE1\x00\x06\xFF\xD8\xFF\xD9\xFF\xDA\x00\x03\x01scan"
        ));
    }

    #[test]
    fn a_file_truncated_anywhere_is_incomplete() {
        let whole = b"\xFF\xD8\xFF\xFE\x00\x05abc\xFF\xDA\x00\x03\x01scan\xFF\xD9";
        for length in 0..whole.len() {
            assert!(!reaches_end_of_image(&whole[..length]), "{length} bytes");
        }
    }
}
