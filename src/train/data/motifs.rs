//! Motifs: colour patches drawn by code, for a network that can dream without anyone's photographs.
//!
//! Twelve kinds of things that look good in a dream, each in its usual colours or in any, of many
//! sizes, alone or in patterns, on backdrops as a camera might see them; and a thirteenth class,
//! `plain`, of backdrops alone. A patch depends only on the seed, on its part of the data set and
//! on its index there.

mod arches;
mod backdrop;
mod bricks;
mod canvas;
mod checks;
mod colour;
mod distractor;
mod eye;
mod feather;
mod flower;
mod geometry;
mod layout;
mod leaf;
mod noise;
mod photograph;
mod scales;
mod spiral;
mod star;
mod surface;
mod waves;
mod web;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::source::{self, LoadOptions, Loaded};
use super::{DataError, DataSet, Examples, PictureShape};
use backdrop::Backdrop;
use canvas::Canvas;
use colour::{Hues, Palette};

type Paint = fn(&mut Canvas, &Palette, &mut ChaCha8Rng);

/// A class: its name, how it is painted on a backdrop, and its usual hues.
struct Class {
    name: &'static str,
    paint: Paint,
    hues: Option<Hues>,
}

/// Fraction of a class's patches that have its usual hues; the others have any.
///
/// If colour says nothing about the class, the network dreams in greys; if it says everything, the
/// network looks at nothing else.
const USUAL: f64 = 0.75;

/// Hues in turns: 0.08 is red, 0.16 orange, 0.29 yellow, 0.39 green, 0.54 cyan, 0.73 blue, 0.86
/// violet and 0.97 pink.
const fn hues(main: f32, second: f32, accent: f32, ground: f32) -> Option<Hues> {
    Some(Hues { main, second, accent, ground })
}

/// The classes by label.
const CLASSES: [Class; 13] = [
    Class { name: "arches", paint: arches::paint, hues: hues(0.19, 0.16, 0.08, 0.71) },
    Class { name: "bricks", paint: bricks::paint, hues: hues(0.09, 0.12, 0.16, 0.25) },
    Class { name: "checks", paint: checks::paint, hues: hues(0.9, 0.29, 0.3, 0.85) },
    Class { name: "eyes", paint: eye::paint, hues: hues(0.66, 0.14, 0.45, 0.1) },
    Class { name: "feathers", paint: feather::paint, hues: hues(0.56, 0.76, 0.26, 0.4) },
    Class { name: "leaves", paint: leaf::paint, hues: hues(0.38, 0.32, 0.2, 0.62) },
    Class { name: "petals", paint: flower::paint, hues: hues(0.99, 0.87, 0.28, 0.39) },
    Class {
        name: "plain",
        paint: |canvas, palette, rng| distractor::paint_pieces(canvas, palette, 4, rng),
        hues: None,
    },
    Class { name: "scales", paint: scales::paint, hues: hues(0.47, 0.25, 0.55, 0.5) },
    Class { name: "spirals", paint: spiral::paint, hues: hues(0.14, 0.97, 0.6, 0.55) },
    Class { name: "stars", paint: star::paint, hues: hues(0.29, 0.2, 0.08, 0.77) },
    Class { name: "waves", paint: waves::paint, hues: hues(0.7, 0.6, 0.55, 0.2) },
    Class { name: "webs", paint: web::paint, hues: hues(0.8, 0.7, 0.95, 0.86) },
];

/// Default side of a patch, and default numbers of them.
const SIDE: usize = 32;
const TRAINING: usize = 26_000;
const TEST: usize = 2_600;

/// Draws the data set that the options request.
pub(super) fn load(options: &LoadOptions) -> Result<Loaded, DataError> {
    let side = options.size.unwrap_or(SIDE);
    let shape = PictureShape { channels: 3, height: side, width: side };
    let (training, test) = (options.training.unwrap_or(TRAINING), options.test.unwrap_or(TEST));
    source::check_memory("motifs", training.saturating_add(test), shape)?;
    Ok(Loaded::from(motifs(training, test, side, options.seed)))
}

/// Draws `training` and `test` patches of `size` × `size` pixels in RGB, cycling through the
/// classes.
pub fn motifs(training: usize, test: usize, size: usize, seed: u64) -> DataSet {
    DataSet {
        name: "motifs".into(),
        shape: PictureShape { channels: 3, height: size, width: size },
        classes: CLASSES.iter().map(|class| class.name.into()).collect(),
        training: examples(training, size, seed, 0),
        test: examples(test, size, seed, 1),
        validation: Examples::default(),
    }
}

fn examples(count: usize, size: usize, seed: u64, part: u64) -> Examples {
    let mut pixels = vec![0; count * 3 * size * size];
    let picture = (3 * size * size).max(1);
    pixels.par_chunks_exact_mut(picture).enumerate().for_each(|(index, planes)| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(2 * index as u64 + part);
        let bytes = patch(&CLASSES[index % CLASSES.len()], size, &mut rng);
        for (place, value) in bytes.into_iter().enumerate() {
            planes[place % 3 * size * size + place / 3] = value;
        }
    });
    Examples { pixels, labels: (0..count).map(|index| (index % CLASSES.len()) as u16).collect() }
}

