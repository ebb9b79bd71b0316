//! The memory of a program, for values between its layers and their gradients.

use std::sync::{Arc, Mutex};

use super::{Program, Step};
use crate::backend::core::convolution::Scratch;
use crate::backend::core::kernel::SLACK;
use crate::backend::core::scalar::Scalar;

/// Memory that programs of one graph, for pictures of several sizes, use in turn.
pub struct Memory<T> {
    pub(super) activations: Vec<Vec<T>>,
    pub(super) gradients: Vec<Vec<T>>,
    pub(super) scratch: Scratch<T>,
}

impl<T> Default for Memory<T> {
    fn default() -> Memory<T> {
        let scratch = Arc::new(Mutex::new(Vec::new()));
        Memory { activations: Vec::new(), gradients: Vec::new(), scratch }
    }
}

/// The size of a program's memory, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Footprint {
    /// Shared in turn with other programs of the graph.
    pub shared: usize,
    /// Kept by its layers from the forward pass to the backward pass.
    pub own: usize,
}

/// Number of values of each of a program's buffers.
#[derive(Default)]
pub struct Lengths {
    pub activations: Vec<usize>,
    pub gradients: Vec<usize>,
}

impl<T: Scalar> Program<T> {
    /// Releases its memory to another program. It cannot run until it gets some again.
    pub fn release(&mut self) -> Memory<T> {
        Memory {
            activations: std::mem::take(&mut self.activations),
            gradients: std::mem::take(&mut self.gradients.memory),
            scratch: self.scratch.clone(),
        }
    }

    /// Takes memory from another program, extending it if it is too small.
    pub fn occupy(&mut self, memory: Memory<T>) {
        self.activations = fitted(memory.activations, &self.lengths.activations);
        self.gradients.memory = fitted(memory.gradients, &self.lengths.gradients);
    }

    /// The memory it needs, whether it has it or not.
    pub fn footprint(&self) -> Footprint {
        let layers = || {
            self.steps.iter().filter_map(|step| match step {
                Step::Layer { layer, .. } => Some(layer),
                Step::Function { .. } => None,
            })
        };
        let Lengths { activations, gradients } = &self.lengths;
        let buffers: usize = activations.iter().chain(gradients).sum();
        let staged = layers().map(|layer| layer.staged()).max().unwrap_or(0);
        Footprint {
            shared: (buffers + staged) * size_of::<T>(),
            own: layers().map(|layer| layer.kept_bytes()).sum(),
        }
    }
}

/// Buffers that hold at least `lengths` values each, with slack after them.
fn fitted<T: Scalar>(mut buffers: Vec<Vec<T>>, lengths: &[usize]) -> Vec<Vec<T>> {
    buffers.resize_with(lengths.len(), Vec::new);
    for (buffer, length) in buffers.iter_mut().zip(lengths) {
        if *length > 0 && buffer.len() < length + SLACK {
            // The old one is freed first: there is not always room for both.
            *buffer = Vec::new();
            *buffer = vec![T::ZERO; length + SLACK];
        }
    }
    buffers
}

#[cfg(test)]
mod tests {
    use crate::Size;
    use crate::backend::Seed;
    use crate::backend::core::{Plan, Program, Use};
    use crate::backend::fold::folded;
    use crate::network::{Graph, NodeId, find_layer, truncate, zoo};

    fn program(graph: &Graph, targets: &[NodeId], side: usize) -> Program<f32> {
        let purpose = Use::Dreaming(targets);
        let plan = Plan { batch: 1, size: Size::square(side), purpose, parallel: false };
        let mut program = Program::new(graph, plan).unwrap();
        program.load(&parameters(graph));
        program
    }

    fn parameters(graph: &Graph) -> Vec<f32> {
        let count = crate::backend::core::ParameterLayout::new(graph).len();
        (0..count).map(|index| ((index * 7919) % 200) as f32 / 1000.0 - 0.1).collect()
    }

    fn gradient(program: &mut Program<f32>, graph: &Graph) -> Vec<f32> {
        let input = program.input();
        let values = (0..input.len()).map(|index| (index % 17) as f32 / 17.0);
        input.iter_mut().zip(values).for_each(|(input, value)| *input = value);
        let parameters = parameters(graph);
        program.forward(&parameters, 1, None);
        program.seed_targets::<Vec<f32>>(&[Seed::Activation { factor: 1.0 }]);
        program.backward(&parameters, 1, None, false, None);
        program.input_gradient(0).to_vec()
    }

    #[test]
    fn memory_that_others_have_used_changes_nothing() {
        let graph = zoo::build("googlenet").unwrap();
        let target = find_layer(&graph, "inception3b").unwrap();
        let (graph, targets) = truncate(&graph, &[target]);
        // Without batch-norms, whose variances must be positive.
        let (graph, targets) = folded(&graph, &targets);
        let sides = [64, 91, 70];
        let expected = sides.map(|side| gradient(&mut program(&graph, &targets, side), &graph));
        let mut programs = sides.map(|side| program(&graph, &targets, side));
        let mut memory = programs[0].release();
        for round in 0..2 {
            for (program, expected) in programs.iter_mut().zip(&expected) {
                program.occupy(memory);
                assert!(gradient(program, &graph) == *expected, "round {round}");
                memory = program.release();
            }
        }
    }

    #[test]
    fn a_footprint_is_the_memory_that_a_step_fills() {
        for (network, layer) in
            [("squeezenet1_1", "features.4"), ("googlenet", "conv3"), ("alexnet", "features.5")]
        {
            let graph = zoo::build(network).unwrap();
            let target = find_layer(&graph, layer).unwrap();
            let (graph, targets) = truncate(&graph, &[target]);
            let (graph, targets) = folded(&graph, &targets);
            let mut program = program(&graph, &targets, 127);
            let footprint = program.footprint();
            gradient(&mut program, &graph);
            let memory = program.release();
            let values = |buffers: &[Vec<f32>]| buffers.iter().map(Vec::len).sum::<usize>();
            let staged = memory.scratch.lock().unwrap().len();
            let filled = 4 * (values(&memory.activations) + values(&memory.gradients) + staged);
            // Each buffer has some slack.
            let error = filled as f64 / footprint.shared as f64 - 1.0;
            assert!((0.0..0.01).contains(&error), "{network}: {filled} bytes, not {footprint:?}");
        }
    }
}
