//! The displacement field of an elastic distortion.

use multiversion::multiversion;
use rand::Rng;

use super::Elastic;

/// Columns that are smoothed together, and rows.
const COLUMNS: usize = 16;
const ROWS: usize = 4;

/// The Gaussian is cut off at this many standard deviations.
const REACH: f32 = 3.0;

/// Random smoothed displacements for pictures of one size.
///
/// The Gaussian is separable, and the random numbers may come in any order. So both directions are
/// smoothed down the columns, many at a time, with a transposition in between.
pub struct ElasticField {
    height: usize,
    width: usize,
    /// The Gaussian's weight for each distance −n..n, 0 beyond its cutoff; the weights sum to alpha
    /// for one direction and to 1 for the other.
    weights: [Weights; 2],
    bytes: Vec<u8>,
    /// Two fields side by side in rows of [`padded`] columns, as is `smooth`.
    rough: Vec<f32>,
    smooth: Vec<f32>,
}

/// A symmetric kernel.
struct Weights {
    reach: usize,
    /// Position of the weight of distance 0 in `values`.
    middle: usize,
    values: Vec<f32>,
}

impl Weights {
    /// A Gaussian whose weights sum to `sum`, to smooth `length` rows.
    fn new(sigma: f32, sum: f32, length: usize) -> Weights {
        let weight = |distance: usize| (-0.5 * (distance as f32 / sigma).powi(2)).exp();
        let reach = (REACH * sigma).ceil() as usize;
        let total = 2.0 * (1..=reach).map(weight).sum::<f32>() + 1.0;
        let middle = length + ROWS;
        let mut values = vec![0.0; 2 * middle + 1];
        for (place, value) in values.iter_mut().enumerate() {
            let distance = place.abs_diff(middle);
            if distance <= reach {
                *value = weight(distance) * sum / total;
            }
        }
        Weights { reach, middle, values }
    }
}

/// Columns of two fields of `length` columns, in whole blocks.
fn padded(length: usize) -> usize {
    (2 * length).next_multiple_of(COLUMNS)
}

impl ElasticField {
    /// For pictures of `height`×`width` pixels.
    pub fn new(Elastic { sigma, alpha }: Elastic, height: usize, width: usize) -> ElasticField {
        let area = (width.next_multiple_of(ROWS) * padded(height))
            .max(height.next_multiple_of(ROWS) * padded(width));
        ElasticField {
            height,
            width,
            weights: [Weights::new(sigma, 1.0, width), Weights::new(sigma, alpha, height)],
            bytes: vec![0; 2 * width * 2 * height],
            rough: vec![0.0; area],
            smooth: vec![0.0; area],
        }
    }

    /// Draws a new field.
    pub fn draw(&mut self, rng: &mut impl Rng) {
        rng.fill_bytes(&mut self.bytes);
        let (height, width) = (self.height, self.width);
        scatter(&self.bytes, 2 * height, padded(height), &mut self.rough);
        smooth(&self.rough, &self.weights[0], width, padded(height), &mut self.smooth);
        transpose(&self.smooth, padded(height), [width, height], padded(width), &mut self.rough);
        smooth(&self.rough, &self.weights[1], height, padded(width), &mut self.smooth);
    }

    /// Displacements of row `y`: to the right, and down.
    pub fn row(&self, y: usize) -> (&[f32], &[f32]) {
        let row = &self.smooth[y * padded(self.width)..][..2 * self.width];
        row.split_at(self.width)
    }
}

/// Numbers −1..1, 16 random bits each, in rows of `columns`, `stride` apart.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2"))]
fn scatter(bytes: &[u8], columns: usize, stride: usize, target: &mut [f32]) {
    let rows = target.chunks_exact_mut(stride).zip(bytes.chunks_exact(2 * columns));
    for (row, bytes) in rows {
        for (value, bits) in row.iter_mut().zip(bytes.as_chunks().0) {
            *value = (f32::from(i16::from_le_bytes(*bits)) + 0.5) / 32768.0;
        }
    }
}

