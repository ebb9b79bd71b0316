//! Small pictures in grids, each a PNG embedded in the page.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, html};

use crate::train::tile::Tile;

/// The side in CSS pixels up to which pictures are magnified by a whole factor.
const SIDE: usize = 84;

/// A picture in a grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Picture<'a> {
    /// What is shown.
    pub tile: &'a Tile,
    /// The text below it; may be empty.
    pub caption: &'a str,
    /// A description for those who cannot see it.
    pub alternative: &'a str,
}

/// A grid of pictures with a caption.
pub(super) fn grid<'a>(caption: &str, pictures: impl IntoIterator<Item = Picture<'a>>) -> Markup {
    html! {
        figure class="pictures" {
            figcaption { (caption) }
            ul {
                @for picture in pictures { li { (shown(picture)) } }
            }
        }
    }
}

fn shown(picture: Picture) -> Markup {
    let Picture { tile, caption, alternative } = picture;
    let times = (SIDE / tile.width.max(tile.height).max(1)).max(1);
    html! {
        @match png(tile) {
            Some(png) => {
                img alt=(alternative) width=(tile.width * times) height=(tile.height * times)
                    src={ "data:image/png;base64," (STANDARD.encode(png)) };
            }
            None => span class="missing" { (alternative) ": no picture" }
        }
        @if !caption.is_empty() { span { (caption) } }
    }
}

/// `None` if the tile does not have the pixels that its size says, or too many of them.
fn png(tile: &Tile) -> Option<Vec<u8>> {
    if !tile.is_whole() {
        return None;
    }
    let mut file = Vec::new();
    let [width, height] = [tile.width, tile.height].map(|side| u32::try_from(side).ok());
    let mut encoder = png::Encoder::new(&mut file, width?, height?);
    let colour = if tile.channels == 1 { png::ColorType::Grayscale } else { png::ColorType::Rgb };
    encoder.set_color(colour);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header().ok()?.write_image_data(&tile.pixels).ok()?;
    Some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_becomes_a_png_of_the_same_pixels() {
        let tile = Tile { width: 2, height: 1, channels: 3, pixels: vec![1, 2, 3, 4, 5, 6] };
        let decoded = image::load_from_memory(&png(&tile).unwrap()).unwrap().into_rgb8();
        assert_eq!((decoded.dimensions(), decoded.into_raw()), ((2, 1), tile.pixels));
    }

    #[test]
    fn a_broken_tile_is_said_to_be_missing() {
        let tile = Tile { width: 5, height: 5, channels: 1, pixels: vec![0; 7] };
        let picture = Picture { tile: &tile, caption: "", alternative: "map 1" };
        assert!(grid("maps", [picture]).into_string().contains("map 1: no picture"));
        assert_eq!(png(&Tile::default()), None);
    }
}
