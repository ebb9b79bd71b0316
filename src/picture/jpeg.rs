//! The markers and segments of a JPEG file (ITU-T T.81, annex B: markers are 0xFF and a code; most
//! are followed by a length that counts itself).

use std::ops::Range;

const START_OF_IMAGE: u8 = 0xD8;
const END_OF_IMAGE: u8 = 0xD9;
const START_OF_SCAN: u8 = 0xDA;
const COMMENT: u8 = 0xFE;

/// Bytes of a marker and the length after it.
const HEAD: usize = 4;

/// The most bytes of a comment.
pub(super) const LONGEST_COMMENT: usize = 65533;

/// A marker, and the position of its contents in the file.
struct Segment {
    code: u8,
    contents: Range<usize>,
}

/// The segments before the first scan; `None` if the file is not a JPEG, or ends before its scan.
fn segments(bytes: &[u8]) -> Option<Vec<Segment>> {
    if !bytes.starts_with(&[0xFF, START_OF_IMAGE]) {
        return None;
    }
    let mut segments = Vec::new();
    let mut at = 2;
    loop {
        match *bytes.get(at..)?.first_chunk()? {
            [0xFF, START_OF_SCAN | END_OF_IMAGE] => return Some(segments),
            [0xFF, 0xFF] => at += 1,
            [0xFF, code] if !stands_alone(code) => {
                let end = at + 2 + segment_length(&bytes[at + 2..]);
                let contents = at + HEAD..end;
                bytes.get(contents.clone())?;
                segments.push(Segment { code, contents });
                at = end;
            }
            [0xFF, _] => at += 2,
            _ => at += 1,
        }
    }
}

/// The comments before the first scan; `None` if the file is not a JPEG, or ends before its scan.
pub(super) fn comments(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let comments = segments(bytes)?.into_iter().filter(|segment| segment.code == COMMENT);
    Some(comments.map(|segment| &bytes[segment.contents]).collect())
}

/// The file with comments added after its first segment, which says what kind of JPEG it is; `None`
/// if it is not a JPEG, or ends before its scan.
pub(super) fn with_comments(
    mut jpeg: Vec<u8>,
    comments: impl Iterator<Item = Vec<u8>>,
) -> Option<Vec<u8>> {
    let at = segments(&jpeg)?.first().map_or(2, |segment| segment.contents.end);
    let segment = |comment: Vec<u8>| {
        let length = u16::try_from(comment.len() + 2).expect("a comment is not too long");
        [&[0xFF, COMMENT][..], &length.to_be_bytes(), &comment].concat()
    };
    let added: Vec<u8> = comments.flat_map(segment).collect();
    jpeg.splice(at..at, added);
    Some(jpeg)
}

/// Whether the picture at the start of `bytes` reaches its end-of-image marker. The decoder
/// silently fills missing parts with grey; a truncated file has lost that marker.
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

    const FILE: &[u8] = b"\xFF\xD8\xFF\xE0\x00\x04JF\xFF\xFF\xFE\x00\x05abc\xFF\xDA\x00\x03\x01\xFF\xFE\x00\x03z\xFF\xD9";

    #[test]
    fn comments_before_the_scan_are_found_and_added() {
        assert_eq!(comments(FILE), Some(vec![&b"abc"[..]]));
        let more = [b"first".to_vec(), vec![b'x'; LONGEST_COMMENT]];
        let file = with_comments(FILE.to_vec(), more.iter().cloned()).unwrap();
        assert_eq!(comments(&file), Some(vec![&more[0][..], &more[1], b"abc"]));
        assert_eq!(file.len(), FILE.len() + 2 * HEAD + 5 + LONGEST_COMMENT);
        assert!(file.starts_with(&FILE[..8]) && file.ends_with(&FILE[8..]));
    }

    #[test]
    fn a_file_without_a_scan_has_no_comments_to_read() {
        let scan = FILE.windows(2).position(|pair| pair == [0xFF, START_OF_SCAN]).unwrap();
        for length in 0..scan + 2 {
            assert_eq!(comments(&FILE[..length]), None, "{length} bytes");
        }
        assert_eq!(comments(b"\xFF\xD8\xFF\xFE\x00\x01\xFF\xDA"), None);
    }

    #[test]
    fn a_file_with_an_end_marker_after_its_scan_is_complete() {
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
