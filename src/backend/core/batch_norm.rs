//! Batch normalisation (S. Ioffe and C. Szegedy, "Batch normalization: accelerating deep network training by
//! reducing internal covariate shift", 2015).
//!
//! In training each channel is normalised by its mean and variance over the samples of the pass: the part of
//! the mini-batch that one thread has. The running statistics have a place among the parameters; their
//! gradient is how far they are from the pass's statistics, and the optimiser moves them a part of the way.

use multiversion::multiversion;

use super::batch::{Batch, BatchMut, Pass, Write};
use super::layer::Layer;
use super::scalar::Scalar;

/// `factor · x + offset` for each channel.
pub struct BatchNorm {
    channels: usize,
    epsilon: f64,
    /// Where weight, bias, running mean and running variance start among the parameters.
    starts: [usize; 4],
    /// Of each channel, over the samples of the last training pass.
    statistics: Vec<Statistics>,
    /// Of each channel in a training pass: Σg and Σg·(x − mean) of the gradient g, once they are known.
    sums: Vec<[f64; 2]>,
    summed: bool,
    relu: bool,
}

#[derive(Clone, Copy, Default)]
struct Statistics {
    mean: f64,
    variance: f64,
}

impl BatchNorm {
    /// `starts` says where weight, bias, running mean and running variance start among the parameters.
    pub fn new(channels: usize, epsilon: f64, starts: [usize; 4]) -> BatchNorm {
        BatchNorm {
            channels,
            epsilon,
            starts,
            statistics: vec![Statistics::default(); channels],
            sums: vec![[0.0; 2]; channels],
            summed: false,
            relu: false,
        }
    }

    /// Weight, bias, running mean and running variance of a channel.
    fn parameters<T: Scalar>(&self, pass: &Pass<T>, channel: usize) -> [f64; 4] {
        self.starts.map(|start| pass.parameters[start + channel].to_f64())
    }

    /// What a channel is normalised by: in training its own statistics, else the running ones.
    fn statistics<T: Scalar>(&self, pass: &Pass<T>, channel: usize) -> Statistics {
        match is_training(pass) {
            true => self.statistics[channel],
            false => {
                let [_, _, mean, variance] = self.parameters(pass, channel);
                Statistics { mean, variance }
            }
        }
    }

    /// What a channel's values, less their mean, are multiplied by.
    fn factor<T: Scalar>(&self, pass: &Pass<T>, channel: usize) -> f64 {
        let [weight, ..] = self.parameters(pass, channel);
        weight / (self.statistics(pass, channel).variance + self.epsilon).sqrt()
    }

    /// Finds the channels' statistics.
    fn measure<T: Scalar>(&mut self, pass: &Pass<T>, input: Batch<T>) {
        let plane = input.volume() / self.channels;
        let count = (pass.count * plane) as f64;
        for (channel, statistics) in self.statistics.iter_mut().enumerate() {
            // Each plane is read once: its own statistics are those of all so far, and it (T. F. Chan,
            // G. H. Golub and R. J. LeVeque, "Updating formulae and a pairwise algorithm", 1979).
            let (mut mean, mut squares) = (0.0, 0.0);
            for n in 0..pass.count {
                let values = &input.sample(n)[channel * plane..][..plane];
                let [sum] = sums(values, values, |x, _| [x]);
                let own = sum / plane as f64;
                let centre = T::from_f64(own);
                let [around] = sums(values, values, |x, _| [(x - centre) * (x - centre)]);
                let (before, difference) = ((n * plane) as f64, own - mean);
                let share = plane as f64 / (before + plane as f64);
                mean += difference * share;
                squares += around + difference * difference * before * share;
            }
            let variance = squares / count;
            *statistics = Statistics { mean, variance };
        }
        self.summed = false;
    }

    /// Finds the channels' sums over a gradient, unless they are known.
    fn sum<T: Scalar>(&mut self, pass: &Pass<T>, input: Batch<T>, gradient: Batch<T>) {
        if std::mem::replace(&mut self.summed, true) {
            return;
        }
        let plane = input.volume() / self.channels;
        let channels = self.sums.iter_mut().zip(&self.statistics);
        for (channel, (totals, statistics)) in channels.enumerate() {
            let centre = T::from_f64(statistics.mean);
            *totals = [0.0; 2];
            for n in 0..pass.count {
                let gradient = &gradient.sample(n)[channel * plane..][..plane];
                let input = &input.sample(n)[channel * plane..][..plane];
                let own = sums(gradient, input, |gradient, x| [gradient, gradient * (x - centre)]);
                *totals = [totals[0] + own[0], totals[1] + own[1]];
            }
        }
    }
}

/// Whether the pass's own statistics count: where dropout drops.
fn is_training<T>(pass: &Pass<T>) -> bool {
    pass.seed.is_some()
}

