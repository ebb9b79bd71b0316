//! Layers that only rearrange values: copies, concatenation, sums, channels.

use super::batch::{Batch, BatchMut, Pass, Write};
use super::layer::Layer;
use super::scalar::Scalar;

/// A copy of the input.
pub struct Copy;

impl<T: Scalar> Layer<T> for Copy {
    fn forward(&mut self, pass: &Pass<T>, inputs: &[Batch<T>], output: &mut BatchMut<T>) {
        for n in 0..pass.count {
            output.sample(n).copy_from_slice(inputs[0].sample(n));
        }
    }

    fn backward(
        &mut self,
        pass: &Pass<T>,
        _index: usize,
        _inputs: &[Batch<T>],
        gradient: Batch<T>,
        into: &mut BatchMut<T>,
        write: Write,
    ) {
        for n in 0..pass.count {
            put(gradient.sample(n), into.sample(n), write);
        }
    }
}

/// The channels of all inputs, concatenated.
pub struct Concat;

impl<T: Scalar> Layer<T> for Concat {
    fn forward(&mut self, pass: &Pass<T>, inputs: &[Batch<T>], output: &mut BatchMut<T>) {
        for n in 0..pass.count {
            let mut rest = output.sample(n);
            for input in inputs {
                let (part, others) = rest.split_at_mut(input.volume());
                part.copy_from_slice(input.sample(n));
                rest = others;
            }
        }
    }

    fn backward(
        &mut self,
        pass: &Pass<T>,
        index: usize,
        inputs: &[Batch<T>],
        gradient: Batch<T>,
        into: &mut BatchMut<T>,
        write: Write,
    ) {
        let start: usize = inputs[..index].iter().map(Batch::volume).sum();
        for n in 0..pass.count {
            let part = &gradient.sample(n)[start..][..inputs[index].volume()];
            put(part, into.sample(n), write);
        }
    }
}

/// One channel of the input, with `volume` values per channel.
pub struct Channel {
    pub index: usize,
    pub values: usize,
}

impl<T: Scalar> Layer<T> for Channel {
    fn forward(&mut self, pass: &Pass<T>, inputs: &[Batch<T>], output: &mut BatchMut<T>) {
        for n in 0..pass.count {
            let channel = &inputs[0].sample(n)[self.index * self.values..][..self.values];
            output.sample(n).copy_from_slice(channel);
        }
    }

    fn backward(
        &mut self,
        pass: &Pass<T>,
        _index: usize,
        _inputs: &[Batch<T>],
        gradient: Batch<T>,
        into: &mut BatchMut<T>,
        write: Write,
    ) {
        for n in 0..pass.count {
            let into = into.sample(n);
            if write == Write::Set {
                into.fill(T::ZERO);
            }
            let channel = &mut into[self.index * self.values..][..self.values];
            put(gradient.sample(n), channel, write);
        }
    }
}

/// The sum of all inputs.
pub struct Add;

impl<T: Scalar> Layer<T> for Add {
    fn forward(&mut self, pass: &Pass<T>, inputs: &[Batch<T>], output: &mut BatchMut<T>) {
        for n in 0..pass.count {
            let output = output.sample(n);
            output.copy_from_slice(inputs[0].sample(n));
            inputs[1..].iter().for_each(|input| put(input.sample(n), output, Write::Add));
        }
    }

    fn backward(
        &mut self,
        pass: &Pass<T>,
        _index: usize,
        _inputs: &[Batch<T>],
        gradient: Batch<T>,
        into: &mut BatchMut<T>,
        write: Write,
    ) {
        for n in 0..pass.count {
            put(gradient.sample(n), into.sample(n), write);
        }
    }
}

fn put<T: Scalar>(values: &[T], into: &mut [T], write: Write) {
    match write {
        Write::Set => into.copy_from_slice(values),
        Write::Add => into.iter_mut().zip(values).for_each(|(into, value)| *into += *value),
    }
}
