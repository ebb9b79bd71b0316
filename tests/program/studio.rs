//! A folder with a photograph and the generated weights of a small network.

use std::fs;
use std::path::Path;

use dreamer::network::zoo;
use image::{DynamicImage, ImageBuffer, Rgb, Rgba};
use safetensors::Dtype;
use safetensors::tensor::TensorView;

use crate::folder::Folder;
use crate::generated;

/// Key, shape and values of a parameter.
pub type Parameter = (String, Vec<usize>, Vec<f32>);

/// Options that keep a dream short.
pub const SHORT: [&str; 2] = ["--octaves=2", "--iterations=2"];

/// `photo.png` and `models/squeezenet1_1.safetensors` in a folder.
pub fn studio() -> Folder {
    let folder = Folder::new();
    fs::create_dir(folder.path("models")).unwrap();
    write_weights(&folder.path("models/squeezenet1_1.safetensors"), &weights());
    photo(96, 80).save(folder.path("photo.png")).unwrap();
    folder
}

/// The generated weights of squeezenet1_1.
pub fn weights() -> Vec<Parameter> {
    generated::weights(&zoo::build("squeezenet1_1").unwrap())
}

pub fn write_weights(path: &Path, weights: &[Parameter]) {
    let bytes: Vec<Vec<u8>> = weights
        .iter()
        .map(|(_, _, values)| values.iter().flat_map(|value| value.to_le_bytes()).collect())
        .collect();
    let tensors = weights.iter().zip(&bytes).map(|((key, shape, _), bytes)| {
        (key, TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap())
    });
    fs::write(path, safetensors::serialize(tensors, None).unwrap()).unwrap();
}

/// A picture of 8 bits that no format makes small.
pub fn photo(width: u32, height: u32) -> DynamicImage {
    let pixel = |x, y| Rgb([0, 1, 2].map(|channel| level(x, y, channel) as u8));
    ImageBuffer::from_fn(width, height, pixel).into()
}

/// Likewise of 16 bits, with an alpha of its own.
pub fn deep_photo(width: u32, height: u32) -> DynamicImage {
    let pixel = |x, y| Rgba([0, 1, 2, 3].map(|channel| level(x, y, channel) as u16));
    ImageBuffer::from_fn(width, height, pixel).into()
}

fn level(x: u32, y: u32, channel: u32) -> u32 {
    let mixed = ((x * 0x9E37) ^ (y * 0x85EB)).wrapping_add(channel * 0x27D4_EB2F);
    mixed.wrapping_mul(0x2C1B_3C6D) >> 13
}
