//! One neuron that learns to output 0 (Nielsen, "Neural Networks and Deep Learning", 2015,
//! chapter 3).

use crate::Size;
use crate::backend::core::{Loss, ParameterLayout, Replicas};
use crate::network::{Activation, Builder, Graph, Op, Preprocessing, ShapeError};
use crate::train::{Optimiser, Rule};

/// The label of examples that belong to no class: a network of one class has only 0.
const NO_CLASS: u16 = 1;

/// A sigmoid neuron with one input, which is 1, before learning.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neuron {
    /// The weight w of σ(w·x + b).
    pub weight: f64,
    /// The bias b of σ(w·x + b).
    pub bias: f64,
}

/// How a neuron learned: values before the first epoch and after each.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// The neuron's output for the input 1.
    pub outputs: Vec<f64>,
    /// The loss, whose target is the output 0.
    pub losses: Vec<f64>,
}

impl Neuron {
    /// Learns with plain gradient descent, one step an epoch.
    ///
    /// # Errors
    /// None for a network of one neuron.
    pub fn learn(
        self,
        loss: Loss,
        learning_rate: f64,
        epochs: usize,
    ) -> Result<Example, ShapeError> {
        let graph = network();
        let layout = ParameterLayout::new(&graph);
        let optimiser = Optimiser::new(Rule::Descent, 0.0, &layout);
        let mut memory = optimiser.memory();
        let mut replicas = Replicas::new(&graph, 1, Size::square(1), 1)?;
        let mut parameters = [self.weight, self.bias].map(|value| value as f32);
        let mut example = Example { outputs: vec![], losses: vec![] };
        for _ in 0..=epochs {
            let outcome = replicas.gradient(&parameters, &[1.0], &[NO_CLASS], loss, 0);
            example.outputs.push(replicas.outputs()[0].into());
            example.losses.push(outcome.loss);
            optimiser.step(&mut memory, &mut parameters, replicas.gradients(), learning_rate);
        }
        Ok(example)
    }
}

fn network() -> Graph {
    let (mut builder, input) = Builder::with_channels("neuron", Preprocessing::SYMMETRIC, 1);
    builder.picture_size(Size::square(1));
    let flat = builder.add("flatten", Op::Flatten, &[input]);
    let sum = builder.linear("neuron", flat, [1, 1]);
    builder.activation("neuron.activation", sum, Activation::Sigmoid);
    builder.finish("neuron.activation")
}

#[cfg(test)]
mod tests {
    use super::*;

    const EPOCHS: usize = 300;

    fn learnt(weight: f64, bias: f64, loss: Loss) -> Example {
        Neuron { weight, bias }.learn(loss, 0.15, EPOCHS).unwrap()
    }

    /// The first and last output, rounded to two digits as in the book.
    fn ends(example: &Example) -> [String; 2] {
        [example.outputs[0], example.outputs[EPOCHS]].map(|output| format!("{output:.2}"))
    }

    #[test]
    fn the_quadratic_loss_ends_where_it_does_in_nielsens_book() {
        assert_eq!(ends(&learnt(0.6, 0.9, Loss::Quadratic)), ["0.82", "0.09"]);
        assert_eq!(ends(&learnt(2.0, 2.0, Loss::Quadratic)), ["0.98", "0.20"]);
    }

    #[test]
    fn a_neuron_that_is_badly_wrong_learns_slowly_only_from_the_quadratic_loss() {
        let slow = learnt(2.0, 2.0, Loss::Quadratic);
        let fast = learnt(2.0, 2.0, Loss::CrossEntropy);
        assert!(slow.outputs[100] > 0.9, "{}", slow.outputs[100]);
        assert!(fast.outputs[100] < 0.1, "{}", fast.outputs[100]);
    }

    #[test]
    fn its_steps_follow_the_chain_rule() {
        let example = learnt(0.6, 0.9, Loss::Quadratic);
        let (mut weight, mut bias) = (0.6_f64, 0.9_f64);
        for epoch in 0..=EPOCHS {
            let output = 1.0 / (1.0 + (-(weight + bias)).exp());
            assert!((example.outputs[epoch] - output).abs() < 1e-5, "epoch {epoch}");
            assert!((example.losses[epoch] - output * output / 2.0).abs() < 1e-5);
            let slope = output * output * (1.0 - output);
            weight -= 0.15 * slope;
            bias -= 0.15 * slope;
        }
    }
}