/// A patch's bytes, row by row, RGB.
fn patch(class: &Class, size: usize, rng: &mut ChaCha8Rng) -> Vec<u8> {
    let usual = class.hues.filter(|_| rng.random_bool(USUAL));
    let palette = Palette::random(usual, rng);
    let mut canvas = Canvas::new(size, &Backdrop::random(&palette, rng));
    if rng.random_bool(0.35) {
        distractor::paint_pieces(&mut canvas, &palette, 2, rng);
    }
    (class.paint)(&mut canvas, &palette, rng);
    photograph::take(&canvas.pixels(), size, rng)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: usize = 32;

    fn pictures(examples: &Examples) -> impl Iterator<Item = (usize, &[u8])> {
        let pictures = examples.pixels.chunks_exact(3 * SIZE * SIZE);
        examples.labels.iter().map(|&label| label.into()).zip(pictures)
    }

    fn mean_colour(picture: &[u8]) -> [f32; 3] {
        let mean =
            |plane: &[u8]| plane.iter().map(|&v| f32::from(v)).sum::<f32>() / plane.len() as f32;
        let planes: Vec<f32> = picture.chunks_exact(SIZE * SIZE).map(mean).collect();
        [planes[0], planes[1], planes[2]]
    }

    fn distance(one: [f32; 3], other: [f32; 3]) -> f32 {
        one.iter().zip(other).map(|(one, other)| (one - other).powi(2)).sum::<f32>().sqrt()
    }

    #[test]
    fn every_class_has_as_many_patches() {
        let data = motifs(260, 26, SIZE, 1);
        assert_eq!(data.shape, PictureShape { channels: 3, height: SIZE, width: SIZE });
        for (examples, each) in [(&data.training, 20), (&data.test, 2)] {
            assert_eq!(examples.pixels.len(), examples.len() * data.shape.volume());
            for label in 0..data.classes.len() {
                let count =
                    examples.labels.iter().filter(|&&other| other as usize == label).count();
                assert_eq!(count, each);
            }
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_patches_on_any_number_of_threads() {
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.expect("threads start").install(|| motifs(65, 13, SIZE, 5))
        };
        assert_eq!(on(1), on(3));
    }

    #[test]
    fn a_patch_does_not_depend_on_how_many_there_are() {
        let (few, many) = (motifs(13, 0, SIZE, 5), motifs(26, 13, SIZE, 5));
        assert_eq!(few.training.pixels, many.training.pixels[..few.training.pixels.len()]);
    }

    #[test]
    fn other_seeds_and_the_test_part_have_other_patches() {
        let (one, other) = (motifs(39, 39, SIZE, 5), motifs(39, 0, SIZE, 6));
        for ((first, second), third) in
            pictures(&one.training).zip(pictures(&other.training)).zip(pictures(&one.test))
        {
            assert_ne!(first.1, second.1);
            assert_ne!(first.1, third.1);
        }
    }

    #[test]
    fn the_mean_colour_alone_does_not_tell_the_class() {
        let data = motifs(13 * 150, 13 * 150, SIZE, 7);
        let classes = data.classes.len();
        let mut centres = vec![[0.0; 3]; classes];
        for (label, picture) in pictures(&data.training) {
            let mean = mean_colour(picture);
            for channel in 0..3 {
                centres[label][channel] += mean[channel] / 150.0;
            }
        }
        let nearest = |mean: [f32; 3]| {
            let apart = |label: &usize| distance(centres[*label], mean);
            (0..classes).min_by(|one, other| apart(one).total_cmp(&apart(other)))
        };
        let right = pictures(&data.test)
            .filter(|(label, picture)| nearest(mean_colour(picture)) == Some(*label))
            .count();
        let share = right as f32 / data.test.len() as f32;
        assert!(share < 0.4, "{share}");
    }

    #[test]
    fn every_patch_has_contrast() {
        let data = motifs(13 * 60, 0, SIZE, 8);
        for (index, (label, picture)) in pictures(&data.training).enumerate() {
            let mean = mean_colour(picture);
            let squares = picture.chunks_exact(SIZE * SIZE).zip(mean).flat_map(|(plane, mean)| {
                plane.iter().map(move |&value| (f32::from(value) - mean).powi(2))
            });
            let deviation = (squares.sum::<f32>() / picture.len() as f32).sqrt();
            let least = if data.classes[label] == "plain" { 2.0 } else { 12.0 };
            assert!(deviation > least, "{} at {index}: {deviation}", data.classes[label]);
        }
    }

    #[test]
    fn no_patches_and_tiny_ones_are_no_trouble() {
        assert!(motifs(0, 0, SIZE, 1).training.is_empty());
        assert_eq!(motifs(13, 0, 1, 1).training.len(), 13);
        assert!(motifs(13, 0, 0, 1).training.pixels.is_empty());
    }
}