/// Smooths `rows` rows of `stride` values down the columns.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2"))]
fn smooth(input: &[f32], weights: &Weights, rows: usize, stride: usize, output: &mut [f32]) {
    let blocks = stride / COLUMNS;
    let (input, output) = (input.as_chunks::<COLUMNS>().0, output.as_chunks_mut::<COLUMNS>().0);
    for top in (0..rows).step_by(ROWS) {
        let near = top.saturating_sub(weights.reach)..(top + ROWS + weights.reach).min(rows);
        // A window of these for each row near, the last row first.
        let weights = &weights.values[weights.middle + top + 1 - near.end..];
        for block in 0..blocks {
            let mut sums = [[0.0; COLUMNS]; ROWS];
            let values = input[near.start * blocks + block..].iter().step_by(blocks);
            for (values, weights) in values.zip(weights.windows(ROWS).take(near.len()).rev()) {
                for row in 0..ROWS {
                    for column in 0..COLUMNS {
                        sums[row][column] += weights[row] * values[column];
                    }
                }
            }
            for (row, sums) in sums.into_iter().enumerate() {
                output[(top + row) * blocks + block] = sums;
            }
        }
    }
}

/// Two fields side by side in `rows` rows of `columns` columns each become their transposes, side by
/// side.
fn transpose(
    input: &[f32],
    stride: usize,
    [rows, columns]: [usize; 2],
    transposed_stride: usize,
    output: &mut [f32],
) {
    for field in 0..2 {
        for column in 0..columns {
            let row = &mut output[column * transposed_stride + field * rows..][..rows];
            let values = input[field * columns + column..].iter().step_by(stride);
            for (value, input) in row.iter_mut().zip(values) {
                *value = *input;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    /// The field by definition: each displacement a weighted sum over the whole picture.
    fn defined(field: &ElasticField, Elastic { sigma, alpha }: Elastic) -> Vec<[f64; 2]> {
        let (height, width) = (field.height as isize, field.width as isize);
        let reach = f64::from(REACH * sigma).ceil() as isize;
        let weight = |distance: isize| match distance.abs() <= reach {
            true => (-0.5 * (distance as f64 / f64::from(sigma)).powi(2)).exp(),
            false => 0.0,
        };
        let total: f64 = (-reach..=reach).map(weight).sum();
        let noise = |direction: isize, y: isize, x: isize| {
            let place = 2 * ((2 * x + direction) * height + y) as usize;
            let bits = i16::from_le_bytes([field.bytes[place], field.bytes[place + 1]]);
            (f64::from(bits) + 0.5) / 32768.0
        };
        let displacement = |direction: isize, y: isize, x: isize| -> f64 {
            let sum: f64 = (0..height)
                .flat_map(|v| (0..width).map(move |u| (v, u)))
                .map(|(v, u)| weight(v - y) * weight(u - x) * noise(direction, v, u))
                .sum();
            sum * f64::from(alpha) / total / total
        };
        (0..height)
            .flat_map(|y| (0..width).map(move |x| (y, x)))
            .map(|(y, x)| [displacement(0, y, x), displacement(1, y, x)])
            .collect()
    }

    #[test]
    fn the_field_is_uniform_noise_smoothed_by_a_gaussian() {
        for (height, width, sigma) in [(28, 28, 6.0), (28, 28, 4.0), (7, 45, 1.5), (33, 5, 0.3)] {
            let elastic = Elastic { sigma, alpha: 34.0 };
            let mut field = ElasticField::new(elastic, height, width);
            field.draw(&mut ChaCha8Rng::seed_from_u64(1));
            let expected = defined(&field, elastic);
            for y in 0..height {
                let (right, down) = field.row(y);
                for x in 0..width {
                    let expected = expected[y * width + x];
                    for (got, expected) in [right[x], down[x]].into_iter().zip(expected) {
                        let difference = (f64::from(got) - expected).abs();
                        assert!(difference < 1e-5 * 34.0, "{height}×{width}, {sigma}: ({y}, {x})");
                    }
                }
            }
        }
    }

    #[test]
    fn the_usual_field_moves_pixels_by_about_one() {
        let mut field = ElasticField::new(Elastic { sigma: 6.0, alpha: 36.0 }, 28, 28);
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let (mut squares, mut count) = (0.0, 0);
        for _ in 0..100 {
            field.draw(&mut rng);
            let (right, down) = field.row(14);
            squares += right.iter().chain(down).map(|value| value * value).sum::<f32>();
            count += 2 * right.len();
        }
        let deviation = (squares / count as f32).sqrt();
        assert!((0.6..1.2).contains(&deviation), "{deviation} pixels");
    }
}
