//! Distorting one picture: shift, rotation, scale and elastic displacement in a single resampling.

use multiversion::multiversion;
use rand::{Rng, RngExt};

use super::Augmentation;
use super::elastic::ElasticField;
use crate::train::data::PictureShape;

/// Rows and columns of background before a picture and after it: one for its edge to fade into, and
/// one more after it, so that every position has a neighbour.
const BEFORE: usize = 1;
const AROUND: usize = BEFORE + 2;

/// Distorts pictures of one shape. Each thread has its own, with buffers so that nothing is
/// allocated per picture.
pub struct Augmenter {
    augmentation: Augmentation,
    shape: PictureShape,
    elastic: Option<ElasticField>,
    /// The picture, 0..1, with background around each channel.
    source: Vec<f32>,
    places: Places,
}

/// Where the pixels of one row are sampled: the position of the upper left of four neighbours in
/// the padded plane, and the weights of the right and lower ones.
struct Places {
    positions: Vec<u32>,
    right: Vec<f32>,
    down: Vec<f32>,
}

/// The linear part and the shift of a distortion: from a position relative to the picture's centre
/// to one in the source, in the padded plane's coordinates.
struct Affine {
    /// Rows of (x, y, 1).
    x: [f32; 3],
    y: [f32; 3],
}

impl Augmenter {
    /// For pictures of a shape.
    pub fn new(augmentation: &Augmentation, shape: PictureShape) -> Augmenter {
        let PictureShape { channels, height, width } = shape;
        Augmenter {
            augmentation: *augmentation,
            shape,
            elastic: augmentation.elastic.map(|elastic| ElasticField::new(elastic, height, width)),
            source: vec![0.0; channels * (height + AROUND) * (width + AROUND)],
            places: Places {
                positions: vec![0; width],
                right: vec![0.0; width],
                down: vec![0.0; width],
            },
        }
    }

    /// Distorts `picture` (C×H×W) into `output`, values 0..1. Outside the picture, values are 0 for
    /// one channel (digits on black) and the nearest pixel for three.
    ///
    /// # Panics
    /// If `picture` or `output` does not have the length of the shape.
    pub fn apply(&mut self, picture: &[u8], output: &mut [f32], rng: &mut impl Rng) {
        assert_eq!(picture.len(), self.shape.volume(), "a picture has the shape's volume");
        assert_eq!(output.len(), self.shape.volume(), "an output has the shape's volume");
        if self.augmentation.is_none() {
            return convert(picture, output);
        }
        let affine = Affine::random(&self.augmentation, self.shape, rng);
        if let Some(field) = &mut self.elastic {
            field.draw(rng);
        }
        self.pad(picture);
        let PictureShape { height, width, .. } = self.shape;
        let (stride, plane) = (width + AROUND, (height + AROUND) * (width + AROUND));
        for y in 0..height {
            let displacements = self.elastic.as_ref().map(|field| field.row(y));
            locate(&affine, displacements, y, self.shape, &mut self.places);
            let sources = self.source.chunks_exact(plane);
            for (source, output) in sources.zip(output.chunks_exact_mut(height * width)) {
                sample(source, stride, &self.places, &mut output[y * width..][..width]);
            }
        }
    }

    fn pad(&mut self, picture: &[u8]) {
        let PictureShape { channels, height, width } = self.shape;
        let stride = width + AROUND;
        let planes = self.source.chunks_exact_mut((height + AROUND) * stride);
        for (padded, plane) in planes.zip(picture.chunks_exact(height * width)) {
            let rows = padded.chunks_exact_mut(stride).skip(BEFORE);
            for (padded, row) in rows.zip(plane.chunks_exact(width)) {
                convert(row, &mut padded[BEFORE..BEFORE + width]);
                if channels > 1 {
                    padded[0] = padded[BEFORE];
                    padded.copy_within(width..=width, width + 1);
                    padded.copy_within(width..=width, width + 2);
                }
            }
            if channels > 1 {
                padded.copy_within(stride..2 * stride, 0);
                let last = height * stride..(height + 1) * stride;
                padded.copy_within(last.clone(), last.end);
                padded.copy_within(last.clone(), last.end + stride);
            }
        }
    }
}

