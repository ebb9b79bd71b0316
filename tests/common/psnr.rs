//! How alike two pictures are.

/// Peak signal-to-noise ratio in decibels, of values in 0..1.
pub fn psnr(ours: &[f32], theirs: &[f32]) -> f64 {
    assert_eq!(ours.len(), theirs.len());
    let squares = ours.iter().zip(theirs).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2));
    -10.0 * (squares.sum::<f64>() / ours.len() as f64).log10()
}
