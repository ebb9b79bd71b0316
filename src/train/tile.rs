//! Small 8-bit pictures: kernels, feature maps and examples.

use serde::{Deserialize, Serialize};

use super::data::PictureShape;

/// A small 8-bit picture: rows of pixels, 1 (grey) or 3 (RGB) bytes each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tile {
    /// Pixels in a row.
    pub width: usize,
    /// Number of rows.
    pub height: usize,
    /// 1 (grey) or 3 (RGB).
    pub channels: usize,
    /// Height×width×channels bytes.
    pub pixels: Vec<u8>,
}

/// How values are mapped to black and white.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Levels {
    /// Zero is mid-grey and the value farthest from it black or white: for kernels, whose sign
    /// matters.
    Symmetric,
    /// The lowest value is black and the highest white: for feature maps.
    LowestToHighest,
}

impl Tile {
    /// The tile of a C×H×W map of floating-point values: RGB if C is 3, otherwise the mean of its
    /// channels in grey.
    ///
    /// Values that are not finite are black. If all are equal, they are mid-grey.
    ///
    /// # Panics
    /// If the number of `values` is not C·H·W.
    pub fn from_planes(values: &[f32], shape: PictureShape, levels: Levels) -> Tile {
        assert_eq!(values.len(), shape.volume(), "the values of a {shape:?}");
        if matches!(shape.channels, 1 | 3) {
            return interleaved(values, shape, scale(values, levels));
        }
        let plane = shape.height * shape.width;
        let means: Vec<f32> = (0..plane)
            .map(|pixel| {
                values.iter().skip(pixel).step_by(plane).sum::<f32>() / shape.channels as f32
            })
            .collect();
        interleaved(&means, PictureShape { channels: 1, ..shape }, scale(&means, levels))
    }

    /// A grey tile for each channel of a C×H×W map, all on the same scale, as in
    /// [`Tile::from_planes`].
    ///
    /// # Panics
    /// If the number of `values` is not C·H·W.
    pub fn of_each_plane(values: &[f32], shape: PictureShape, levels: Levels) -> Vec<Tile> {
        assert_eq!(values.len(), shape.volume(), "the values of a {shape:?}");
        let scale = scale(values, levels);
        let one = PictureShape { channels: 1, ..shape };
        values
            .chunks_exact(one.volume().max(1))
            .map(|plane| interleaved(plane, one, scale))
            .collect()
    }

    /// The tile of a C×H×W 8-bit picture as data sets store it, C being 1 or 3.
    ///
    /// # Panics
    /// If the number of `pixels` is not C·H·W.
    pub fn from_picture(pixels: &[u8], shape: PictureShape) -> Tile {
        assert_eq!(pixels.len(), shape.volume(), "the values of a {shape:?}");
        tile(shape, |value| pixels[value])
    }

    /// Whether it has as many pixels as its size says.
    pub fn is_whole(&self) -> bool {
        matches!(self.channels, 1 | 3)
            && !self.pixels.is_empty()
            && self.pixels.len() == self.width * self.height * self.channels
    }
}

/// The value of black, and the difference from black to white.
type Scale = (f32, f32);

fn scale(values: &[f32], levels: Levels) -> Scale {
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    let (lowest, highest) = match levels {
        Levels::Symmetric => {
            let farthest = finite().fold(0.0, |farthest: f32, value| farthest.max(value.abs()));
            (-farthest, farthest)
        }
        Levels::LowestToHighest => {
            (finite().fold(f32::INFINITY, f32::min), finite().fold(f32::NEG_INFINITY, f32::max))
        }
    };
    (lowest, highest - lowest)
}

fn interleaved(planes: &[f32], shape: PictureShape, (black, range): Scale) -> Tile {
    tile(shape, |value| {
        let share = if range > 0.0 { (planes[value] - black) / range } else { 0.5 };
        if planes[value].is_finite() { (share * 255.0).round() as u8 } else { 0 }
    })
}

/// The tile of `level`s of the C×H×W values by index.
fn tile(shape: PictureShape, level: impl Fn(usize) -> u8) -> Tile {
    let plane = shape.height * shape.width;
    let pixels = (0..plane)
        .flat_map(|pixel| (0..shape.channels).map(move |channel| channel * plane + pixel))
        .map(level)
        .collect();
    Tile { width: shape.width, height: shape.height, channels: shape.channels, pixels }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(channels: usize, height: usize, width: usize) -> PictureShape {
        PictureShape { channels, height, width }
    }

    #[test]
    fn zero_is_the_middle_grey_of_a_kernel() {
        let tile = Tile::from_planes(&[-2.0, 0.0, 1.0], shape(1, 1, 3), Levels::Symmetric);
        assert_eq!(tile.pixels, [0, 128, 191]);
    }

    #[test]
    fn a_feature_map_spans_black_to_white() {
        let tile = Tile::from_planes(&[5.0, 6.0, 7.0], shape(1, 3, 1), Levels::LowestToHighest);
        assert_eq!((tile.pixels.as_slice(), tile.width, tile.height), (&[0, 128, 255][..], 1, 3));
    }

    #[test]
    fn three_planes_become_the_colours_of_each_pixel() {
        let planes = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
        let tile = Tile::from_planes(&planes, shape(3, 1, 2), Levels::LowestToHighest);
        assert_eq!(tile.pixels, [0, 102, 204, 51, 153, 255]);
        assert!(tile.is_whole());
    }

    #[test]
    fn other_numbers_of_planes_become_their_mean() {
        let planes = [0.0, 1.0, 2.0, 5.0];
        let tile = Tile::from_planes(&planes, shape(2, 1, 2), Levels::LowestToHighest);
        assert_eq!((tile.channels, tile.pixels.as_slice()), (1, &[0, 255][..]));
    }

    #[test]
    fn maps_of_a_layer_share_a_scale() {
        let planes = [0.0, 1.0, 3.0, 4.0];
        let tiles = Tile::of_each_plane(&planes, shape(2, 1, 2), Levels::LowestToHighest);
        assert_eq!(tiles[0].pixels, [0, 64]);
        assert_eq!(tiles[1].pixels, [191, 255]);
    }

    #[test]
    fn values_without_contrast_or_meaning_do_no_harm() {
        let flat = Tile::from_planes(&[3.0; 4], shape(1, 2, 2), Levels::LowestToHighest);
        assert_eq!(flat.pixels, [128; 4]);
        let broken = [f32::NAN, f32::INFINITY, 0.0, 1.0];
        let tile = Tile::from_planes(&broken, shape(1, 2, 2), Levels::LowestToHighest);
        assert_eq!(tile.pixels, [0, 0, 0, 255]);
        assert!(Tile::of_each_plane(&[], shape(0, 2, 2), Levels::Symmetric).is_empty());
    }

    #[test]
    fn a_picture_keeps_its_bytes() {
        let tile = Tile::from_picture(&[1, 2, 3, 4, 5, 6], shape(3, 2, 1));
        assert_eq!(tile.pixels, [1, 3, 5, 2, 4, 6]);
    }
}
