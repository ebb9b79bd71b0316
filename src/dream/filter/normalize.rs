//! Division by the gradient's size, so that a step has the same length whatever the layer.

use super::{Filter, Gradient};
use crate::backend::{Backend, Error, Sums};
use crate::dream::Settings;
use crate::options::choices;

choices! {
    /// What a gradient is divided by before a step.
    pub enum Normalize {
        /// Its mean absolute value: a step moves a pixel by `step` levels on average
        Mean "mean",
        /// Its standard deviation
        Std "std",
        /// Nothing: the gradient as it is, which is huge (SqueezeNet needs a step near 1e-7)
        None "none",
    }
}

impl Normalize {
    /// What an array with these sums is divided by (1 for [`Normalize::None`]). Zero where the array is
    /// all zero (for [`Normalize::Std`]: all the same), and not finite where it is not.
    pub fn divisor(self, sums: Sums) -> f64 {
        let Sums { sum, absolute, squares, .. } = sums;
        let count = sums.count as f64;
        match self {
            Normalize::Mean => absolute / count,
            Normalize::Std => {
                let variance = (squares - sum * sum / count) / (count - 1.0);
                // Not `max`, which makes a zero of what is not a number.
                if variance < 0.0 { 0.0 } else { variance.sqrt() }
            }
            Normalize::None if absolute == 0.0 || !absolute.is_finite() => absolute,
            Normalize::None => 1.0,
        }
    }
}

/// With every `normalize`: also what is divided by nothing must not be zero.
pub fn chosen<B: Backend>(settings: &Settings) -> Option<Box<dyn Filter<B>>> {
    Some(Box::new(settings.normalize))
}

impl<B: Backend> Filter<B> for Normalize {
    fn apply(&self, backend: &B, gradient: &mut Gradient<B>) -> Result<(), Error> {
        gradient.divisor *= self.divisor(backend.sums(&gradient.array)?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divisors_are_the_mean_the_standard_deviation_and_one() {
        // Of 1, −3 and 5.
        let sums = Sums { count: 3, sum: 3.0, absolute: 9.0, squares: 35.0 };
        assert_eq!(Normalize::Mean.divisor(sums), 3.0);
        assert_eq!(Normalize::Std.divisor(sums), 4.0);
        assert_eq!(Normalize::None.divisor(sums), 1.0);
    }

    #[test]
    fn a_gradient_of_zero_has_a_divisor_of_zero_and_one_that_is_not_finite_has_none() {
        for normalize in [Normalize::Mean, Normalize::Std, Normalize::None] {
            let zero = Sums { count: 3, sum: 0.0, absolute: 0.0, squares: 0.0 };
            assert_eq!(normalize.divisor(zero), 0.0, "{normalize}");
            let [sum, absolute, squares] = [f64::NAN, f64::NAN, f64::NAN];
            let divisor = normalize.divisor(Sums { count: 3, sum, absolute, squares });
            assert!(!divisor.is_finite(), "{normalize}");
        }
    }
}
