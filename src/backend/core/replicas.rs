//! A mini-batch split among the cores: each computes its part on its own replica of the network.

use multiversion::multiversion;

use super::batch::Write;
use super::loss::{Loss, OutputKind};
use super::parallel::{Shared, split};
use super::parameters::ParameterLayout;
use super::program::{Plan, Program, Use};
use crate::Size;
use crate::network::{Graph, NodeId, ShapeError, multiplications, shapes};

/// The result of a mini-batch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Sum of the examples' losses.
    pub loss: f64,
    /// Misclassified examples.
    pub errors: usize,
}

/// Replicas of a network, one per thread, that pass parts of a mini-batch forward and back.
///
/// Nothing is allocated after the first mini-batch. The same parameters, inputs, seed and number of
/// threads give the same bytes.
pub struct Replicas {
    replicas: Vec<Replica>,
    has_input_gradients: bool,
    kind: OutputKind,
    /// Values of one picture and of one output.
    input: usize,
    classes: usize,
    /// Multiplications per picture in the forward pass.
    work: u64,
    gradients: Vec<f32>,
    outputs: Vec<f32>,
    /// Pictures of the last pass.
    count: usize,
}

struct Replica {
    program: Program<f32>,
    /// The parameters that the program has loaded; none at first.
    loaded: Vec<f32>,
    gradients: Vec<f32>,
    /// Pictures of the last pass.
    count: usize,
    outcome: Outcome,
}

/// Multiplications in a forward pass that are worth another thread.
const WORTH_A_THREAD: u64 = 2_000_000;

/// Where a pass goes back to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Back {
    Parameters,
    Input,
}

/// What a pass does with each replica's part.
#[derive(Clone, Copy)]
struct Task<'a> {
    parameters: &'a [f32],
    inputs: &'a [f32],
    labels: Option<&'a [u16]>,
    loss: Loss,
    /// The seed of dropout, in training; without one nothing is dropped, and batch normalisations go by
    /// their running statistics.
    dropout: Option<u64>,
    back: Option<Back>,
}

impl Replicas {
    /// For mini-batches of up to `batch` pictures of `size` (height, width). The graph's last node
    /// is the output: one value per class.
    ///
    /// # Errors
    /// [`ShapeError`] if pictures of that size do not fit the network.
    pub fn new(
        graph: &Graph,
        batch: usize,
        size: Size,
        threads: usize,
    ) -> Result<Replicas, ShapeError> {
        Replicas::with_input_gradients(graph, batch, size, threads, false)
    }

    /// Likewise, for [`Replicas::pass_to_inputs`] too if `input` says so.
    ///
    /// # Errors
    /// As for [`Replicas::new`].
    pub fn with_input_gradients(
        graph: &Graph,
        batch: usize,
        size: Size,
        threads: usize,
        input: bool,
    ) -> Result<Replicas, ShapeError> {
        let shapes = shapes(graph, size.height, size.width)?;
        let threads = threads.clamp(1, batch.max(1));
        let length = ParameterLayout::new(graph).len();
        let plan =
            Plan { batch: batch.max(1), size, purpose: Use::Training { input }, parallel: false };
        let replicas = (0..threads)
            .map(|index| {
                // The first one handles small mini-batches alone.
                let batch = if index == 0 { plan.batch } else { plan.batch.div_ceil(threads) };
                let program = Program::new(graph, Plan { batch, ..plan })?;
                let outcome = Outcome::default();
                let gradients = vec![0.0; length];
                Ok(Replica { program, loaded: Vec::new(), gradients, count: 0, outcome })
            })
            .collect::<Result<Vec<_>, ShapeError>>()?;
        let classes = shapes[shapes.len() - 1].volume();
        Ok(Replicas {
            replicas,
            has_input_gradients: input,
            kind: OutputKind::of(&graph.nodes()[graph.nodes().len() - 1].op),
            input: shapes[0].volume(),
            classes,
            work: multiplications(graph, size.height, size.width)?,
            gradients: vec![0.0; length],
            outputs: vec![0.0; classes * plan.batch],
            count: 0,
        })
    }

