//! Pictures: files on one side, planar float RGB on the other.
//!
//! [`read()`] decodes a file into a [`Picture`], [`write()`] encodes one. In between, every picture
//! has the same form: sRGB-encoded values in 0..1, upright, with alpha kept separate.
//!
//! Colours are converted to sRGB on reading, for two reasons. The networks were trained on
//! photographs taken to be sRGB, so another encoding would change what they see; and an sRGB
//! picture looks right everywhere without a profile, so none has to be carried along.

mod file;
mod format;
pub mod input;
pub mod metadata;
pub mod planes;
pub mod read;
pub mod resize;
#[cfg(feature = "cli")]
pub mod sheet;
pub mod write;

mod colour;
mod encode;
mod fit;
mod jpeg;
mod orient;
mod periodic;
mod samples;
mod webp_end;

pub use encode::{EncodeError, encode};
pub use file::PictureFile;
pub use fit::fit;
pub use format::{Format, UnknownSuffix};
pub use input::Input;
pub use metadata::{MetadataError, read_settings};
pub(crate) use periodic::periodic;
pub use planes::Planes;
pub use read::{Encoded, Limits, ReadError, read};
pub use resize::resize;
pub(crate) use resize::{resize_plane, resize_wrapping};
#[cfg(feature = "cli")]
pub use sheet::{Sheet, SheetCell};
pub use write::{Output, WriteError, WriteOptions, check, write};

use crate::Size;

/// A decoded picture, upright and in sRGB.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// The colours, 3 × height × width, 0..1, not multiplied by alpha.
    pub planes: Planes,
    /// The opacity, height × width, row-major, 0 (transparent) to 1 (opaque); `None` if the file
    /// has none. A GIF has none unless one of its pixels is transparent.
    pub alpha: Option<Vec<f32>>,
    /// The precision of the file, and of the written file where its format allows.
    pub depth: Depth,
}

impl Picture {
    /// Shrinks the picture in proportion until neither side is longer than `longest` pixels; a
    /// smaller one is left alone.
    pub fn shrink(&mut self, longest: usize) {
        let before = self.planes.size();
        let after = shrunk(before, longest);
        if after == before {
            return;
        }
        self.planes = resize(&self.planes, after.width, after.height);
        if let Some(alpha) = &mut self.alpha {
            *alpha = resize::resize_plane(alpha, before, after);
        }
    }
}

/// Width and height after [`Picture::shrink`].
pub fn shrunk(size: Size, longest: usize) -> Size {
    let own = size.width.max(size.height);
    if own <= longest {
        return size;
    }
    let ratio = longest as f64 / own as f64;
    let side = |side: usize| ((side as f64 * ratio).round() as usize).max(1);
    Size { height: side(size.height), width: side(size.width) }
}

/// Bits per channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// 256 levels.
    Eight,
    /// 65536 levels, also used for floating-point samples.
    Sixteen,
}