impl Affine {
    fn random(augmentation: &Augmentation, shape: PictureShape, rng: &mut impl Rng) -> Affine {
        let mut within = |most: f32| if most > 0.0 { rng.random_range(-most..=most) } else { 0.0 };
        let (sine, cosine) = within(augmentation.rotate).to_radians().sin_cos();
        let [mut across, down] = [1.0; 2].map(|one: f32| one / (one + within(augmentation.scale)));
        let shift = [shape.width, shape.height]
            .map(|side| (side as f32 - 1.0) / 2.0 + BEFORE as f32 + within(augmentation.shift));
        if augmentation.flip && rng.random() {
            across = -across;
        }
        Affine {
            x: [across * cosine, across * sine, shift[0]],
            y: [-down * sine, down * cosine, shift[1]],
        }
    }
}

/// Bytes as 0..1.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2"))]
fn convert(bytes: &[u8], values: &mut [f32]) {
    for (value, byte) in values.iter_mut().zip(bytes) {
        *value = f32::from(*byte) / 255.0;
    }
}

/// Computes where the pixels of row `y` are sampled.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2"))]
fn locate(
    affine: &Affine,
    displacements: Option<(&[f32], &[f32])>,
    y: usize,
    shape: PictureShape,
    places: &mut Places,
) {
    let PictureShape { height, width, .. } = shape;
    let stride = (width + AROUND) as u32;
    let [right_most, down_most] = [width, height].map(|side| (side + BEFORE) as f32);
    let [middle_x, middle_y] = [width, height].map(|side| (side as f32 - 1.0) / 2.0);
    let y = y as f32 - middle_y;
    let start = [affine.x, affine.y].map(|row| row[1] * y + row[2]);
    let Places { positions, right, down } = places;
    let (positions, right, down) =
        (&mut positions[..width], &mut right[..width], &mut down[..width]);
    match displacements {
        Some((across, along)) => {
            right.copy_from_slice(across);
            down.copy_from_slice(along);
        }
        None => {
            right.fill(0.0);
            down.fill(0.0);
        }
    }
    for (x, ((position, right), down)) in positions.iter_mut().zip(right).zip(down).enumerate() {
        let x = x as u32 as f32 - middle_x;
        let at_x = (affine.x[0] * x + start[0] + *right).clamp(0.0, right_most);
        let at_y = (affine.y[0] * x + start[1] + *down).clamp(0.0, down_most);
        let (column, row) = (at_x as u32, at_y as u32);
        *position = row * stride + column;
        *right = at_x - column as f32;
        *down = at_y - row as f32;
    }
}

