//! Draws the pictures in `samples/`.

mod brush;
mod camera;
mod canvas;
mod clouds;
mod curve;
mod face;
mod hair;
mod mountains;
mod noise;
mod portrait;
mod sitter;
mod studio;
mod vector;
mod water;

use std::path::Path;

use anyhow::Result;
use image::RgbImage;

type Picture = (&'static str, fn() -> RgbImage);

const PICTURES: [Picture; 4] = [
    ("clouds.jpg", clouds::draw),
    ("mountains.jpg", mountains::draw),
    ("water.jpg", water::draw),
    ("portrait.jpg", portrait::draw),
];

fn main() -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    for (name, draw) in PICTURES {
        canvas::save(&draw(), &folder.join(name))?;
        println!("drew samples/{name}");
    }
    Ok(())
}
