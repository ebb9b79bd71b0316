//! The options for reading photographs and writing dreams.

use dreamer::options::whole;
use dreamer::picture::{Limits, WriteOptions};
use dreamer::settings;

settings! {
    /// How photographs are read and dreams are written.
    pub struct FileOptions;

    /// Refuse a photograph of more pixels than this
    max_pixels "max-pixels": "PIXELS": u64 = Limits::default().max_pixels, whole;

    /// Quality of a JPEG, 1 to 100
    quality "quality": "1..100": u8 = WriteOptions::default().jpeg_quality, percent;
}

fn percent(text: &str) -> Result<u8, String> {
    dreamer::options::up_to::<100>(text).map(|value| value as u8)
}

impl FileOptions {
    /// What is read.
    pub fn limits(&self) -> Limits {
        Limits { max_pixels: self.max_pixels }
    }
}