/// The sums of each of `terms`(a, b), in lanes.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2+fma"))]
fn sums<const N: usize, T: Scalar, F: Fn(T, T) -> [T; N]>(a: &[T], b: &[T], terms: F) -> [f64; N] {
    const LANES: usize = 32;
    let mut lanes = [[T::ZERO; LANES]; N];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            for (lanes, term) in lanes.iter_mut().zip(terms(a[lane], b[lane])) {
                lanes[lane] += term;
            }
        }
    }
    for (lane, (a, b)) in a_rest.iter().zip(b_rest).enumerate() {
        for (lanes, term) in lanes.iter_mut().zip(terms(*a, *b)) {
            lanes[lane] += term;
        }
    }
    lanes.map(|lanes| lanes.into_iter().map(Scalar::to_f64).sum())
}

/// output ← own(output, a, b).
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2+fma"))]
fn put<T: Scalar, F: Fn(T, T, T) -> T>(output: &mut [T], a: &[T], b: &[T], own: F) {
    for (output, (a, b)) in output.iter_mut().zip(a.iter().zip(b)) {
        *output = own(*output, *a, *b);
    }
}

impl<T: Scalar> Layer<T> for BatchNorm {
    fn forward(&mut self, pass: &Pass<T>, inputs: &[Batch<T>], output: &mut BatchMut<T>) {
        let input = inputs[0];
        if is_training(pass) {
            self.measure(pass, input);
        }
        let plane = input.volume() / self.channels;
        for channel in 0..self.channels {
            let [_, bias, ..] = self.parameters(pass, channel);
            let factor = self.factor(pass, channel);
            let offset = T::from_f64(bias - factor * self.statistics(pass, channel).mean);
            let factor = T::from_f64(factor);
            for n in 0..pass.count {
                let input = &input.sample(n)[channel * plane..][..plane];
                let output = &mut output.sample(n)[channel * plane..][..plane];
                match self.relu {
                    false => put(output, input, input, |_, x, _| x * factor + offset),
                    true => put(output, input, input, |_, x, _| (x * factor + offset).max(T::ZERO)),
                }
            }
        }
    }

    fn backward(
        &mut self,
        pass: &Pass<T>,
        _index: usize,
        inputs: &[Batch<T>],
        gradient: Batch<T>,
        into: &mut BatchMut<T>,
        write: Write,
    ) {
        let input = inputs[0];
        if is_training(pass) {
            self.sum(pass, input, gradient);
        }
        let plane = input.volume() / self.channels;
        let count = (pass.count * plane) as f64;
        for channel in 0..self.channels {
            let factor = self.factor(pass, channel);
            // factor · (g − mean of g − (x − mean) · mean of g·(x − mean) / variance)
            let [along, constant] = match is_training(pass) {
                false => [0.0; 2],
                true => {
                    let Statistics { mean, variance } = self.statistics[channel];
                    let [sum, product] = self.sums[channel].map(|sum| sum / count);
                    let along = -factor * product / (variance + self.epsilon);
                    [along, -factor * sum - along * mean]
                }
            };
            let [factor, along, constant] = [factor, along, constant].map(T::from_f64);
            for n in 0..pass.count {
                let input = &input.sample(n)[channel * plane..][..plane];
                let gradient = &gradient.sample(n)[channel * plane..][..plane];
                let into = &mut into.sample(n)[channel * plane..][..plane];
                let own = |gradient: T, x: T| factor * gradient + (along * x + constant);
                match write {
                    Write::Set => put(into, gradient, input, |_, g, x| own(g, x)),
                    Write::Add => put(into, gradient, input, |before, g, x| before + own(g, x)),
                }
            }
        }
    }

    fn backward_parameters(
        &mut self,
        pass: &Pass<T>,
        inputs: &[Batch<T>],
        gradient: Batch<T>,
        gradients: &mut [T],
    ) {
        self.sum(pass, inputs[0], gradient);
        let samples = pass.count as f64;
        let count = samples * (inputs[0].volume() / self.channels) as f64;
        // PyTorch's running variance is that of the population.
        let unbiased = if count > 1.0 { count / (count - 1.0) } else { 1.0 };
        for channel in 0..self.channels {
            let [_, _, running_mean, running_variance] = self.parameters(pass, channel);
            let Statistics { mean, variance } = self.statistics[channel];
            let [sum, product] = self.sums[channel];
            let own = [
                product / (variance + self.epsilon).sqrt(),
                sum,
                // The sum over samples, as every gradient is.
                samples * (running_mean - mean),
                samples * (running_variance - variance * unbiased),
            ];
            for (start, own) in self.starts.into_iter().zip(own) {
                gradients[start + channel] = T::from_f64(own);
            }
        }
    }

    fn take_relu(&mut self) -> bool {
        self.relu = true;
        true
    }
}
