//! The settings of a dream, embedded in its file.
//!
//! A PNG carries them in an uncompressed `iTXt` chunk with the keyword `dreamer`, before the
//! pixels; a JPEG in comment (COM) segments that start with `dreamer:`, as many as needed, joined
//! in order. Image viewers show both as a comment.

use std::io::Cursor;

use super::jpeg::{self, LONGEST_COMMENT};

/// The keyword of the PNG chunk.
pub(super) const PNG_KEYWORD: &str = "dreamer";

/// The prefix of each JPEG comment.
const JPEG_PREFIX: &[u8] = b"dreamer:";

/// Why the settings of a file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum MetadataError {
    /// The file is damaged before the point where settings would be.
    #[error(
        "the {format} file is damaged, so its settings cannot be read: {reason}; use an intact copy"
    )]
    Damaged {
        /// The format's name: `PNG`, `JPEG`.
        format: &'static str,
        /// What is wrong with the file.
        reason: String,
    },
    /// The settings exist but are not text.
    #[error(
        "the settings in the {format} file are not UTF-8 text; use a copy that no other program has changed"
    )]
    NotText {
        /// The format's name: `PNG`, `JPEG`.
        format: &'static str,
    },
}

/// The settings that [`write`](super::write()) embedded in a file with content `bytes`.
///
/// `None` if there are none, as in every file that is neither PNG nor JPEG.
pub fn read_settings(bytes: &[u8]) -> Result<Option<String>, MetadataError> {
    match image::guess_format(bytes) {
        Ok(image::ImageFormat::Png) => read_png(bytes),
        Ok(image::ImageFormat::Jpeg) => read_jpeg(bytes),
        _ => Ok(None),
    }
}

fn read_png(bytes: &[u8]) -> Result<Option<String>, MetadataError> {
    let damaged = |error: png::DecodingError| MetadataError::Damaged {
        format: "PNG",
        reason: error.to_string(),
    };
    let reader = png::Decoder::new(Cursor::new(bytes)).read_info().map_err(damaged)?;
    reader
        .info()
        .utf8_text
        .iter()
        .find(|chunk| chunk.keyword == PNG_KEYWORD)
        .map(|chunk| chunk.get_text().map_err(damaged))
        .transpose()
}

fn read_jpeg(bytes: &[u8]) -> Result<Option<String>, MetadataError> {
    let comments = jpeg::comments(bytes).ok_or_else(cut_short)?;
    let parts: Vec<&[u8]> =
        comments.into_iter().filter_map(|comment| comment.strip_prefix(JPEG_PREFIX)).collect();
    if parts.is_empty() {
        return Ok(None);
    }
    String::from_utf8(parts.concat())
        .map(Some)
        .map_err(|_| MetadataError::NotText { format: "JPEG" })
}

/// The JPEG file `jpeg` with `settings` embedded.
pub(super) fn add_to_jpeg(jpeg: Vec<u8>, settings: &str) -> Result<Vec<u8>, MetadataError> {
    let parts = settings.as_bytes().chunks(LONGEST_COMMENT - JPEG_PREFIX.len());
    let comments = parts.map(|part| [JPEG_PREFIX, part].concat());
    jpeg::with_comments(jpeg, comments).ok_or_else(cut_short)
}

fn cut_short() -> MetadataError {
    MetadataError::Damaged { format: "JPEG", reason: "it ends before its picture".into() }
}
