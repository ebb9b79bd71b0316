//! Optimisers.

mod update;

use update::{AdamStep, Segment, Values, adam, descend, momentum, nesterov, segments, sweep};

use crate::backend::core::ParameterLayout;
use crate::trained::Rule;

/// An update rule applied to the flat vector of a network's parameters.
///
/// Weight decay applies to weights, never to biases. With gradient descent, momentum and Nesterov
/// momentum it is the gradient of an L2 penalty, decay/2 · Σw², added to that of the loss; with
/// Adam it is decoupled from the gradient (AdamW, Loshchilov and Hutter 2019).
#[derive(Clone, Debug)]
pub struct Optimiser {
    rule: Rule,
    weight_decay: f64,
    segments: Vec<Segment>,
    length: usize,
}

/// The state an optimiser keeps between steps.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Memory {
    /// Steps taken.
    pub steps: u64,
    /// As many vectors in the parameters' layout as [`Rule::moments`] says.
    pub moments: Vec<Vec<f32>>,
}

impl Optimiser {
    /// An optimiser of parameters in that order; `weight_decay` is the factor of an L2 penalty on
    /// weights.
    pub fn new(rule: Rule, weight_decay: f64, layout: &ParameterLayout) -> Optimiser {
        Optimiser { rule, weight_decay, segments: segments(layout), length: layout.len() }
    }

    /// The initial memory.
    pub fn memory(&self) -> Memory {
        Memory { steps: 0, moments: vec![vec![0.0; self.length]; self.rule.moments()] }
    }

    /// Updates the parameters from their gradients.
    ///
    /// # Panics
    /// If the memory belongs to another rule.
    pub fn step(
        &self,
        memory: &mut Memory,
        parameters: &mut [f32],
        gradients: &[f32],
        learning_rate: f64,
    ) {
        assert_eq!(memory.moments.len(), self.rule.moments(), "the memory must be this rule's");
        memory.steps += 1;
        let [first, second] = match &mut memory.moments[..] {
            [] => [&mut [][..], &mut []],
            [first] => [&mut first[..], &mut []],
            [first, second, ..] => [&mut first[..], &mut second[..]],
        };
        let values = Values { parameters, gradients, first, second };
        let (rate, decay) = (learning_rate as f32, self.weight_decay as f32);
        match self.rule {
            Rule::Descent => sweep(&self.segments, values, &|values, is_weight| {
                descend(values, rate, if is_weight { decay } else { 0.0 });
            }),
            Rule::Momentum { momentum: kept } => {
                sweep(&self.segments, values, &|values, is_weight| {
                    momentum(values, rate, if is_weight { decay } else { 0.0 }, kept as f32);
                });
            }
            Rule::Nesterov { momentum: kept } => {
                sweep(&self.segments, values, &|values, is_weight| {
                    nesterov(values, rate, if is_weight { decay } else { 0.0 }, kept as f32);
                });
            }
            Rule::Adam(numbers) => {
                let step = AdamStep::new(numbers, memory.steps, learning_rate);
                let shrink = (1.0 - learning_rate * self.weight_decay) as f32;
                sweep(&self.segments, values, &|values, is_weight| {
                    adam(values, step, if is_weight { shrink } else { 1.0 });
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Builder, Graph, Preprocessing};

    /// A network of `inputs`·2 weights and two biases.
    fn network(inputs: usize) -> Graph {
        let (mut builder, input) = Builder::new("bowl", Preprocessing::SYMMETRIC);
        builder.linear("linear", input, [inputs, 2]);
        builder.finish("linear")
    }

    /// The first parameter after each of three steps from 1 down the bowl x²/2, whose gradient is
    /// x, with learning rate 0.1.
    fn trajectory(rule: &str, weight_decay: f64) -> [f32; 3] {
        let layout = ParameterLayout::new(&network(3));
        let optimiser = Optimiser::new(rule.parse().unwrap(), weight_decay, &layout);
        let mut memory = optimiser.memory();
        let mut parameters = vec![1.0; layout.len()];
        [(); 3].map(|()| {
            let gradients = parameters.clone();
            optimiser.step(&mut memory, &mut parameters, &gradients, 0.1);
            parameters[0]
        })
    }

    #[track_caller]
    fn close(found: [f32; 3], expected: [f32; 3]) {
        let far =
            found.iter().zip(expected).any(|(found, expected)| (found - expected).abs() > 1e-6);
        assert!(!far, "{found:?}, not {expected:?}");
    }

    #[test]
    fn descent_takes_a_tenth_of_what_is_left() {
        close(trajectory("sgd", 0.0), [0.9, 0.81, 0.729]);
    }

    #[test]
    fn momentum_keeps_half_of_its_speed() {
        // v = 1, 0.5 + 0.9, 0.7 + 0.76.
        close(trajectory("momentum:momentum=0.5", 0.0), [0.9, 0.76, 0.614]);
    }

    #[test]
    fn nesterovs_momentum_looks_ahead() {
        // v = 1, 1.35, 1.3725; x falls by 0.1·(x + v/2).
        close(trajectory("nesterov:momentum=0.5", 0.0), [0.85, 0.697_5, 0.559_125]);
    }

    #[test]
    fn adams_first_steps_are_as_long_as_the_rate() {
        let [first, second, _] = trajectory("adam", 0.0);
        assert!((first - 0.9).abs() < 1e-6 && (second - 0.800_4).abs() < 1e-3, "{first} {second}");
    }

    #[test]
    fn the_decay_joins_the_gradient() {
        close(trajectory("sgd", 0.5), [0.85, 0.722_5, 0.614_125]);
    }

    #[test]
    fn adams_decay_shrinks_the_weight_itself() {
        let [first, ..] = trajectory("adam", 0.5);
        assert!((first - (0.95 - 0.1)).abs() < 1e-6, "{first}");
    }

    #[test]
    fn biases_do_not_decay() {
        for rule in ["sgd", "momentum", "nesterov", "adam"] {
            let layout = ParameterLayout::new(&network(3));
            let optimiser = Optimiser::new(rule.parse().unwrap(), 0.5, &layout);
            let mut parameters = vec![1.0; layout.len()];
            optimiser.step(&mut optimiser.memory(), &mut parameters, &vec![0.0; layout.len()], 0.1);
            assert!(parameters[..6].iter().all(|weight| *weight < 1.0), "{rule}: {parameters:?}");
            assert_eq!(parameters[6..], [1.0; 2], "{rule}");
        }
    }

    #[test]
    fn an_update_shared_among_threads_is_the_same() {
        for rule in ["sgd", "momentum", "nesterov", "adam"] {
            let step = |inputs: usize| {
                let layout = ParameterLayout::new(&network(inputs));
                let optimiser = Optimiser::new(rule.parse().unwrap(), 0.01, &layout);
                let mut memory = optimiser.memory();
                let mut parameters: Vec<f32> =
                    (0..layout.len()).map(|index| (index % 17) as f32).collect();
                let gradients: Vec<f32> =
                    (0..layout.len()).map(|index| (index % 13) as f32).collect();
                optimiser.step(&mut memory, &mut parameters, &gradients, 0.1);
                optimiser.step(&mut memory, &mut parameters, &gradients, 0.1);
                parameters
            };
            let (small, large) = (step(1_000), step(400_000));
            assert_eq!(small[..2000], large[..2000], "{rule}");
            assert_eq!(
                large[800_000 - 17 * 13..800_000],
                step(500_000)[800_000 - 17 * 13..800_000]
            );
        }
    }
}
