//! Decoding a picture file.
//!
//! The format is detected from content, never from the name. Of a picture with several frames or
//! pages, the first is read. Colour information other than an ICC profile (gamma, chromaticities)
//! is ignored: such a picture is taken as sRGB.

use super::colour::ToSrgb;
use super::jpeg::reaches_end_of_image;
use super::orient::Placement;
use super::samples::Layout;
use super::webp_end::reaches_end_of_metadata;
use super::{Input, Picture, Planes};
use crate::Size;
use crate::escape::escape;
use image::metadata::Orientation;
use image::{ImageDecoder, ImageError, ImageFormat, ImageReader};
use std::fs::File;
use std::io::{self, Cursor, ErrorKind, Read};

/// How large a picture may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most pixels, width × height. It also bounds the memory a decoder may use.
    pub max_pixels: u64,
}

impl Default for Limits {
    /// 200 megapixels.
    fn default() -> Self {
        Self { max_pixels: 200_000_000 }
    }
}

impl Limits {
    /// Room for a decoded picture of the widest samples (four 32-bit ones per pixel), for the same
    /// again inside the decoder, and for 64 MiB of other data.
    fn decoder_memory(self) -> u64 {
        self.max_pixels.saturating_mul(2 * 16).saturating_add(64 << 20)
    }
}

/// Why a picture could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Nothing has that name.
    #[error("{input} does not exist; check the name and the folder")]
    Missing {
        /// The file, or standard input.
        input: Input,
    },
    /// The name is that of a folder.
    #[error("{input} is a folder, not a picture")]
    Directory {
        /// The file, or standard input.
        input: Input,
    },
    /// The operating system refuses or fails.
    #[error("{input} cannot be read: {reason}; check its permissions")]
    Unreadable {
        /// The file, or standard input.
        input: Input,
        /// The operating system's or the decoder's reason.
        reason: String,
    },
    /// The file holds no bytes.
    #[error("{input} is empty (0 bytes), not a picture")]
    Empty {
        /// The file, or standard input.
        input: Input,
    },
    /// The content is not in any supported format.
    #[error(
        "{input} is not a picture in a supported format: {content}; supported are JPEG, PNG, WebP, TIFF, BMP and GIF"
    )]
    NotAPicture {
        /// The file, or standard input.
        input: Input,
        /// What the file seems to hold instead.
        content: &'static str,
    },
    /// More pixels than [`Limits::max_pixels`].
    #[error("{input} is {width}×{height} pixels, more than the limit of {max_pixels}")]
    TooManyPixels {
        /// The file, or standard input.
        input: Input,
        /// Width of the picture, in pixels.
        width: u32,
        /// Height of the picture, in pixels.
        height: u32,
        /// The limit that was given.
        max_pixels: u64,
    },
    /// Decoding needs more memory than [`Limits::max_pixels`] allows, or than there is.
    #[error("{input} needs more memory to decode than a limit of {max_pixels} pixels allows")]
    TooMuchMemory {
        /// The file, or standard input.
        input: Input,
        /// The limit that was given.
        max_pixels: u64,
    },
    /// A side of 0 pixels.
    #[error("{input} is {width}×{height} pixels, so there is nothing to dream on")]
    NoPixels {
        /// The file, or standard input.
        input: Input,
        /// Width of the picture, in pixels.
        width: u32,
        /// Height of the picture, in pixels.
        height: u32,
    },
    /// The file ends too early, or its content contradicts itself.
    #[error("{input} is a damaged or truncated {format} file: {reason}; use an intact copy")]
    Damaged {
        /// The file, or standard input.
        input: Input,
        /// The format's name.
        format: &'static str,
        /// The operating system's or the decoder's reason.
        reason: String,
    },
    /// The file uses a feature of its format that cannot be decoded.
    #[error(
        "{input} is a {format} file of an unsupported kind: {reason}; convert it to an 8-bit RGB PNG or JPEG"
    )]
    Unsupported {
        /// The file, or standard input.
        input: Input,
        /// The format's name.
        format: &'static str,
        /// The operating system's or the decoder's reason.
        reason: String,
    },
}

/// Reads the picture in `input`, upright and converted to sRGB.
///
/// At most the decoded samples and the float planes are in memory at once (or, while decoding, the
/// file and its decoder). Sizes are checked against `limits` before anything of that size is
/// allocated. A truncated file is an error, even if its format would allow showing the first part.
pub fn read(input: &Input, limits: &Limits) -> Result<Picture, ReadError> {
    Encoded::load(input, limits)?.decode(input, limits)
}

/// A picture file in memory, not yet decoded.
pub struct Encoded {
    format: ImageFormat,
    bytes: Vec<u8>,
}

impl Encoded {
    /// Reads a picture file.
    ///
    /// # Errors
    /// [`ReadError`] if there is none, or it does not start like a picture.
    pub fn load(input: &Input, limits: &Limits) -> Result<Encoded, ReadError> {
        let (format, bytes) = match input {
            Input::Stdin => load_from(io::stdin().lock(), input, limits),
            Input::Path(path) => {
                let file = File::open(path).map_err(|error| unreadable(input, error))?;
                load_from(file, input, limits)
            }
        }?;
        Ok(Encoded { format, bytes })
    }

