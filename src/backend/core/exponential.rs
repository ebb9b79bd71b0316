//! The exponential function and hyperbolic tangent of float32 values, without branches or calls, so
//! that loops over many values are vectorised.
//!
//! Both are within two units in the last place of the exact result. The polynomials are our own
//! Chebyshev interpolations.

/// Adding this rounds a small number to an integer, held in the lowest bits of the sum.
const ROUNDING: f32 = 12_582_912.0;

/// ln 2 in two parts, the first short enough that small multiples of it are exact.
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -0.000_212_194_44;

/// Arguments beyond which the exponential is zero or infinite.
const LOWEST: f32 = -104.0;
const HIGHEST: f32 = 89.0;

/// eˣ.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    // Not `clamp` or `max`: a NaN must stay one.
    let x = if x < LOWEST { LOWEST } else { x };
    let x = if x > HIGHEST { HIGHEST } else { x };
    // x = n·ln 2 + r, and |r| is at most half of ln 2.
    let rounded = x * std::f32::consts::LOG2_E + ROUNDING;
    let n = rounded - ROUNDING;
    let r = (x - n * LN_2_HIGH) - n * LN_2_LOW;
    // eʳ = 1 + r + r²·(…).
    let mut rest = 0.001_393_454_5;
    for coefficient in [0.008_363_777, 0.041_666_456, 0.166_665_73, 0.5] {
        rest = rest * r + coefficient;
    }
    let fraction = 1.0 + (r + r * r * rest);
    // 2ⁿ in two steps, each a normal number even for extreme n.
    let n = rounded.to_bits().wrapping_sub(ROUNDING.to_bits()) as i32;
    let half = n >> 1;
    fraction * power_of_two(half) * power_of_two(n.wrapping_sub(half))
}

/// 2ⁿ for −126 ≤ n ≤ 127.
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) as u32) << 23)
}

/// tanh x.
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    // Near zero x·(1 + x²·(…)), elsewhere ±(1 − 2 / (e²ˣ + 1)).
    const NEAR: f32 = 0.625;
    let square = x * x;
    let mut rest = -0.006_104_947;
    for coefficient in [0.021_003_641, -0.053_852_5, 0.133_327_83, -0.333_333_28] {
        rest = rest * square + coefficient;
    }
    let near = x * (1.0 + square * rest);
    let far = (1.0 - 2.0 / (exp(2.0 * x.abs()) + 1.0)).copysign(x);
    if x.abs() < NEAR { near } else { far }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of both signs from the smallest magnitudes to 128.
    fn arguments() -> impl Iterator<Item = f32> {
        let magnitudes = (0..=128.0f32.to_bits()).step_by(997).map(f32::from_bits);
        magnitudes.flat_map(|magnitude| [magnitude, -magnitude])
    }

    /// The largest error in units of the last place of the exact result.
    fn error(function: fn(f32) -> f32, exact: fn(f64) -> f64) -> f64 {
        arguments().fold(0.0, |largest: f64, x| {
            let exact = exact(f64::from(x));
            let rounded = exact as f32;
            if rounded.is_infinite() {
                assert_eq!(function(x), rounded, "of {x}");
                return largest;
            }
            let unit = f64::from(rounded.abs().next_up()) - f64::from(rounded.abs());
            largest.max((f64::from(function(x)) - exact).abs() / unit)
        })
    }

    #[test]
    fn the_exponential_is_within_two_units_in_the_last_place() {
        let error = error(exp, f64::exp);
        assert!(error < 2.0, "{error}");
    }

    #[test]
    fn the_tangent_is_within_two_units_in_the_last_place() {
        let error = error(tanh, f64::tanh);
        assert!(error < 2.0, "{error}");
    }

    #[test]
    fn values_that_are_not_finite_are_passed_on() {
        assert!(exp(f32::NAN).is_nan() && tanh(f32::NAN).is_nan());
        assert_eq!(
            [f32::INFINITY, 1e30, f32::NEG_INFINITY, -1e30].map(exp),
            [f32::INFINITY, f32::INFINITY, 0.0, 0.0]
        );
        assert_eq!([f32::INFINITY, f32::NEG_INFINITY].map(tanh), [1.0, -1.0]);
    }

    #[test]
    fn zero_is_exact() {
        assert_eq!([0.0, -0.0].map(exp), [1.0, 1.0]);
        assert_eq!([0.0, -0.0].map(|x| tanh(x).to_bits()), [0.0f32, -0.0].map(f32::to_bits));
    }
}
