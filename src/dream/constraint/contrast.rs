//! Brightness, contrast and saturation stay those of the photograph, so that dreams of dreams do not burn out.
//!
//! Mean and standard deviation are matched along three axes of colour that are nearly independent in
//! photographs: light, red against blue, and green against both (E. Reinhard et al., "Color transfer between
//! images", 2001; the axes are Y. Ohta's, T. Kanade's and T. Sakai's, "Color information for region
//! segmentation", 1980).

use super::Constraint;
use crate::backend::Backend;
use crate::dream::{Error, Setup};
use crate::picture::Planes;

struct Contrast;

/// Orthonormal axes of colour.
const AXES: [[f64; 3]; 3] = [
    [0.577_350_269_189_625_8, 0.577_350_269_189_625_8, 0.577_350_269_189_625_8],
    [std::f64::consts::FRAC_1_SQRT_2, 0.0, -std::f64::consts::FRAC_1_SQRT_2],
    [-0.408_248_290_463_863, 0.816_496_580_927_726, -0.408_248_290_463_863],
];

/// Values that are clamped change what was matched: it is matched again.
const ROUNDS: usize = 4;

/// With `keep-contrast`.
pub fn chosen<B: Backend>(setup: &Setup<B>) -> Option<Result<Box<dyn Constraint<B>>, Error>> {
    setup.settings.keep_contrast.then(|| Ok(Box::new(Contrast) as Box<dyn Constraint<B>>))
}

impl<B: Backend> Constraint<B> for Contrast {
    fn end(&self, base: &Planes, picture: &mut Planes) {
        let wanted = Statistics::of(base);
        for _ in 0..ROUNDS {
            wanted.give(picture);
        }
    }
}

/// Mean and standard deviation along each axis of colour.
#[derive(Clone, Copy, Debug)]
struct Statistics {
    mean: [f64; 3],
    deviation: [f64; 3],
}

impl Statistics {
    fn of(planes: &Planes) -> Statistics {
        let count = (planes.width() * planes.height()) as f64;
        let (mut sums, mut squares) = ([0.0; 3], [0.0; 3]);
        for pixel in pixels(planes) {
            for (axis, value) in along_axes(pixel).into_iter().enumerate() {
                sums[axis] += value;
                squares[axis] += value * value;
            }
        }
        let mean = sums.map(|sum| sum / count);
        let variance = |axis: usize| (squares[axis] / count - mean[axis] * mean[axis]).max(0.0);
        Statistics { mean, deviation: [0, 1, 2].map(|axis| variance(axis).sqrt()) }
    }

    /// Gives a picture these statistics, as far as values within 0..1 can have them.
    fn give(self, planes: &mut Planes) {
        let own = Statistics::of(planes);
        let factor = [0, 1, 2].map(|axis| match own.deviation[axis] {
            // Of one colour: there is no contrast to give.
            deviation if deviation < 1e-6 => 1.0,
            deviation => self.deviation[axis] / deviation,
        });
        let changed: Vec<[f64; 3]> = pixels(planes)
            .map(|pixel| {
                let values = along_axes(pixel);
                let moved = [0, 1, 2]
                    .map(|axis| self.mean[axis] + factor[axis] * (values[axis] - own.mean[axis]));
                [0, 1, 2].map(|colour| (0..3).map(|axis| AXES[axis][colour] * moved[axis]).sum())
            })
            .collect();
        let count = changed.len();
        for (index, value) in planes.data_mut().iter_mut().enumerate() {
            *value = (changed[index % count][index / count] as f32).clamp(0.0, 1.0);
        }
    }
}

fn pixels(planes: &Planes) -> impl Iterator<Item = [f32; 3]> {
    let [red, green, blue] = [0, 1, 2].map(|colour| planes.plane(colour));
    red.iter().zip(green).zip(blue).map(|((red, green), blue)| [*red, *green, *blue])
}

fn along_axes(pixel: [f32; 3]) -> [f64; 3] {
    AXES.map(|axis| axis.iter().zip(pixel).map(|(weight, value)| weight * f64::from(value)).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(contrast: f32, light: f32) -> Planes {
        let value = |index: usize| ((index * 7919 + index / 97) % 101) as f32 / 101.0 - 0.5;
        Planes::new(32, 24, (0..3 * 32 * 24).map(|index| light + contrast * value(index)).collect())
    }

    #[test]
    fn a_picture_is_given_brightness_contrast_and_saturation_of_another() {
        let (wanted, mut picture) = (Statistics::of(&pattern(0.3, 0.4)), pattern(1.0, 0.5));
        for _ in 0..ROUNDS {
            wanted.give(&mut picture);
        }
        let own = Statistics::of(&picture);
        for axis in 0..3 {
            assert!((own.mean[axis] - wanted.mean[axis]).abs() < 1e-3, "{own:?} {wanted:?}");
            let ratio = own.deviation[axis] / wanted.deviation[axis];
            assert!((ratio - 1.0).abs() < 1e-2, "{own:?} {wanted:?}");
        }
    }

    #[test]
    fn a_picture_of_one_colour_takes_on_the_other_ones_mean() {
        let mut picture = Planes::filled(4, 4, 0.9);
        Statistics::of(&pattern(0.2, 0.4)).give(&mut picture);
        assert!(picture.data().iter().all(|value| (value - 0.4).abs() < 0.05));
    }
}
