//! One neuron that is to learn to answer 0 (Nielsen, "Neural Networks and Deep Learning", 2015,
//! chapter 3).

use crate::backend::core::{Cost, ParameterLayout, Replicas};
use crate::network::{Activation, Builder, Graph, Op, Preprocessing, ShapeError};
use crate::train::{Optimiser, Rule};

/// The label of examples of which no class is the right one: a network of one class has only 0.
const NO_CLASS: u16 = 1;

/// A sigmoid neuron with one input, which is 1, as it is before it learns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neuron {
    pub weight: f64,
    pub bias: f64,
}

/// How a neuron learnt: values before the first epoch and after each.
#[derive(Clone, Debug, PartialEq)]
pub struct Lesson {
    pub outputs: Vec<f64>,
    pub costs: Vec<f64>,
}

impl Neuron {
    /// Learns with plain gradient descent, one step an epoch.
    ///
    /// # Errors
    /// None that a network of one neuron has.
    pub fn learn(
        self,
        cost: Cost,
        learning_rate: f64,
        epochs: usize,
    ) -> Result<Lesson, ShapeError> {
        let graph = network();
        let layout = ParameterLayout::new(&graph);
        let optimiser = Optimiser::new(Rule::Descent, 0.0, &layout);
        let mut memory = optimiser.memory();
        let mut replicas = Replicas::new(&graph, 1, [1, 1], 1)?;
        let mut parameters = [self.weight, self.bias].map(|value| value as f32);
        let mut lesson = Lesson { outputs: vec![], costs: vec![] };
        for _ in 0..=epochs {
            let outcome = replicas.gradient(&parameters, &[1.0], &[NO_CLASS], cost, 0);
            lesson.outputs.push(replicas.outputs()[0].into());
            lesson.costs.push(outcome.cost);
            optimiser.step(&mut memory, &mut parameters, replicas.gradients(), learning_rate);
        }
        Ok(lesson)
    }
}

fn network() -> Graph {
    let (mut builder, input) = Builder::with_channels("neuron", Preprocessing::SYMMETRIC, 1);
    builder.picture_size([1, 1]);
    let flat = builder.add("flatten", Op::Flatten, &[input]);
    let sum = builder.linear("neuron", flat, [1, 1]);
    builder.activation("neuron.activation", sum, Activation::Sigmoid);
    builder.finish("neuron.activation")
}

#[cfg(test)]
mod tests {
    use super::*;

    const EPOCHS: usize = 300;

    fn learnt(weight: f64, bias: f64, cost: Cost) -> Lesson {
        Neuron { weight, bias }.learn(cost, 0.15, EPOCHS).unwrap()
    }

    /// The book's numbers, which have two digits.
    fn ends(lesson: &Lesson) -> [String; 2] {
        [lesson.outputs[0], lesson.outputs[EPOCHS]].map(|output| format!("{output:.2}"))
    }

    #[test]
    fn the_quadratic_cost_ends_where_it_does_in_nielsens_book() {
        assert_eq!(ends(&learnt(0.6, 0.9, Cost::Quadratic)), ["0.82", "0.09"]);
        assert_eq!(ends(&learnt(2.0, 2.0, Cost::Quadratic)), ["0.98", "0.20"]);
    }

    #[test]
    fn a_neuron_that_is_badly_wrong_learns_slowly_from_the_quadratic_cost_alone() {
        let slow = learnt(2.0, 2.0, Cost::Quadratic);
        let fast = learnt(2.0, 2.0, Cost::CrossEntropy);
        assert!(slow.outputs[100] > 0.9, "{}", slow.outputs[100]);
        assert!(fast.outputs[100] < 0.1, "{}", fast.outputs[100]);
    }

    #[test]
    fn its_steps_are_those_that_the_chain_rule_gives() {
        let lesson = learnt(0.6, 0.9, Cost::Quadratic);
        let (mut weight, mut bias) = (0.6_f64, 0.9_f64);
        for epoch in 0..=EPOCHS {
            let output = 1.0 / (1.0 + (-(weight + bias)).exp());
            assert!((lesson.outputs[epoch] - output).abs() < 1e-5, "epoch {epoch}");
            assert!((lesson.costs[epoch] - output * output / 2.0).abs() < 1e-5);
            let slope = output * output * (1.0 - output);
            weight -= 0.15 * slope;
            bias -= 0.15 * slope;
        }
    }
}
