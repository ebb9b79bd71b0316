//! Activation functions, softmax and dropout: operations that replace their input.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::activation_kernel::ActivationKernel;
use super::batch::{Batch, BatchMut, Pass};
use super::layer::Function;
use super::parallel::{Shared, split};
use super::scalar::Scalar;
use crate::network::Activation;

/// Values per thread that make sharing worthwhile.
const GRAIN: usize = 32 << 10;

/// An activation function; `done` in the forward pass by the layer before it.
pub struct Activate<T> {
    curve: ActivationKernel<T>,
    done: bool,
    /// Number of values that are redirected where all of them are silent: a channel's, or all.
    group: usize,
}

impl<T: Scalar> Activate<T> {
    pub fn new(activation: Activation, done: bool, group: usize) -> Activate<T> {
        Activate { curve: ActivationKernel::of(activation), done, group }
    }
}

impl<T: Scalar> Function<T> for Activate<T> {
    fn forward(&mut self, pass: &Pass<T>, values: &mut BatchMut<T>) {
        if self.done {
            return;
        }
        for values in values.pieces(pass.count) {
            let (count, values) = (values.len(), Shared::new(values));
            split(pass.parallel, count, GRAIN, &|range| {
                // SAFETY: ranges do not overlap.
                (self.curve.apply)(unsafe { values.part(range.start, range.len()) });
            });
        }
    }

    fn backward(&mut self, pass: &Pass<T>, results: Batch<T>, gradient: &mut BatchMut<T>) {
        for (gradient, results) in gradient.pieces(pass.count).zip(results.pieces(pass.count)) {
            if pass.redirected {
                let groups = gradient.chunks_mut(self.group).zip(results.chunks(self.group));
                groups.for_each(|(gradient, results)| (self.curve.redirect)(gradient, results));
                continue;
            }
            let gradient = Shared::new(gradient);
            split(pass.parallel, results.len(), GRAIN, &|range| {
                // SAFETY: ranges do not overlap.
                let gradient = unsafe { gradient.part(range.start, range.len()) };
                (self.curve.scale)(gradient, &results[range]);
            });
        }
    }
}

/// Softmax over the channels of each pixel.
pub struct Softmax {
    pub channels: usize,
}

impl<T: Scalar> Function<T> for Softmax {
    fn forward(&mut self, pass: &Pass<T>, values: &mut BatchMut<T>) {
        for n in 0..pass.count {
            let values = values.sample(n);
            let pixels = values.len() / self.channels;
            for pixel in 0..pixels {
                let largest = values[pixel..].iter().step_by(pixels).copied();
                let largest = largest.reduce(T::max).unwrap_or(T::ZERO);
                let mut sum = T::ZERO;
                for value in values[pixel..].iter_mut().step_by(pixels) {
                    *value = (*value - largest).exp();
                    sum += *value;
                }
                let factor = T::ONE / sum;
                values[pixel..].iter_mut().step_by(pixels).for_each(|value| *value *= factor);
            }
        }
    }

    fn backward(&mut self, pass: &Pass<T>, results: Batch<T>, gradient: &mut BatchMut<T>) {
        for n in 0..pass.count {
            let (results, gradient) = (results.sample(n), gradient.sample(n));
            let pixels = results.len() / self.channels;
            for pixel in 0..pixels {
                let answers = || results[pixel..].iter().step_by(pixels);
                let inner: T = answers()
                    .zip(gradient[pixel..].iter().step_by(pixels))
                    .map(|(answer, gradient)| *answer * *gradient)
                    .sum();
                let gradients = gradient[pixel..].iter_mut().step_by(pixels);
                for (gradient, answer) in gradients.zip(answers()) {
                    *gradient = *answer * (*gradient - inner);
                }
            }
        }
    }
}

/// Inverted dropout (Srivastava et al. 2014), applied only in training, when [`Pass::seed`] is
/// given.
pub struct Dropout<T> {
    rate: f64,
    /// Distinguishes the random numbers of one dropout layer from another's.
    stream: u64,
    /// The factor of each value of each sample.
    factors: Vec<T>,
}

impl<T: Scalar> Dropout<T> {
    /// For samples of `volume` values, up to `batch` at once.
    pub fn new(rate: f64, stream: u64, volume: usize, batch: usize) -> Dropout<T> {
        Dropout { rate, stream, factors: vec![T::ONE; volume * batch] }
    }
}

impl<T: Scalar> Function<T> for Dropout<T> {
    fn forward(&mut self, pass: &Pass<T>, values: &mut BatchMut<T>) {
        let Some(seed) = pass.seed else { return };
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(self.stream);
        let kept = T::from_f64(1.0 / (1.0 - self.rate));
        let threshold = (self.rate * f64::from(u32::MAX)) as u32;
        for n in 0..pass.count {
            let values = values.sample(n);
            let factors = &mut self.factors[n * values.len()..][..values.len()];
            for (value, factor) in values.iter_mut().zip(factors) {
                *factor = if random.random::<u32>() < threshold { T::ZERO } else { kept };
                *value *= *factor;
            }
        }
    }

    fn backward(&mut self, pass: &Pass<T>, results: Batch<T>, gradient: &mut BatchMut<T>) {
        if pass.seed.is_none() {
            return;
        }
        for n in 0..pass.count {
            let factors = &self.factors[n * results.volume()..];
            let gradients = gradient.sample(n).iter_mut().zip(factors);
            gradients.for_each(|(gradient, factor)| *gradient *= *factor);
        }
    }
}
