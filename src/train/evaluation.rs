//! How well a network performs on examples that it was not trained on.

use super::attack::{Against, Attack};
use super::augment::{Augmentation, MiniBatches};
use super::confusion::Confusion;
use super::data::{Examples, PictureShape};
use super::history::Score;
use super::random::{Purpose, generator};
use crate::backend::core::{Loss, Outcome, Replicas};
use crate::network::{Graph, ShapeError};
use crate::trained::Adversary;

/// Examples that are changed against a network to evaluate it.
const MOST_ATTACKED: usize = 1000;

/// Pictures per forward pass.
const BATCH: usize = 100;

/// Passes examples through a network and compares its predictions with their labels.
pub struct Evaluator<'a> {
    replicas: Replicas,
    batches: MiniBatches<'a>,
    /// Number of examples, and of those that are evaluated.
    examples: usize,
    count: usize,
    indices: Vec<usize>,
    inputs: Vec<f32>,
    labels: Vec<u16>,
    volume: usize,
    /// Changes the pictures first.
    attack: Option<Attack>,
}

/// The result of an evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// Loss and error over all examples.
    pub score: Score,
    /// How often each class was taken for each other.
    pub confusion: Confusion,
    /// The misclassified examples, in order.
    pub mistakes: Vec<Misclassified>,
}

/// A misclassified example.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Misclassified {
    /// Its index.
    pub example: usize,
    /// The true class.
    pub label: u16,
    /// The class that the network predicts.
    pub prediction: u16,
    /// The output of the predicted class.
    pub confidence: f64,
}

impl<'a> Evaluator<'a> {
    /// For a network that takes pictures of that shape.
    ///
    /// # Errors
    /// [`ShapeError`] if it does not.
    pub fn new(
        graph: &Graph,
        examples: &'a Examples,
        shape: PictureShape,
        threads: usize,
    ) -> Result<Evaluator<'a>, ShapeError> {
        Evaluator::build(graph, examples, shape, threads, None)
    }

    /// For some of the examples, evenly chosen, changed against the network.
    ///
    /// # Errors
    /// As for [`Evaluator::new`].
    pub fn adversarial(
        graph: &Graph,
        examples: &'a Examples,
        shape: PictureShape,
        threads: usize,
        adversary: Adversary,
    ) -> Result<Evaluator<'a>, ShapeError> {
        Evaluator::build(graph, examples, shape, threads, Some(adversary))
    }

    fn build(
        graph: &Graph,
        examples: &'a Examples,
        shape: PictureShape,
        threads: usize,
        adversary: Option<Adversary>,
    ) -> Result<Evaluator<'a>, ShapeError> {
        let batch = BATCH.min(examples.len());
        let (size, input) = (shape.size(), adversary.is_some());
        let none = Augmentation::none();
        let attack = |adversary| Attack::new(adversary, shape, graph.preprocessing());
        Ok(Evaluator {
            replicas: Replicas::with_input_gradients(graph, batch, size, threads, input)?,
            batches: MiniBatches::new(examples, shape, &none, graph.preprocessing(), 0),
            examples: examples.len(),
            count: if input { examples.len().min(MOST_ATTACKED) } else { examples.len() },
            indices: Vec::with_capacity(batch),
            inputs: vec![0.0; batch * shape.volume()],
            labels: vec![0; batch],
            volume: shape.volume(),
            attack: adversary.map(attack),
        })
    }

    /// Loss and error over all examples.
    pub fn score(&mut self, parameters: &[f32], loss: Loss) -> Score {
        self.pass(parameters, loss, |_, _, _| {})
    }

    /// Loss and error over all examples, with the confusion matrix and the misclassified examples.
    /// `classes` is the number of outputs.
    pub fn evaluate(&mut self, parameters: &[f32], loss: Loss, classes: usize) -> Evaluation {
        let mut confusion = Confusion::new(classes);
        let mut mistakes = vec![];
        let score = self.pass(parameters, loss, |example, label, outputs| {
            let prediction = largest(outputs);
            confusion.add(usize::from(label), prediction);
            if prediction != usize::from(label) {
                let confidence = f64::from(outputs[prediction]);
                mistakes.push(Misclassified {
                    example,
                    label,
                    prediction: prediction as u16,
                    confidence,
                });
            }
        });
        Evaluation { score, confusion, mistakes }
    }

    /// Calls `each` with every example's index, label and outputs.
    fn pass(
        &mut self,
        parameters: &[f32],
        loss: Loss,
        mut each: impl FnMut(usize, u16, &[f32]),
    ) -> Score {
        let mut total = Outcome::default();
        for start in (0..self.count).step_by(self.labels.len()) {
            self.indices.clear();
            let chosen = start..self.count.min(start + self.labels.len());
            // Examples often lie class by class.
            self.indices.extend(chosen.map(|index| index * self.examples / self.count));
            let count = self.indices.len();
            let (inputs, labels) =
                (&mut self.inputs[..count * self.volume], &mut self.labels[..count]);
            self.batches.fill(0, &self.indices, inputs, labels);
            if let Some(attack) = &mut self.attack {
                let radius = attack.adversary().radius;
                let mut random = generator(Purpose::Attack, [0, 0, start as u64]);
                let replicas = &mut self.replicas;
                let mut against = Against { replicas, parameters, labels, loss, dropout: None };
                attack.change(inputs, radius, &mut against, &mut random);
            }
            let outcome = self.replicas.evaluate(parameters, inputs, labels, loss);
            total.loss += outcome.loss;
            total.errors += outcome.errors;
            let outputs = self.replicas.outputs();
            let predictions = outputs.chunks_exact(outputs.len() / count);
            for ((index, label), outputs) in self.indices.iter().zip(labels).zip(predictions) {
                each(*index, *label, outputs);
            }
        }
        score(total, self.count)
    }
}

/// The index of the largest output, the first of equals.
pub fn largest(outputs: &[f32]) -> usize {
    let mut best = 0;
    for (index, output) in outputs.iter().enumerate() {
        if *output > outputs[best] {
            best = index;
        }
    }
    best
}

/// The means over `count` examples.
pub(super) fn score(outcome: Outcome, count: usize) -> Score {
    let count = count as f64;
    Score { loss: outcome.loss / count, error: outcome.errors as f64 / count }
}
