//! Draws contact sheets of the `motifs` data set: a sheet for each class and one of all classes.
//!
//! `cargo run --release --no-default-features --features train --example draw_motifs -- FOLDER [SIZE [SEED]]`

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};
use dreamer::train::data::DataSet;
use dreamer::train::data::motifs::motifs;
use image::imageops::{FilterType, replace, resize};
use image::{Rgb, RgbImage};

/// Columns and rows of a class's sheet.
const COLUMNS: usize = 10;
const ROWS: usize = 7;
const ENLARGED: u32 = 2;
const GAP: u32 = 4;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().context("which folder to draw into?")?);
    let size = arguments.next().map_or(Ok(64), |text| text.parse()).context("SIZE is no number")?;
    let seed = arguments.next().map_or(Ok(1), |text| text.parse()).context("SEED is no number")?;
    std::fs::create_dir_all(&folder)?;

    let begun = Instant::now();
    let classes = motifs(0, 0, size, seed).classes.len();
    let data = motifs(COLUMNS * ROWS * classes, 0, size, seed);
    println!("drew {} patches in {:.2} s", data.training.len(), begun.elapsed().as_secs_f64());

    for (label, name) in data.classes.iter().enumerate() {
        let patches = (0..COLUMNS * ROWS).map(|index| index * classes + label);
        sheet(&data, COLUMNS, patches).save(folder.join(format!("{name}.png")))?;
    }
    let by_class = (0..classes * COLUMNS).map(|index| index % COLUMNS * classes + index / COLUMNS);
    sheet(&data, COLUMNS, by_class).save(folder.join("all.png"))?;
    Ok(())
}

/// The training patches with these numbers, enlarged, row by row.
fn sheet(
    data: &DataSet,
    columns: usize,
    patches: impl ExactSizeIterator<Item = usize>,
) -> RgbImage {
    let side = data.shape.width as u32 * ENLARGED;
    let rows = patches.len().div_ceil(columns) as u32;
    let mut sheet = RgbImage::from_pixel(
        columns as u32 * (side + GAP) + GAP,
        rows * (side + GAP) + GAP,
        Rgb([255; 3]),
    );
    for (place, index) in patches.enumerate() {
        let patch = resize(&picture(data, index), side, side, FilterType::CatmullRom);
        let position = |number: usize| i64::from(GAP + number as u32 * (side + GAP));
        replace(&mut sheet, &patch, position(place % columns), position(place / columns));
    }
    sheet
}

fn picture(data: &DataSet, index: usize) -> RgbImage {
    let (volume, plane) = (data.shape.volume(), data.shape.width * data.shape.height);
    let planes = &data.training.pixels[index * volume..][..volume];
    let width = data.shape.width as u32;
    RgbImage::from_fn(width, data.shape.height as u32, |x, y| {
        let place = (y * width + x) as usize;
        Rgb([planes[place], planes[plane + place], planes[2 * plane + place]])
    })
}
