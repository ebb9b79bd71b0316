//! The file formats a picture can be written in.

use super::Depth;
use std::fmt;
use std::path::{Path, PathBuf};

/// An output format. What a format cannot hold is dropped, never blended into the colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// 8 or 16 bits, with alpha, lossless; carries the settings.
    Png,
    /// 8 bits, no alpha, lossy; carries the settings.
    Jpeg,
    /// 8 bits, with alpha, lossless.
    WebP,
    /// 8 or 16 bits, with alpha, uncompressed.
    Tiff,
    /// 8 bits, no alpha, uncompressed.
    Bmp,
}

/// A file name without the suffix of a [`Format`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{} does not say which format to write; end the name in .png, .jpg, .jpeg, .webp, .tif, .tiff or .bmp",
    path.display()
)]
pub struct UnknownSuffix {
    path: PathBuf,
}

impl Format {
    /// The format of `path`'s suffix: `.png`, `.jpg`, `.jpeg`, `.webp`, `.tif`, `.tiff` or `.bmp`,
    /// in any case.
    pub fn from_path(path: &Path) -> Result<Self, UnknownSuffix> {
        path.extension()
            .and_then(|suffix| suffix.to_str())
            .and_then(Self::from_suffix)
            .ok_or_else(|| UnknownSuffix { path: path.to_owned() })
    }

    /// The format of a suffix without its dot, in any case.
    pub fn from_suffix(suffix: &str) -> Option<Self> {
        match suffix.to_ascii_lowercase().as_str() {
            "png" => Some(Self::Png),
            "jpg" | "jpeg" => Some(Self::Jpeg),
            "webp" => Some(Self::WebP),
            "tif" | "tiff" => Some(Self::Tiff),
            "bmp" => Some(Self::Bmp),
            _ => None,
        }
    }

    /// Whether the format keeps [`alpha`](super::Picture::alpha).
    pub fn has_alpha(self) -> bool {
        matches!(self, Self::Png | Self::WebP | Self::Tiff)
    }

    /// The depth in which a picture of depth `wanted` is written.
    pub fn depth(self, wanted: Depth) -> Depth {
        match self {
            Self::Png | Self::Tiff => wanted,
            Self::Jpeg | Self::WebP | Self::Bmp => Depth::Eight,
        }
    }

    /// The longest side, in pixels.
    pub fn max_side(self) -> usize {
        match self {
            Self::Png | Self::Tiff | Self::Bmp => i32::MAX as usize,
            Self::Jpeg => u16::MAX as usize,
            Self::WebP => 1 << 14,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::WebP => "WebP",
            Self::Tiff => "TIFF",
            Self::Bmp => "BMP",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suffix_names_the_format_in_any_case() {
        assert_eq!(Format::from_path("a/b.JPeG".as_ref()), Ok(Format::Jpeg));
        assert_eq!(Format::from_path("b.tif".as_ref()), Ok(Format::Tiff));
    }

    #[test]
    fn an_unknown_or_missing_suffix_is_an_error_that_lists_the_known_ones() {
        for name in ["picture", "picture.gif", "a.png/picture", ".png"] {
            let message = Format::from_path(name.as_ref()).unwrap_err().to_string();
            assert!(message.starts_with(name), "{message}");
            assert!(message.contains(".webp"), "{message}");
        }
    }
}
