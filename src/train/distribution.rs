//! The distribution of many values, summarised in a few numbers.

use serde::{Deserialize, Serialize};

/// Number of bins of a histogram.
const INTERVALS: usize = 100;

/// The percentiles kept, as fractions.
const SHARES: [f64; 5] = [0.02, 0.25, 0.5, 0.75, 0.98];

/// A summary of a distribution.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    /// The mean of all values.
    pub mean: f64,
    /// Their standard deviation.
    pub deviation: f64,
    /// The 2nd, 25th, 50th, 75th and 98th percentiles.
    pub percentiles: [f64; 5],
    /// Fraction of the values in each of several equal bins between the lowest and the highest.
    pub histogram: Vec<f64>,
    /// Where the first bin starts.
    pub lowest: f64,
    /// Where the last bin ends.
    pub highest: f64,
}

impl Distribution {
    /// The distribution of the finite `values`; all zeros, without a histogram, if there are none.
    ///
    /// Exact up to rounding: percentiles between two values are interpolated linearly (NumPy's
    /// default), and the standard deviation is that of the population (divided by the number of
    /// values).
    pub fn of(values: impl IntoIterator<Item = f32>) -> Distribution {
        let mut values: Vec<f32> = values.into_iter().filter(|value| value.is_finite()).collect();
        if values.is_empty() {
            return Distribution::default();
        }
        let count = values.len() as f64;
        let mean = values.iter().map(|&value| f64::from(value)).sum::<f64>() / count;
        let variance =
            values.iter().map(|&value| (f64::from(value) - mean).powi(2)).sum::<f64>() / count;
        let lowest = f64::from(values.iter().copied().fold(f32::INFINITY, f32::min));
        let highest = f64::from(values.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        Distribution {
            mean,
            deviation: variance.sqrt(),
            histogram: histogram(&values, lowest, highest),
            percentiles: SHARES.map(|share| percentile(&mut values, share)),
            lowest,
            highest,
        }
    }

    /// Whether it describes at least one value.
    pub fn is_empty(&self) -> bool {
        self.histogram.is_empty()
    }

    /// The histogram as a density: the centre of each bin, and its fraction divided by its width.
    /// The total area is 1, so that distributions of different widths can be overlaid. Empty if all
    /// values are equal.
    pub fn density(&self) -> Vec<(f64, f64)> {
        let width = (self.highest - self.lowest) / self.histogram.len() as f64;
        if width.is_nan() || width <= 0.0 {
            return Vec::new();
        }
        let middles = (0..).map(|interval| self.lowest + (f64::from(interval) + 0.5) * width);
        middles.zip(self.histogram.iter().map(|share| share / width)).collect()
    }
}

fn histogram(values: &[f32], lowest: f64, highest: f64) -> Vec<f64> {
    if lowest == highest {
        return vec![1.0];
    }
    let mut counts = [0_u64; INTERVALS];
    for &value in values {
        let place = (f64::from(value) - lowest) / (highest - lowest) * INTERVALS as f64;
        counts[(place as usize).min(INTERVALS - 1)] += 1;
    }
    counts.iter().map(|&count| count as f64 / values.len() as f64).collect()
}

/// The quantile `share` of the `values` (at least one); reorders them.
fn percentile(values: &mut [f32], share: f64) -> f64 {
    let place = share * (values.len() - 1) as f64;
    let (_, &mut below, above) = values.select_nth_unstable_by(place as usize, f32::total_cmp);
    let next = above.iter().copied().min_by(f32::total_cmp).unwrap_or(below);
    f64::from(below) + place.fract() * (f64::from(next) - f64::from(below))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_interpolated_between_values() {
        let distribution = Distribution::of((0..=100).rev().map(|value| value as f32));
        assert_eq!(distribution.percentiles, [2.0, 25.0, 50.0, 75.0, 98.0]);
        assert_eq!(Distribution::of([1.0, 2.0]).percentiles[2], 1.5);
        assert_eq!(Distribution::of([1.0, 2.0]).percentiles[1], 1.25);
    }

    #[test]
    fn mean_and_deviation_are_those_of_the_values() {
        let distribution = Distribution::of([1.0, 3.0, 5.0, 7.0]);
        assert_eq!(distribution.mean, 4.0);
        assert_eq!(distribution.deviation, 5.0_f64.sqrt());
        assert_eq!((distribution.lowest, distribution.highest), (1.0, 7.0));
    }

    #[test]
    fn a_histogram_counts_every_value_once() {
        let distribution = Distribution::of((0..1000).map(|value| value as f32));
        assert_eq!(distribution.histogram.len(), INTERVALS);
        assert!(distribution.histogram.iter().all(|&share| (share - 0.01).abs() < 0.0011));
        assert!((distribution.histogram.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_area_below_a_density_is_one() {
        let density = Distribution::of((0..50).map(|value| value as f32 * 7.0)).density();
        let width = density[1].0 - density[0].0;
        let area: f64 = density.iter().map(|(_, height)| height * width).sum();
        assert!((area - 1.0).abs() < 1e-9, "{area}");
    }

    #[test]
    fn values_that_are_not_finite_do_not_count() {
        let broken = [f32::NAN, 1.0, f32::INFINITY, 3.0, f32::NEG_INFINITY];
        assert_eq!(Distribution::of(broken), Distribution::of([1.0, 3.0]));
    }

    #[test]
    fn the_distribution_of_nothing_is_empty() {
        assert_eq!(Distribution::of([f32::NAN]), Distribution::default());
        assert!(Distribution::of([]).is_empty());
        assert!(Distribution::of([]).density().is_empty());
    }

    #[test]
    fn equal_values_have_no_width() {
        let distribution = Distribution::of([2.5; 10]);
        assert_eq!(distribution.percentiles, [2.5; 5]);
        assert_eq!(distribution.histogram, [1.0]);
        assert!(distribution.density().is_empty());
    }
}
