//! Gradients beside those that others computed, in which a ReLU may have flipped.

use crate::cut::relative_error;

/// Relative error of a gradient, apart from [`FLIPPED`].
const GRADIENT: f64 = 1e-4;

/// Share of a gradient's values in which a flipped ReLU may show: where a ReLU's input is zero but
/// for rounding, two executors may find it on two sides. That changes the gradient in the pixels
/// which this one input sees, and in no others.
const FLIPPED: f64 = 0.25;

/// Relative error of a whole gradient, the pixels that a flipped ReLU sees included.
const FLIPPED_GRADIENT: f64 = 1e-2;

#[track_caller]
pub fn assert_gradient(name: &str, ours: &[f32], theirs: &[f32]) {
    let whole = relative_error(ours, theirs);
    let mut pairs: Vec<(f32, f32)> = ours.iter().copied().zip(theirs.iter().copied()).collect();
    pairs.sort_by(|(a, b), (c, d)| (a - b).abs().total_cmp(&(c - d).abs()));
    let most = (pairs.len() as f64 * (1.0 - FLIPPED)) as usize;
    let (ours, theirs): (Vec<f32>, Vec<f32>) = pairs[..most].iter().copied().unzip();
    let most = relative_error(&ours, &theirs);
    println!("gradient of {name}: {most:.1e}, of all values {whole:.1e}");
    assert!(most < GRADIENT, "{name}: relative error {most:.1e}");
    assert!(whole < FLIPPED_GRADIENT, "{name}: relative error {whole:.1e}");
}
