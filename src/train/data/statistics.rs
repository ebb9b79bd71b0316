//! The mean and standard deviation of a data set's pixels.

use super::{Examples, PictureShape};
use crate::network::Preprocessing;

/// Mean and standard deviation of each channel's values (0..1) over all pictures, which standardise
/// them. Grey pictures have the same in all three channels; a constant channel gets std 1, so
/// that it can be divided by.
pub fn statistics(examples: &Examples, shape: PictureShape) -> Preprocessing {
    let plane = shape.height * shape.width;
    let mut counts = [[0u64; 256]; 3];
    for (index, values) in examples.pixels.chunks_exact(plane).enumerate() {
        let counts = &mut counts[index % shape.channels];
        for value in values {
            counts[usize::from(*value)] += 1;
        }
    }
    for channel in shape.channels..3 {
        counts[channel] = counts[0];
    }
    let [red, green, blue] = counts.map(|counts| moments(&counts));
    Preprocessing { mean: [red.0, green.0, blue.0], std: [red.1, green.1, blue.1] }
}

/// Mean and standard deviation of the values 0..1, given how often each occurs.
fn moments(counts: &[u64; 256]) -> (f32, f32) {
    let total = counts.iter().sum::<u64>().max(1) as f64;
    let mean_of = |value: &dyn Fn(f64) -> f64| {
        let sum = |(level, count): (usize, &u64)| *count as f64 * value(level as f64 / 255.0);
        counts.iter().enumerate().map(sum).sum::<f64>() / total
    };
    let mean = mean_of(&|value| value);
    let std = mean_of(&|value| (value - mean).powi(2)).sqrt();
    (mean as f32, if std > 0.0 { std as f32 } else { 1.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn examples(pixels: Vec<u8>, volume: usize) -> Examples {
        let labels = vec![0; pixels.len() / volume];
        Examples { pixels, labels }
    }

    #[test]
    fn each_channel_has_its_own_mean_and_deviation() {
        let shape = PictureShape { channels: 3, height: 1, width: 2 };
        let examples = examples(vec![0, 255, 51, 51, 0, 0, 0, 255, 51, 51, 255, 255], 6);
        let Preprocessing { mean, std } = statistics(&examples, shape);
        assert_eq!(mean, [0.5, 0.2, 0.5]);
        assert_eq!(std, [0.5, 1.0, 0.5]);
    }

    #[test]
    fn grey_pictures_have_the_same_in_all_channels() {
        let shape = PictureShape { channels: 1, height: 2, width: 2 };
        let Preprocessing { mean, std } = statistics(&examples(vec![0, 0, 0, 255], 4), shape);
        assert_eq!(mean, [0.25; 3]);
        assert!(std.iter().all(|value| (value - 0.1875f32.sqrt()).abs() < 1e-6));
    }
}