/// Bilinear interpolation at `places` of a padded plane.
fn sample(source: &[f32], stride: usize, places: &Places, output: &mut [f32]) {
    let weights = places.right.iter().zip(&places.down);
    for ((value, position), (right, down)) in output.iter_mut().zip(&places.positions).zip(weights)
    {
        let near = &source[*position as usize..][..stride + 2];
        let upper = near[0] + right * (near[1] - near[0]);
        let lower = near[stride] + right * (near[stride + 1] - near[stride]);
        *value = upper + down * (lower - upper);
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    const GREY: PictureShape = PictureShape { channels: 1, height: 6, width: 5 };
    const COLOUR: PictureShape = PictureShape { channels: 3, height: 4, width: 7 };

    fn picture(shape: PictureShape) -> Vec<u8> {
        (0..shape.volume()).map(|place| 40 + (place * 37 % 200) as u8).collect()
    }

    fn augmented(text: &str, shape: PictureShape, picture: &[u8], seed: u64) -> Vec<f32> {
        let mut output = vec![f32::NAN; shape.volume()];
        let mut augmenter = Augmenter::new(&text.parse().unwrap(), shape);
        augmenter.apply(picture, &mut output, &mut ChaCha8Rng::seed_from_u64(seed));
        output
    }

    fn plain(picture: &[u8]) -> Vec<f32> {
        picture.iter().map(|value| f32::from(*value) / 255.0).collect()
    }

    #[test]
    fn none_is_a_plain_conversion() {
        for shape in [GREY, COLOUR] {
            assert_eq!(augmented("none", shape, &picture(shape), 0), plain(&picture(shape)));
        }
    }

    #[test]
    fn a_distortion_of_no_strength_changes_nothing() {
        for shape in [GREY, COLOUR] {
            let output = augmented("elastic=2:0", shape, &picture(shape), 0);
            for (got, expected) in output.iter().zip(plain(&picture(shape))) {
                assert!((got - expected).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn flip_mirrors_half_of_the_pictures() {
        let picture = picture(COLOUR);
        let mirrored: Vec<u8> =
            picture.chunks_exact(COLOUR.width).flat_map(|row| row.iter().rev().copied()).collect();
        let mut counts = [0; 2];
        for seed in 0..100 {
            let output = augmented("flip", COLOUR, &picture, seed);
            let kind = [&picture, &mirrored].map(|kind| plain(kind) == output);
            assert!(kind[0] != kind[1], "seed {seed}");
            counts[usize::from(kind[1])] += 1;
        }
        assert!(counts.iter().all(|count| *count > 30), "{counts:?}");
    }

    #[test]
    fn outside_of_a_grey_picture_is_black_and_of_a_colour_picture_its_edge() {
        for seed in 0..20 {
            let white = augmented("shift=3", GREY, &[255; 30], seed);
            assert!(white.iter().any(|value| *value < 1.0), "seed {seed}");
            let colour = augmented("shift=900,rotate,scale", COLOUR, &[51; 84], seed);
            assert!(colour.iter().all(|value| (value - 0.2).abs() < 1e-6), "seed {seed}");
        }
    }

    #[test]
    fn a_shift_moves_a_picture_and_leaves_its_brightness() {
        let shape = PictureShape { channels: 1, height: 9, width: 9 };
        let mut picture = vec![0; 81];
        picture[40] = 255;
        let moments = |output: &[f32]| {
            let moment = |weight: fn(usize) -> f32| -> f32 {
                output.iter().enumerate().map(|(place, value)| value * weight(place)).sum()
            };
            [
                moment(|_| 1.0),
                moment(|place| (place % 9) as f32),
                moment(|place| (place / 9) as f32),
            ]
        };
        let mut farthest = 0f32;
        for seed in 0..50 {
            let [sum, x, y] = moments(&augmented("shift=2.5", shape, &picture, seed));
            assert!((sum - 1.0).abs() < 1e-5);
            assert!((x - 4.0).abs() < 2.501 && (y - 4.0).abs() < 2.501);
            farthest = farthest.max((x - 4.0).abs());
        }
        assert!(farthest > 2.0);
    }

    #[test]
    fn a_rotation_turns_a_picture_around_its_centre() {
        let shape = PictureShape { channels: 1, height: 21, width: 21 };
        let mut picture = vec![0; 441];
        picture[10 * 21 + 18] = 255;
        let mut largest = 0f32;
        for seed in 0..50 {
            let output = augmented("rotate=30", shape, &picture, seed);
            let sum: f32 = output.iter().sum();
            let mean = |weight: fn(usize) -> f32| -> f32 {
                let weighted = |(place, value): (usize, &f32)| value * (weight(place) - 10.0);
                output.iter().enumerate().map(weighted).sum::<f32>() / sum
            };
            let (x, y) = (mean(|place| (place % 21) as f32), mean(|place| (place / 21) as f32));
            assert!((x.hypot(y) - 8.0).abs() < 0.3, "{x}, {y}");
            largest = largest.max(y.atan2(x).abs().to_degrees());
        }
        assert!((25.0..31.0).contains(&largest), "{largest}");
    }

    #[test]
    fn the_same_random_numbers_give_the_same_picture() {
        let text = "shift,rotate,scale,elastic,flip";
        let output = |seed| augmented(text, COLOUR, &picture(COLOUR), seed);
        assert_eq!(output(5), output(5));
        assert_ne!(output(5), output(6));
        assert!(output(5).iter().all(|value| (0.0..=1.0).contains(value)));
    }
}
