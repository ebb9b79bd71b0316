//! A picture that goes on at its opposite edge without a jump.
//!
//! The periodic component of a picture (L. Moisan, "Periodic plus smooth image decomposition", Journal of
//! Mathematical Imaging and Vision, 2011): the smooth picture that has the same jumps where opposite edges
//! meet, and bends as little as it can, is taken away. Details stay as they are, and colours drift together
//! towards the edges.

use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

use super::Planes;

/// The periodic component along the axes that are asked for: from top to bottom, and from left to right.
pub fn periodic(planes: &Planes, [down, right]: [bool; 2]) -> Planes {
    let (width, height) = (planes.width(), planes.height());
    let mut data = Vec::with_capacity(planes.data().len());
    for channel in 0..3 {
        let plane = planes.plane(channel);
        let smooth = smooth(jumps(plane, width, [down, right]), width, height);
        data.extend(plane.iter().zip(smooth).map(|(value, smooth)| value - smooth));
    }
    Planes::new(width, height, data)
}

/// At the edges the jump to the opposite one, and zero elsewhere.
fn jumps(plane: &[f32], width: usize, [down, right]: [bool; 2]) -> Vec<f64> {
    let height = plane.len() / width;
    let mut jumps = vec![0.0; plane.len()];
    let mut jump = |first: usize, last: usize| {
        let difference = f64::from(plane[last]) - f64::from(plane[first]);
        jumps[first] += difference;
        jumps[last] -= difference;
    };
    if down {
        (0..width).for_each(|x| jump(x, (height - 1) * width + x));
    }
    if right {
        (0..height).for_each(|y| jump(y * width, y * width + width - 1));
    }
    jumps
}

/// The picture whose Laplacian, with edges that wrap around, is `jumps`, of mean 0.
fn smooth(jumps: Vec<f64>, width: usize, height: usize) -> Vec<f32> {
    let mut values: Vec<_> = jumps.into_iter().map(|jump| Complex::new(jump, 0.0)).collect();
    let mut planner = FftPlanner::new();
    let rows = [planner.plan_fft_forward(width), planner.plan_fft_inverse(width)];
    let columns = [planner.plan_fft_forward(height), planner.plan_fft_inverse(height)];
    rows[0].process(&mut values);
    values = transposed(&values, width);
    columns[0].process(&mut values);
    let cosine = |index: usize, count: usize| {
        (2.0 * std::f64::consts::PI * index as f64 / count as f64).cos()
    };
    for (index, value) in values.iter_mut().enumerate() {
        let (x, y) = (index / height, index % height);
        let divisor = 2.0 * cosine(x, width) + 2.0 * cosine(y, height) - 4.0;
        *value = if index == 0 { Complex::ZERO } else { *value / divisor };
    }
    columns[1].process(&mut values);
    values = transposed(&values, height);
    rows[1].process(&mut values);
    let count = (width * height) as f64;
    values.iter().map(|value| (value.re / count) as f32).collect()
}

/// Rows of that width as columns.
fn transposed(values: &[Complex<f64>], width: usize) -> Vec<Complex<f64>> {
    let height = values.len() / width;
    (0..width).flat_map(|x| (0..height).map(move |y| values[y * width + x])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean change from the last row to the first, and between other rows.
    fn steps(planes: &Planes) -> [f64; 2] {
        let (width, height) = (planes.width(), planes.height());
        let change = |a: usize, b: usize| {
            let rows = (0..width).map(|x| {
                f64::from((planes.data()[a * width + x] - planes.data()[b * width + x]).abs())
            });
            rows.sum::<f64>() / width as f64
        };
        let within = (1..height).map(|y| change(y, y - 1)).sum::<f64>() / (height - 1) as f64;
        [change(0, height - 1), within]
    }

    #[test]
    fn opposite_edges_meet_without_a_jump_and_details_stay() {
        let (width, height) = (24, 18);
        let value =
            |x: usize, y: usize| y as f32 / 18.0 + 0.1 * ((x * 7 + y * 5) % 11) as f32 / 11.0;
        let plane: Vec<f32> =
            (0..height).flat_map(|y| (0..width).map(move |x| value(x, y))).collect();
        let planes = Planes::new(width, height, plane.repeat(3));
        let periodic = periodic(&planes, [true, false]);
        let ([before, _], [after, within]) = (steps(&planes), steps(&periodic));
        assert!(before > 0.8 && after < 1.5 * within, "{before} {after} {within}");
        let mean = |planes: &Planes| planes.data().iter().sum::<f32>() / planes.data().len() as f32;
        assert!((mean(&planes) - mean(&periodic)).abs() < 1e-4);
    }

    #[test]
    fn a_picture_that_has_no_jump_stays_as_it_is() {
        let planes = Planes::filled(9, 7, 0.25);
        for (before, after) in planes.data().iter().zip(periodic(&planes, [true, true]).data()) {
            assert!((before - after).abs() < 1e-6);
        }
    }
}
