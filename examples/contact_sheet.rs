//! Draws a contact sheet of a data set: some of its pictures, plain and as augmentation changes them.
//!
//! `cargo run --release --example contact_sheet -- digits shift,rotate,scale,elastic sheet.png`

use anyhow::{Context, Result};
use dreamer::network::Preprocessing;
use dreamer::train::augment::{Augmentation, MiniBatches};
use dreamer::train::data::{DataSource, LoadOptions, PictureShape};
use image::{Rgb, RgbImage};

const ROWS: usize = 12;
const COLUMNS: usize = 30;
const ENLARGED: u32 = 2;

/// Pictures stay 0..1.
const UNCHANGED: Preprocessing = Preprocessing { mean: [0.0; 3], std: [1.0; 3] };

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().context("contact_sheet DATA AUGMENTATION PNG");
    let source: DataSource = next()?.parse()?;
    let augmentation: Augmentation = next()?.parse()?;
    let path = next()?;
    let loaded = source.load(&LoadOptions::default())?;
    for note in loaded.notes {
        println!("{note}");
    }
    let data = loaded.data;
    let PictureShape { height, width, .. } = data.shape;
    let mut sheet = RgbImage::new(
        (COLUMNS * (width + 1)) as u32 * ENLARGED,
        (ROWS * (height + 1)) as u32 * ENLARGED,
    );
    let mut batches = MiniBatches::new(&data.training, data.shape, &augmentation, UNCHANGED, 0);
    let mut inputs = vec![0.0; COLUMNS * data.shape.volume()];
    for row in 0..ROWS {
        // Augmented, a picture fills half a row with what becomes of it.
        let indices: Vec<usize> = (0..COLUMNS)
            .map(|column| {
                let step = if augmentation.is_none() { column } else { column / (COLUMNS / 2) };
                (row * COLUMNS + step) % data.training.len()
            })
            .collect();
        let mut labels = [0; COLUMNS];
        for column in 0..COLUMNS {
            let volume = data.shape.volume();
            let input = &mut inputs[column * volume..][..volume];
            batches.fill(column as u64, &[indices[column]], input, &mut labels[..1]);
            let plane = height * width;
            for place in 0..plane {
                let level = |channel: usize| {
                    (input[channel % data.shape.channels * plane + place] * 255.0).round() as u8
                };
                let corner =
                    [column * (width + 1) + place % width, row * (height + 1) + place / width];
                for dot in 0..ENLARGED * ENLARGED {
                    let [x, y] = corner.map(|at| at as u32 * ENLARGED);
                    let pixel = Rgb([level(0), level(1), level(2)]);
                    sheet.put_pixel(x + dot % ENLARGED, y + dot / ENLARGED, pixel);
                }
            }
        }
    }
    sheet.save(&path).with_context(|| format!("cannot write {path}"))
}