    /// The content of the file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The size from the file's header, before the picture is turned upright.
    ///
    /// # Errors
    /// [`ReadError`] if the header is damaged or has more pixels than the limits allow.
    pub fn size(&self, input: &Input, limits: &Limits) -> Result<Size, ReadError> {
        let decoder = decoder(&self.bytes[..], self.format, limits);
        let decoder =
            decoder.map_err(|failure| failure.of(input, format_name(self.format), limits))?;
        let (width, height) = decoder.dimensions();
        Ok(Size { height: height as usize, width: width as usize })
    }

    /// The picture, upright and converted to sRGB; errors name it `input`.
    ///
    /// # Errors
    /// As for [`read()`].
    pub fn decode(self, input: &Input, limits: &Limits) -> Result<Picture, ReadError> {
        let Encoded { format, bytes } = self;
        let decoded = decode(bytes, format, limits)
            .map_err(|failure| failure.of(input, format_name(format), limits))?;
        decoded.into_picture(format).ok_or_else(|| too_much_memory(input, limits))
    }
}

/// Reads all of `reader`, but only the first bytes if they are not the start of a picture, and
/// never more than a picture within the limits needs.
fn load_from(
    mut reader: impl Read,
    input: &Input,
    limits: &Limits,
) -> Result<(ImageFormat, Vec<u8>), ReadError> {
    let mut bytes = Vec::new();
    reader.by_ref().take(512).read_to_end(&mut bytes).map_err(|error| unreadable(input, error))?;
    let format = recognise(&bytes, input)?;
    let most = limits.decoder_memory();
    reader.take(most).read_to_end(&mut bytes).map_err(|error| unreadable(input, error))?;
    if bytes.len() as u64 >= most {
        return Err(too_much_memory(input, limits));
    }
    Ok((format, bytes))
}

fn unreadable(input: &Input, error: io::Error) -> ReadError {
    let input = input.clone();
    match error.kind() {
        ErrorKind::NotFound => ReadError::Missing { input },
        ErrorKind::IsADirectory => ReadError::Directory { input },
        _ => ReadError::Unreadable { input, reason: escape(error).to_string() },
    }
}

fn recognise(head: &[u8], input: &Input) -> Result<ImageFormat, ReadError> {
    use ImageFormat::*;
    match image::guess_format(head) {
        _ if head.is_empty() => Err(ReadError::Empty { input: input.clone() }),
        Ok(format @ (Jpeg | Png | WebP | Tiff | Bmp | Gif)) => Ok(format),
        _ => Err(ReadError::NotAPicture { input: input.clone(), content: describe(head) }),
    }
}

/// The likely content of a file that starts with `head` and is not a supported picture.
fn describe(head: &[u8]) -> &'static str {
    let is_text = |text: &str| text.chars().all(|c| !c.is_control() || c.is_whitespace());
    // The last character of `head` may be cut in half.
    let valid = match std::str::from_utf8(head) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).ok()
        }
        Err(_) => None,
    };
    match head.get(4..12) {
        Some(b"ftypheic" | b"ftypheix" | b"ftypmif1" | b"ftypmsf1") => "its content is HEIC",
        Some(b"ftypavif" | b"ftypavis") => "its content is AVIF",
        _ if head.starts_with(b"%PDF") => "its content is PDF",
        _ if valid.is_some_and(is_text) => "its content is text",
        _ => "its content is in another format",
    }
}

fn format_name(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Jpeg => "JPEG",
        ImageFormat::Png => "PNG",
        ImageFormat::WebP => "WebP",
        ImageFormat::Tiff => "TIFF",
        ImageFormat::Bmp => "BMP",
        _ => "GIF",
    }
}

/// Why decoding stopped, before the file is named.
enum Failure {
    Size {
        width: u32,
        height: u32,
    },
    /// The part that is missing.
    CutShort(&'static str),
    Memory,
    Decoder(ImageError),
}

impl Failure {
    fn of(self, input: &Input, format: &'static str, limits: &Limits) -> ReadError {
        let (input, max_pixels) = (input.clone(), limits.max_pixels);
        match self {
            Self::Size { width, height } if width == 0 || height == 0 => {
                ReadError::NoPixels { input, width, height }
            }
            Self::Size { width, height } => {
                ReadError::TooManyPixels { input, width, height, max_pixels }
            }
            Self::CutShort(missing) => {
                ReadError::Damaged { input, format, reason: format!("{missing} is missing") }
            }
            Self::Memory | Self::Decoder(ImageError::Limits(_)) => too_much_memory(&input, limits),
            Self::Decoder(ImageError::Unsupported(error)) => {
                ReadError::Unsupported { input, format, reason: escape(error).to_string() }
            }
            Self::Decoder(error) => {
                ReadError::Damaged { input, format, reason: root_cause(&error) }
            }
        }
    }
}

impl From<ImageError> for Failure {
    fn from(error: ImageError) -> Self {
        Self::Decoder(error)
    }
}

fn too_much_memory(input: &Input, limits: &Limits) -> ReadError {
    ReadError::TooMuchMemory { input: input.clone(), max_pixels: limits.max_pixels }
}

/// The innermost error, which says what is wrong without repeating the format's name.
fn root_cause(error: &ImageError) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    escape(cause).to_string()
}

