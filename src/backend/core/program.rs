//! A graph made ready to compute pictures of one size: its layers, and memory for what passes
//! between them.

mod compile;
mod memory;

pub use memory::{Footprint, Memory};

use std::collections::HashMap;
use std::sync::Arc;

use self::memory::Lengths;
use super::batch::{Batch, BatchMut, Pass, Write};
use super::convolution::{PackedWeights, Scratch};
use super::layer::{Function, Layer};
use super::scalar::Scalar;
use crate::Size;
use crate::backend::Seed;
use crate::network::NodeId;

/// Where a node's values lie: sample n's in `buffer`, from `offset + n · step` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct View {
    buffer: usize,
    offset: usize,
    step: usize,
    volume: usize,
}

enum Step<T> {
    Layer { layer: Box<dyn Layer<T>>, inputs: Vec<Source>, output: View },
    Function { function: Box<dyn Function<T>>, values: View },
}

/// An input of a layer.
#[derive(Clone, Copy)]
struct Source {
    view: View,
    /// How the gradient with respect to it is written; `None` where it is not wanted.
    gradient: Option<Write>,
}

/// What layers have packed, by the place of their weights among the parameters.
#[derive(Default)]
pub struct SharedWeights<T: 'static>(HashMap<usize, Arc<PackedWeights<T>>>);

/// Layers and memory for pictures of one size.
pub struct Program<T> {
    steps: Vec<Step<T>>,
    /// Where each node's values are.
    views: Vec<View>,
    activations: Vec<Vec<T>>,
    gradients: Gradients<T>,
    lengths: Lengths,
    scratch: Scratch<T>,
    targets: Vec<View>,
    /// Step that computes the last node, if it is a function.
    closing: Option<usize>,
    parallel: bool,
}

/// Memory for the gradients, which buffers whose gradients are not alive together may share.
struct Gradients<T> {
    memory: Vec<Vec<T>>,
    /// Which memory each buffer's gradient has.
    places: Vec<usize>,
}

impl<T> Gradients<T> {
    fn buffer(&mut self, buffer: usize) -> &mut Vec<T> {
        &mut self.memory[self.places[buffer]]
    }

    fn read(&self, view: &View) -> Batch<'_, T> {
        Batch::new(&self.memory[self.places[view.buffer]][view.offset..], view.step, view.volume)
    }
}

/// What a program is made for.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
    /// Most samples at once.
    pub batch: usize,
    /// Of the pictures.
    pub size: Size,
    /// Inference, dreaming or training.
    pub purpose: Use<'a>,
    /// Whether each layer is shared among the cores.
    pub parallel: bool,
}

/// What gradients a program is asked for.
#[derive(Clone, Copy, Debug)]
pub enum Use<'a> {
    /// The parameters', of a cost of the last node's values.
    Training {
        /// Whether the input's are asked for too.
        input: bool,
    },
    /// The input's, of a score of these nodes' activations.
    Dreaming(&'a [NodeId]),
}

impl<T: Scalar> Program<T> {
    /// Takes note of new parameters.
    pub fn load(&mut self, parameters: &[T]) {
        for step in &mut self.steps {
            if let Step::Layer { layer, .. } = step {
                layer.load(parameters);
            }
        }
    }

    /// Likewise for programs that dream with one network's parameters, which never change: what one of
    /// them packs, all share.
    pub fn load_shared(&mut self, parameters: &[T], shared: &mut SharedWeights<T>) {
        for step in &mut self.steps {
            let Step::Layer { layer, .. } = step else { continue };
            if let Some((start, own)) = layer.packed()
                && let Some(packed) = shared.0.get(&start)
            {
                *own = packed.clone();
                continue;
            }
            layer.load(parameters);
            if let Some((start, own)) = layer.packed() {
                shared.0.insert(start, own.clone());
            }
        }
    }

    /// Room for the pictures, one every `volume` values.
    pub fn input(&mut self) -> &mut [T] {
        let buffer = self.views[0].buffer;
        &mut self.activations[buffer][..self.lengths.activations[buffer]]
    }

    /// Passes `count` pictures forward; with a `seed`, dropout drops.
    pub fn forward(&mut self, parameters: &[T], count: usize, seed: Option<u64>) {
        let parallel = self.parallel;
        let pass = Pass { parameters, count, parallel, seed, redirected: false };
        for step in &mut self.steps {
            match step {
                Step::Layer { layer, inputs, output } => {
                    let mut values = std::mem::take(&mut self.activations[output.buffer]);
                    with_batches(inputs, &self.activations, |inputs| {
                        layer.forward(&pass, inputs, &mut output.write(&mut values));
                    });
                    self.activations[output.buffer] = values;
                }
                Step::Function { function, values } => {
                    let buffer = &mut self.activations[values.buffer];
                    function.forward(&pass, &mut values.write(buffer));
                }
            }
        }
    }

    /// Passes gradients back from where they were set, to the parameters' `gradients` (a training
    /// program), or else to the input. With `from_sum` the gradient that was set is that of the last node's
    /// argument, not of its result.
    pub fn backward(
        &mut self,
        parameters: &[T],
        count: usize,
        seed: Option<u64>,
        from_sum: bool,
        gradients: Option<&mut [T]>,
    ) {
        let parallel = self.parallel;
        let pass = Pass { parameters, count, parallel, seed, redirected: false };
        self.pass_back(&pass, from_sum, gradients);
    }

