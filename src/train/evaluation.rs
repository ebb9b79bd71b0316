//! How well a network does on examples that it is not trained with.

use super::augment::{Augmentation, MiniBatches};
use super::confusion::Confusion;
use super::data::{Examples, PictureShape};
use super::history::Score;
use crate::backend::core::{Cost, Outcome, Replicas};
use crate::network::{Graph, ShapeError};

/// Pictures that pass through the network at a time.
const BATCH: usize = 100;

/// Passes examples through a network and compares its answers with their labels.
pub struct Evaluator<'a> {
    replicas: Replicas,
    batches: MiniBatches<'a>,
    count: usize,
    indices: Vec<usize>,
    inputs: Vec<f32>,
    labels: Vec<u16>,
    volume: usize,
}

/// What the answers come to.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    pub score: Score,
    pub confusion: Confusion,
    /// The examples that are classified wrongly, by their number, in order.
    pub mistakes: Vec<WrongAnswer>,
}

/// An example that is classified wrongly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WrongAnswer {
    /// Its place among the examples.
    pub example: usize,
    pub label: u16,
    pub answer: u16,
    /// The answer's output.
    pub confidence: f64,
}

impl<'a> Evaluator<'a> {
    /// For a network that takes pictures of that shape.
    ///
    /// # Errors
    /// [`ShapeError`] where it does not.
    pub fn new(
        graph: &Graph,
        examples: &'a Examples,
        shape: PictureShape,
        threads: usize,
    ) -> Result<Evaluator<'a>, ShapeError> {
        let batch = BATCH.min(examples.len());
        let none = Augmentation::none();
        Ok(Evaluator {
            replicas: Replicas::new(graph, batch, [shape.height, shape.width], threads)?,
            batches: MiniBatches::new(examples, shape, &none, graph.preprocessing(), 0),
            count: examples.len(),
            indices: Vec::with_capacity(batch),
            inputs: vec![0.0; batch * shape.volume()],
            labels: vec![0; batch],
            volume: shape.volume(),
        })
    }

    /// Cost and error over all examples.
    pub fn score(&mut self, parameters: &[f32], cost: Cost) -> Score {
        self.pass(parameters, cost, |_, _, _| {})
    }

    /// Cost and error over all examples, and which of them are taken for what. `classes` is the
    /// number of the network's answers.
    pub fn evaluate(&mut self, parameters: &[f32], cost: Cost, classes: usize) -> Evaluation {
        let mut confusion = Confusion::new(classes);
        let mut mistakes = vec![];
        let score = self.pass(parameters, cost, |example, label, outputs| {
            let answer = largest(outputs);
            confusion.add(usize::from(label), answer);
            if answer != usize::from(label) {
                let confidence = f64::from(outputs[answer]);
                mistakes.push(WrongAnswer { example, label, answer: answer as u16, confidence });
            }
        });
        Evaluation { score, confusion, mistakes }
    }

    /// Calls `each` with every example's number, its label and the network's outputs.
    fn pass(
        &mut self,
        parameters: &[f32],
        cost: Cost,
        mut each: impl FnMut(usize, u16, &[f32]),
    ) -> Score {
        let mut total = Outcome::default();
        for start in (0..self.count).step_by(self.labels.len()) {
            self.indices.clear();
            self.indices.extend(start..self.count.min(start + self.labels.len()));
            let count = self.indices.len();
            let (inputs, labels) =
                (&mut self.inputs[..count * self.volume], &mut self.labels[..count]);
            self.batches.fill(0, &self.indices, inputs, labels);
            let outcome = self.replicas.evaluate(parameters, inputs, labels, cost);
            total.cost += outcome.cost;
            total.errors += outcome.errors;
            let outputs = self.replicas.outputs();
            let answers = outputs.chunks_exact(outputs.len() / count);
            for ((index, label), outputs) in self.indices.iter().zip(labels).zip(answers) {
                each(*index, *label, outputs);
            }
        }
        score(total, self.count)
    }
}

/// The place of the largest output, the first of equals.
pub fn largest(outputs: &[f32]) -> usize {
    let mut best = 0;
    for (index, output) in outputs.iter().enumerate() {
        if *output > outputs[best] {
            best = index;
        }
    }
    best
}

/// The means of what `count` examples came to.
pub(super) fn score(outcome: Outcome, count: usize) -> Score {
    let count = count as f64;
    Score { cost: outcome.cost / count, error: outcome.errors as f64 / count }
}
