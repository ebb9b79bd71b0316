//! Drawn handwritten digits: pen strokes with random variations, in the format of MNIST.

// A table: rustfmt would give each of its points a line.
#[rustfmt::skip]
mod glyphs;
mod hand;
mod pen;

use rayon::prelude::*;

use self::glyphs::GLYPHS;
use self::hand::Hand;
use self::pen::Pen;
use super::source::{self, LoadOptions, Loaded};
use super::{DataError, DataSet, Examples, PictureShape};
use crate::train::random::{self, Purpose};

/// MNIST's side, and the side of the box in it that a digit fills.
const SIDE: usize = 28;
const BOX: f32 = 20.0;

/// Smaller digits are illegible.
const LEAST_SIDE: usize = 12;

const TRAINING: usize = 20_000;
const TEST: usize = 4_000;

/// Draws white digits on black, each scaled to a box of 20/28 of the picture's side with its centre
/// of mass at the picture's centre, as LeCun et al. (1998) prepared MNIST. The training pictures of
/// a seed do not depend on their number; nor do the test pictures.
pub fn load(options: &LoadOptions) -> Result<Loaded, DataError> {
    let side = options.size.unwrap_or(SIDE);
    if side < LEAST_SIDE {
        let option = "the size of digits";
        return Err(DataError::Option { option, value: side, least: LEAST_SIDE });
    }
    let shape = PictureShape { channels: 1, height: side, width: side };
    let (training, test) = (options.training.unwrap_or(TRAINING), options.test.unwrap_or(TEST));
    source::check_memory("digits", training.saturating_add(test), shape)?;
    Ok(Loaded::from(DataSet {
        name: "digits".into(),
        shape,
        classes: (0..GLYPHS.len()).map(|digit| digit.to_string()).collect(),
        training: draw(training, side, [options.seed, 0]),
        test: draw(test, side, [options.seed, 1]),
        validation: Examples::default(),
    }))
}

/// `count` pictures, cycling through the digits; each has random numbers of its own.
fn draw(count: usize, side: usize, seed: [u64; 2]) -> Examples {
    let mut pixels = vec![0; count * side * side];
    pixels.par_chunks_exact_mut(side * side).enumerate().for_each_init(
        || vec![0.0; side * side],
        |canvas, (index, picture)| {
            let [seed, part] = seed;
            let mut rng = random::generator(Purpose::Digits, [seed, part, index as u64]);
            let strokes = Hand::random(&mut rng).write(GLYPHS[index % GLYPHS.len()], &mut rng);
            let scale = side as f32 / SIDE as f32;
            Pen::random(scale, &mut rng).draw(&strokes, scale * BOX, canvas, side);
            for (pixel, value) in picture.iter_mut().zip(&*canvas) {
                *pixel = (value * 255.0).round() as u8;
            }
        },
    );
    let labels = (0..count).map(|index| (index % GLYPHS.len()) as u16).collect();
    Examples { pixels, labels }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(seed: u64, training: usize) -> DataSet {
        let options = LoadOptions {
            seed,
            training: Some(training),
            test: Some(50),
            ..LoadOptions::default()
        };
        load(&options).unwrap().data
    }

    #[test]
    fn the_same_seed_draws_the_same_digits_and_more_of_them_begin_alike() {
        let (few, many) = (digits(3, 40), digits(3, 80));
        assert_eq!(few.training.pixels, many.training.pixels[..few.training.pixels.len()]);
        assert_eq!(few.test, many.test);
        assert_ne!(few.training, digits(4, 40).training);
        assert_ne!(few.training.pixels[..784], few.test.pixels[..784]);
    }

    #[test]
    fn every_digit_lies_in_mnists_box_with_its_mass_in_the_middle() {
        let data = digits(0, 500);
        for index in 0..data.training.len() {
            let picture = data.training.picture(index);
            let inked = || (0..SIDE * SIDE).filter(|place| picture[*place] > 0);
            let axes: [fn(usize) -> usize; 2] = [|place| place / SIDE, |place| place % SIDE];
            let mut extent = 0;
            for axis in axes {
                let moment = |power: i32| -> f64 {
                    let term = |place| f64::from(picture[place]) * (axis(place) as f64).powi(power);
                    inked().map(term).sum()
                };
                let off = moment(1) / moment(0) - (SIDE as f64 - 1.0) / 2.0;
                assert!(off.abs() < 0.8, "digit {index} is {off} pixels off centre");
                let (low, high) = (inked().map(axis).min(), inked().map(axis).max());
                extent = extent.max(high.unwrap() + 1 - low.unwrap());
            }
            assert!((17..=22).contains(&extent), "digit {index} is {extent} pixels large");
        }
    }

    #[test]
    fn digits_are_as_bright_as_mnists() {
        let data = digits(0, 2000);
        let sum: u64 = data.training.pixels.iter().map(|value| u64::from(*value)).sum();
        let mean = sum as f64 / data.training.pixels.len() as f64 / 255.0;
        assert!((0.10..0.17).contains(&mean), "{mean:.3}, and MNIST's is 0.131");
    }

    #[test]
    fn digits_come_in_other_sizes() {
        let options = LoadOptions {
            size: Some(56),
            training: Some(10),
            test: Some(1),
            ..LoadOptions::default()
        };
        let data = load(&options).unwrap().data;
        assert_eq!(data.training.pixels.len(), 10 * 56 * 56);
        let small = LoadOptions { size: Some(3), ..options };
        assert!(load(&small).unwrap_err().to_string().contains("at least 12"));
    }
}