    /// Passes the gradients of one picture back to the input; with `redirected`, as
    /// [`Record::Redirected`](crate::backend::Record::Redirected) says.
    pub fn backward_redirected(&mut self, parameters: &[T], redirected: bool) {
        let parallel = self.parallel;
        let pass = Pass { parameters, count: 1, parallel, seed: None, redirected };
        self.pass_back(&pass, false, None);
    }

    fn pass_back(&mut self, pass: &Pass<T>, from_sum: bool, mut gradients: Option<&mut [T]>) {
        let input = self.views[0].buffer;
        for (index, step) in self.steps.iter_mut().enumerate().rev() {
            match step {
                Step::Function { .. } if from_sum && self.closing == Some(index) => {}
                Step::Function { function, values } => {
                    let results = values.read(&self.activations);
                    let gradient = self.gradients.buffer(values.buffer);
                    function.backward(pass, results, &mut values.write(gradient));
                }
                Step::Layer { layer, inputs, output } => {
                    with_batches(inputs, &self.activations, |batches| {
                        if let Some(gradients) = gradients.as_deref_mut() {
                            let gradient = self.gradients.read(output);
                            layer.backward_parameters(pass, batches, gradient, gradients);
                        }
                        for (index, source) in inputs.iter().enumerate() {
                            let Some(write) = source.gradient else { continue };
                            if gradients.is_some() && source.view.buffer == input {
                                continue;
                            }
                            let mut into =
                                std::mem::take(self.gradients.buffer(source.view.buffer));
                            layer.backward(
                                pass,
                                index,
                                batches,
                                self.gradients.read(output),
                                &mut source.view.write(&mut into),
                                write,
                            );
                            *self.gradients.buffer(source.view.buffer) = into;
                        }
                    });
                }
            }
        }
    }

    /// Sets the gradient at each target to its seed; those of targets that are two names of the same
    /// values add up.
    pub fn seed_targets<A: AsRef<[T]>>(&mut self, seeds: &[Seed<A>]) {
        for (index, (view, seed)) in self.targets.iter().zip(seeds).enumerate() {
            let (values, factor) = match seed {
                Seed::Activation { factor } => {
                    (view.read(&self.activations).sample(0), T::from_f64(*factor))
                }
                Seed::Array { array, factor } => (array.as_ref(), T::from_f64(*factor)),
            };
            let gradients = &mut self.gradients.buffer(view.buffer)[view.offset..][..view.volume];
            let is_first = !self.targets[..index].contains(view);
            for (gradient, value) in gradients.iter_mut().zip(values) {
                let before = if is_first { T::ZERO } else { *gradient };
                *gradient = before + factor * *value;
            }
        }
    }

    /// The activation of target number `index`, of the first sample.
    pub fn target(&self, index: usize) -> &[T] {
        self.targets[index].read(&self.activations).sample(0)
    }

    /// The last node's values of sample `n`, and room for their gradient.
    pub fn answer(&mut self, n: usize) -> (&[T], &mut [T]) {
        let view = self.views[self.views.len() - 1];
        let gradient = &mut self.gradients.buffer(view.buffer)[view.offset + n * view.step..];
        (view.read(&self.activations).sample(n), &mut gradient[..view.volume])
    }

    /// The values of a node: those of sample `n`.
    pub fn activation(&self, node: NodeId, n: usize) -> &[T] {
        self.views[node.index()].read(&self.activations).sample(n)
    }

    /// The gradient with respect to the values of a node, in a training program: that of sample `n`.
    pub fn gradient(&self, node: NodeId, n: usize) -> &[T] {
        self.gradients.read(&self.views[node.index()]).sample(n)
    }

    /// The gradient with respect to the input of sample `n`.
    pub fn input_gradient(&self, n: usize) -> &[T] {
        self.gradients.read(&self.views[0]).sample(n)
    }
}

impl View {
    fn read<'a, T>(&self, buffers: &'a [Vec<T>]) -> Batch<'a, T> {
        Batch::new(&buffers[self.buffer][self.offset..], self.step, self.volume)
    }

    fn write<'a, T>(&self, buffer: &'a mut [T]) -> BatchMut<'a, T> {
        BatchMut::new(&mut buffer[self.offset..], self.step, self.volume)
    }
}

/// Most inputs that a layer has, in networks that are known.
const FEW: usize = 8;

/// Calls `work` with what the sources hold, without allocating for few of them.
fn with_batches<T>(sources: &[Source], buffers: &[Vec<T>], work: impl FnOnce(&[Batch<T>])) {
    let batch = |source: &Source| source.view.read(buffers);
    match sources {
        [only] => work(&[batch(only)]),
        sources if sources.len() <= FEW => {
            let batches: [Batch<T>; FEW] =
                std::array::from_fn(|index| batch(&sources[index.min(sources.len() - 1)]));
            work(&batches[..sources.len()]);
        }
        sources => work(&sources.iter().map(batch).collect::<Vec<_>>()),
    }
}