    /// Passes a mini-batch forward and back: `inputs` are `labels.len()` preprocessed pictures
    /// (C×H×W each), `parameters` the network's flat vector. Afterwards [`Replicas::gradients`] is
    /// the mean gradient over the mini-batch. `seed` determines the dropout.
    pub fn gradient(
        &mut self,
        parameters: &[f32],
        inputs: &[f32],
        labels: &[u16],
        loss: Loss,
        seed: u64,
    ) -> Outcome {
        let (dropout, back) = (Some(seed), Some(Back::Parameters));
        let task = Task { parameters, inputs, labels: Some(labels), loss, dropout, back };
        let outcome = self.run(labels.len(), task);
        self.reduce();
        outcome
    }

    /// Passes a mini-batch forward and back to its pictures: afterwards [`Replicas::input_gradient`] is the
    /// gradient of each one's own loss with respect to its preprocessed values. `seed` determines the
    /// dropout, as in training; without one the network is that of [`Replicas::evaluate`].
    ///
    /// # Panics
    /// If the replicas were not made for it, [`Replicas::with_input_gradients`].
    pub fn pass_to_inputs(
        &mut self,
        parameters: &[f32],
        inputs: &[f32],
        labels: &[u16],
        loss: Loss,
        seed: Option<u64>,
    ) {
        assert!(
            self.has_input_gradients,
            "the replicas were not made for gradients of the pictures"
        );
        let (dropout, back) = (seed, Some(Back::Input));
        self.run(
            labels.len(),
            Task { parameters, inputs, labels: Some(labels), loss, dropout, back },
        );
    }

    /// The gradient with respect to picture `index` of the last [`Replicas::pass_to_inputs`].
    pub fn input_gradient(&self, index: usize) -> &[f32] {
        let mut n = index;
        for replica in &self.replicas {
            if n < replica.count {
                return replica.program.input_gradient(n);
            }
            n -= replica.count;
        }
        panic!("picture {index} was not in the last pass")
    }

    /// The mean gradient of the last mini-batch, in the layout of the parameters.
    pub fn gradients(&self) -> &[f32] {
        &self.gradients
    }

    /// Passes a mini-batch forward only, without dropout, and compares the predictions with the
    /// labels; [`Replicas::outputs`] are the outputs afterwards.
    pub fn evaluate(
        &mut self,
        parameters: &[f32],
        inputs: &[f32],
        labels: &[u16],
        loss: Loss,
    ) -> Outcome {
        let (dropout, back) = (None, None);
        self.run(
            labels.len(),
            Task { parameters, inputs, labels: Some(labels), loss, dropout, back },
        )
    }

    /// Passes `count` pictures forward; [`Replicas::outputs`] are the outputs afterwards.
    pub fn predict(&mut self, parameters: &[f32], inputs: &[f32], count: usize) {
        let loss = Loss::Quadratic;
        let (dropout, back) = (None, None);
        self.run(count, Task { parameters, inputs, labels: None, loss, dropout, back });
    }

    /// The outputs of the last pass: for each picture in turn, one value per class.
    pub fn outputs(&self) -> &[f32] {
        &self.outputs[..self.count * self.classes]
    }

    /// The activations of a node in the last pass, one slice per picture, in order. An activation
    /// function may have replaced its input in place: ask for the function's node.
    pub fn activations(&self, node: NodeId) -> impl Iterator<Item = &[f32]> {
        self.replicas.iter().flat_map(move |replica| {
            (0..replica.count).map(move |n| replica.program.activation(node, n))
        })
    }

    /// The gradients of the loss (each example's own) with respect to a node's activations, in the
    /// last [`Replicas::gradient`]; slices as in [`Replicas::activations`]. If an activation
    /// function replaced its input in place, they are those with respect to its argument.
    pub fn activation_gradients(&self, node: NodeId) -> impl Iterator<Item = &[f32]> {
        self.replicas.iter().flat_map(move |replica| {
            (0..replica.count).map(move |n| replica.program.gradient(node, n))
        })
    }

