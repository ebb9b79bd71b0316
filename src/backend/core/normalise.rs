//! Local response normalisation.

use super::batch::{Batch, BatchMut, Pass, Write};
use super::layer::Layer;
use super::parallel::{Shared, split};
use super::scalar::Scalar;

/// Local response normalisation (Krizhevsky et al. 2012): bᵢ = aᵢ / sᵢ^β with
/// sᵢ = k + α/size · Σⱼ aⱼ², over `size` channels j around i.
pub struct LocalResponseNorm<T> {
    pub channels: usize,
    pub size: usize,
    pub alpha: f64,
    pub beta: f64,
    pub k: f64,
    /// sᵢ of every value of every sample.
    sums: Vec<T>,
}

impl<T: Scalar> LocalResponseNorm<T> {
    /// `[alpha, beta, k]` for samples of `volume` values, up to `batch` at once.
    pub fn new(
        channels: usize,
        size: usize,
        [alpha, beta, k]: [f64; 3],
        volume: usize,
        batch: usize,
    ) -> LocalResponseNorm<T> {
        LocalResponseNorm { channels, size, alpha, beta, k, sums: vec![T::ZERO; volume * batch] }
    }

    /// Channels in the window of `channel` (PyTorch's window if `size` is even).
    fn around(&self, channel: usize) -> std::ops::Range<usize> {
        let after = (self.size - 1) / 2;
        let before = self.size / 2;
        channel.saturating_sub(before)..(channel + after + 1).min(self.channels)
    }

    /// Channels whose window includes `channel`.
    fn seeing(&self, channel: usize) -> std::ops::Range<usize> {
        let [after, before] = [self.size / 2, (self.size - 1) / 2];
        channel.saturating_sub(before)..(channel + after + 1).min(self.channels)
    }
}

impl<T: Scalar> Layer<T> for LocalResponseNorm<T> {
    fn kept_bytes(&self) -> usize {
        size_of_val(&self.sums[..])
    }

    fn forward(&mut self, pass: &Pass<T>, inputs: &[Batch<T>], output: &mut BatchMut<T>) {
        let (k, scale) = (T::from_f64(self.k), T::from_f64(self.alpha / self.size as f64));
        let beta = T::from_f64(-self.beta);
        for n in 0..pass.count {
            let input = inputs[0].sample(n);
            let plane = input.len() / self.channels;
            let mut sums = std::mem::take(&mut self.sums);
            let (own, output) = (&mut sums[n * input.len()..][..input.len()], output.sample(n));
            let (shared_sums, shared) = (Shared::new(own), Shared::new(output));
            split(pass.parallel, self.channels, 1, &|channels| {
                for channel in channels {
                    // SAFETY: every channel is one thread's alone.
                    let (sums, output) = unsafe {
                        (
                            shared_sums.part(channel * plane, plane),
                            shared.part(channel * plane, plane),
                        )
                    };
                    sums.fill(k);
                    for other in self.around(channel) {
                        let values = &input[other * plane..][..plane];
                        for (sum, value) in sums.iter_mut().zip(values) {
                            *sum += scale * *value * *value;
                        }
                    }
                    let values = input[channel * plane..][..plane].iter().zip(&*sums);
                    for (output, (value, sum)) in output.iter_mut().zip(values) {
                        *output = *value * sum.powf(beta);
                    }
                }
            });
            self.sums = sums;
        }
    }

    /// ∂C/∂aⱼ = gⱼ·sⱼ^−β − 2αβ/size · aⱼ · Σᵢ gᵢ·aᵢ·sᵢ^(−β−1), over the i whose window holds j.
    fn backward(
        &mut self,
        pass: &Pass<T>,
        _index: usize,
        inputs: &[Batch<T>],
        gradient: Batch<T>,
        into: &mut BatchMut<T>,
        write: Write,
    ) {
        let beta = T::from_f64(-self.beta);
        let inner = T::from_f64(-self.beta - 1.0);
        let factor = T::from_f64(2.0 * self.alpha * self.beta / self.size as f64);
        for n in 0..pass.count {
            let (input, gradient) = (inputs[0].sample(n), gradient.sample(n));
            let plane = input.len() / self.channels;
            let sums = &self.sums[n * input.len()..][..input.len()];
            let shared = Shared::new(into.sample(n));
            split(pass.parallel, self.channels, 1, &|channels| {
                for channel in channels {
                    // SAFETY: every channel is one thread's alone.
                    let into = unsafe { shared.part(channel * plane, plane) };
                    let reading = self.seeing(channel);
                    for (pixel, into) in into.iter_mut().enumerate() {
                        let own = channel * plane + pixel;
                        let mut sum = T::ZERO;
                        for other in reading.clone() {
                            let at = other * plane + pixel;
                            sum += gradient[at] * input[at] * sums[at].powf(inner);
                        }
                        let value =
                            gradient[own] * sums[own].powf(beta) - factor * input[own] * sum;
                        match write {
                            Write::Set => *into = value,
                            Write::Add => *into += value,
                        }
                    }
                }
            });
        }
    }
}