/// The samples of a picture as stored in its file.
struct Decoded {
    samples: Vec<u8>,
    layout: Layout,
    width: usize,
    height: usize,
    orientation: Orientation,
    icc: Option<Vec<u8>>,
}

fn decode(bytes: Vec<u8>, format: ImageFormat, limits: &Limits) -> Result<Decoded, Failure> {
    let missing = match format {
        ImageFormat::Jpeg if !reaches_end_of_image(&bytes) => Some("its end-of-image marker"),
        ImageFormat::WebP if !reaches_end_of_metadata(&bytes) => Some("the end of its metadata"),
        _ => None,
    };
    let mut decoder = decoder(bytes, format, limits)?;
    let (width, height) = decoder.dimensions();
    if let Some(missing) = missing {
        return Err(Failure::CutShort(missing));
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let icc = decoder.icc_profile().unwrap_or(None);
    let layout = Layout::from(decoder.color_type());
    let length = usize::try_from(decoder.total_bytes()).map_err(|_| Failure::Memory)?;
    let mut samples = filled(length, 0).ok_or(Failure::Memory)?;
    decoder.read_image(&mut samples)?;
    Ok(Decoded {
        samples,
        layout,
        width: width as usize,
        height: height as usize,
        orientation,
        icc,
    })
}

/// A decoder whose header has been read, with a size within the limits.
fn decoder<'a>(
    bytes: impl AsRef<[u8]> + 'a,
    format: ImageFormat,
    limits: &Limits,
) -> Result<impl ImageDecoder + 'a, Failure> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut decoder_limits = image::Limits::no_limits();
    decoder_limits.max_alloc = Some(limits.decoder_memory());
    reader.limits(decoder_limits);
    let decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 || pixels > limits.max_pixels {
        return Err(Failure::Size { width, height });
    }
    Ok(decoder)
}

impl Decoded {
    /// The picture upright and in sRGB; `None` if memory runs out.
    fn into_picture(self, format: ImageFormat) -> Option<Picture> {
        let pixels = self.width * self.height;
        let place = Placement::new(self.width, self.height, self.orientation);
        let mut to_srgb = self.icc.as_deref().and_then(ToSrgb::new);
        let mut data: Vec<f32> = filled(3 * pixels, 0.0)?;
        let mut alpha = if self.has_alpha(format) { Some(filled(pixels, 0.0)?) } else { None };
        let (mut samples, mut rgb) = (Vec::new(), Vec::new());
        for (y, row) in self.rows().enumerate() {
            self.layout.read_row(row, &mut samples);
            self.layout.colours(&samples, &mut rgb);
            if let Some(to_srgb) = &mut to_srgb {
                to_srgb.convert(&mut rgb);
            }
            for (channel, plane) in data.chunks_exact_mut(pixels).enumerate() {
                place.place_row(y, rgb.iter().copied().skip(channel).step_by(3), plane);
            }
            if let Some(alpha) = &mut alpha {
                place.place_row(y, self.layout.last_channel(&samples), alpha);
            }
        }
        Some(Picture {
            planes: Planes::new(place.width, place.height, data),
            alpha,
            depth: self.layout.depth(),
        })
    }

    fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.samples.chunks_exact(self.width * self.layout.bytes_per_pixel())
    }

    /// A GIF is always decoded with alpha, so only a transparent pixel counts.
    fn has_alpha(&self, format: ImageFormat) -> bool {
        let transparent = |pixel: &[u8]| pixel.last() != Some(&u8::MAX);
        self.layout.has_alpha()
            && (format != ImageFormat::Gif
                || self.samples.chunks_exact(self.layout.bytes_per_pixel()).any(transparent))
    }
}

/// `value` repeated `length` times; `None` if memory runs out.
fn filled<T: Clone>(length: usize, value: T) -> Option<Vec<T>> {
    let mut values = Vec::new();
    values.try_reserve_exact(length).ok()?;
    values.resize(length, value);
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_that_is_no_picture_is_described() {
        assert_eq!(describe("Grüße\n".as_bytes()), "its content is text");
        assert_eq!(describe(&"Grüße".as_bytes()[..3]), "its content is text");
        assert_eq!(describe(b"\0\0\0\x18ftypheic\0\0"), "its content is HEIC");
        assert_eq!(describe(b"%PDF-1.7"), "its content is PDF");
        assert_eq!(describe(b"\x7fELF\x02\x01"), "its content is in another format");
    }

    #[test]
    fn a_higher_pixel_limit_gives_decoders_more_memory() {
        let memory = |max_pixels| Limits { max_pixels }.decoder_memory();
        assert!(memory(1_000_000) >= 32_000_000);
        assert!(memory(2_000_000) > memory(1_000_000));
        assert_eq!(memory(u64::MAX), u64::MAX);
    }
}