    fn run(&mut self, count: usize, task: Task) -> Outcome {
        assert!(task.inputs.len() >= count * self.input, "there are fewer inputs than labels");
        assert!(count * self.classes <= self.outputs.len(), "the mini-batch is too large");
        let worth = (self.work * count as u64 / WORTH_A_THREAD).max(1);
        let active = self.replicas.len().min(usize::try_from(worth).unwrap_or(usize::MAX));
        let part = count.div_ceil(active).max(1);
        let (kind, input) = (self.kind, self.input);
        let run = |index: usize, replica: &mut Replica| {
            let range = (index * part).min(count)..((index + 1) * part).min(count);
            replica.run(&task, range, input, kind);
        };
        match &mut self.replicas[..active] {
            [only] => run(0, only),
            active => {
                let count = active.len();
                let shared = Shared::new(active);
                split(true, count, 1, &|range| {
                    for index in range {
                        // SAFETY: every replica is one thread's alone.
                        run(index, &mut unsafe { shared.part(index, 1) }[0]);
                    }
                });
            }
        }
        for idle in &mut self.replicas[active..] {
            idle.count = 0;
        }
        self.count = count;
        let mut outputs = self.outputs.chunks_exact_mut(self.classes);
        let mut outcome = Outcome::default();
        for replica in &mut self.replicas {
            for (n, output) in (0..replica.count).zip(&mut outputs) {
                output.copy_from_slice(replica.program.answer(n).0);
            }
            if replica.count > 0 {
                outcome.loss += replica.outcome.loss;
                outcome.errors += replica.outcome.errors;
            }
        }
        outcome
    }

    /// The mean of the replicas' gradients, which are sums.
    fn reduce(&mut self) {
        let factor = 1.0 / self.count.max(1) as f32;
        let replicas = &self.replicas;
        let length = self.gradients.len();
        let shared = Shared::new(&mut self.gradients);
        split(length > PARALLEL_REDUCTION, length, PARALLEL_REDUCTION / 2, &|range| {
            // SAFETY: ranges do not overlap.
            let mean = unsafe { shared.part(range.start, range.len()) };
            let active = replicas.iter().filter(|replica| replica.count > 0);
            for (index, replica) in active.enumerate() {
                let write = if index == 0 { Write::Set } else { Write::Add };
                put(mean, &replica.gradients[range.clone()], factor, write);
            }
        });
    }
}

/// mean ← or += factor · gradients.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2+fma"))]
fn put(mean: &mut [f32], gradients: &[f32], factor: f32, write: Write) {
    let own = mean.iter_mut().zip(gradients);
    match write {
        Write::Set => own.for_each(|(mean, gradient)| *mean = gradient * factor),
        Write::Add => own.for_each(|(mean, gradient)| *mean += gradient * factor),
    }
}

/// Number of parameters from which the mean gradient is computed on all cores.
const PARALLEL_REDUCTION: usize = 1 << 17;

impl Replica {
    /// Passes the pictures of `range` forward and, in training, back.
    fn run(&mut self, task: &Task, range: std::ops::Range<usize>, input: usize, kind: OutputKind) {
        let count = range.len();
        self.count = count;
        self.outcome = Outcome::default();
        if count == 0 {
            return;
        }
        let program = &mut self.program;
        // An attack runs several passes with the same ones.
        if self.loaded != task.parameters {
            program.load(task.parameters);
            self.loaded.clear();
            self.loaded.extend_from_slice(task.parameters);
        }
        program.input()[..count * input]
            .copy_from_slice(&task.inputs[range.start * input..range.end * input]);
        program.forward(task.parameters, count, task.dropout);
        let Some(labels) = task.labels.map(|labels| &labels[range]) else { return };
        for (n, label) in labels.iter().enumerate() {
            let (values, gradient) = program.answer(n);
            self.outcome.loss += task.loss.of(kind, values, *label as usize, gradient);
            self.outcome.errors += usize::from(largest(values) != *label as usize);
        }
        if let Some(back) = task.back {
            let from_sum = task.loss.cancels(kind);
            let gradients = (back == Back::Parameters).then_some(self.gradients.as_mut_slice());
            program.backward(task.parameters, count, task.dropout, from_sum, gradients);
        }
    }
}

/// Index of the largest value, the first of equals.
fn largest(values: &[f32]) -> usize {
    let mut best = 0;
    for (index, value) in values.iter().enumerate() {
        if *value > values[best] {
            best = index;
        }
    }
    best
}
