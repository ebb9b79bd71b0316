//! Layers that only rearrange values: copies, concatenation, sums, channels.

use std::ops::Range;

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

/// Some channels of the input, one after another.
pub struct Channels {
    /// Where their values are in a sample.
    pub values: Range<usize>,
}

impl<T: Scalar> Layer<T> for Channels {
    fn forward(&mut self, pass: &Pass<T>, inputs: &[Batch<T>], output: &mut BatchMut<T>) {
        for n in 0..pass.count {
            output.sample(n).copy_from_slice(&inputs[0].sample(n)[self.values.clone()]);
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
            put(gradient.sample(n), &mut into[self.values.clone()], write);
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
