//! From a graph to a program: one step for each operation that computes something, with its
//! activation function inside it.

use tch::{Device, TchError, Tensor};

use super::{Kernel, Program, Step};
use crate::backend::fold::affine;
use crate::backend::torch::average_pool::Divisor;
use crate::backend::torch::convolution::Convolution;
use crate::backend::torch::cpu::pool;
use crate::backend::torch::epilogue::Epilogue;
use crate::backend::torch::layout::upload;
use crate::backend::torch::response_norm::ResponseNorm;
use crate::backend::torch::subsample::Subsample;
use crate::network::{Graph, Node, NodeId, Op, PartialConvolution, closing_activations};
use crate::weights::Weights;

impl Program {
    /// Compiles a graph whose batch-norms are folded; `weights` holds its parameters.
    pub fn new(
        graph: &Graph,
        mut weights: Weights,
        targets: &[NodeId],
        device: Device,
    ) -> Result<Program, TchError> {
        let mut steps: Vec<Step> = Vec::with_capacity(graph.nodes().len());
        let mut moved = vec![0; graph.nodes().len()];
        let readers = reader_counts(graph, targets);
        let closing = closing_activations(graph, targets);
        for (id, node) in graph.iter() {
            let inputs: Vec<usize> = node.inputs.iter().map(|id| moved[id.index()]).collect();
            if let Some(epilogue) = Epilogue::new(&node.op) {
                let sole = readers[node.inputs[0].index()] == 1;
                let before = &mut steps[inputs[0]];
                if sole && before.takes_epilogue() {
                    before.epilogue = epilogue;
                    before.closing = closing[id.index()];
                    moved[id.index()] = inputs[0];
                    continue;
                }
            }
            let kernel = compile(node, &mut weights, device)?;
            let epilogue = Epilogue::new(&node.op).unwrap_or(Epilogue::None);
            moved[id.index()] = steps.len();
            let closing = closing[id.index()];
            steps.push(Step { kernel, epilogue, inputs, kept: false, closing, last_reader: 0 });
        }
        let targets: Vec<usize> = targets.iter().map(|target| moved[target.index()]).collect();
        let mut program = Program { steps, targets, device };
        if program.uses_own_pooling() {
            program.rectify_pools();
        }
        program.mark_lifetimes();
        Ok(program)
    }

    pub(super) fn uses_own_pooling(&self) -> bool {
        self.device == Device::Cpu
    }

    /// Leaves the backward pass of a ReLU to the pooling that alone reads it.
    fn rectify_pools(&mut self) {
        for index in 0..self.steps.len() {
            let Kernel::MaxPool { window, .. } = self.steps[index].kernel else { continue };
            let rectified = self.rectified(self.steps[index].inputs[0]) && pool::supports(&window);
            self.steps[index].kernel = Kernel::MaxPool { window, rectified };
        }
    }

    /// Whether a step's result is never negative, and zero exactly where no gradient flows back.
    fn rectified(&self, index: usize) -> bool {
        let step = &self.steps[index];
        match step.kernel {
            Kernel::Concat | Kernel::MaxPool { .. } => {
                step.inputs.iter().all(|input| self.rectified(*input))
            }
            _ => step.epilogue == Epilogue::Relu,
        }
    }

    fn mark_lifetimes(&mut self) {
        for index in 0..self.steps.len() {
            for input in self.steps[index].inputs.clone() {
                self.steps[input].last_reader = index;
            }
        }
        for index in 0..self.steps.len() {
            let masked_elsewhere = self.masked_by_its_reader(index);
            let step = &mut self.steps[index];
            step.kept = step.epilogue != Epilogue::None && !masked_elsewhere;
        }
        for target in &self.targets {
            self.steps[*target].kept = true;
        }
    }

    /// Whether the one reader of a ReLU's result is a pooling that masks the gradient itself.
    fn masked_by_its_reader(&self, index: usize) -> bool {
        let mut readers = self.steps.iter().filter(|step| step.inputs.contains(&index));
        let (first, second) = (readers.next(), readers.next());
        let pooled = first
            .is_some_and(|step| matches!(step.kernel, Kernel::MaxPool { rectified: true, .. }));
        pooled && second.is_none() && !self.targets.contains(&index)
    }
}

/// How many inputs and targets refer to each node.
fn reader_counts(graph: &Graph, targets: &[NodeId]) -> Vec<usize> {
    let mut counts = vec![0; graph.nodes().len()];
    for read in graph.nodes().iter().flat_map(|node| &node.inputs).chain(targets) {
        counts[read.index()] += 1;
    }
    counts
}

impl Step {
    /// Whether an activation function that alone reads this step can be part of it.
    fn takes_epilogue(&self) -> bool {
        self.epilogue == Epilogue::None
            && matches!(
                self.kernel,
                Kernel::Convolution(_)
                    | Kernel::Linear { .. }
                    | Kernel::Affine { .. }
                    | Kernel::Subsample(_)
                    | Kernel::Add
            )
    }
}

fn compile(node: &Node, weights: &mut Weights, device: Device) -> Result<Kernel, TchError> {
    let mut parameter = |name: &str| -> Result<Tensor, TchError> {
        let tensor = weights.take(&format!("{}.{name}", node.name));
        upload(tensor.data(), tensor.shape(), device)
    };
    Ok(match &node.op {
        Op::Input { .. } => Kernel::Input,
        Op::Convolution(op) => {
            let weight = parameter("weight")?;
            let bias = if op.bias { Some(parameter("bias")?) } else { None };
            Kernel::Convolution(Convolution::new(op, &weight, bias)?)
        }
        Op::Linear { .. } => {
            Kernel::Linear { weight: parameter("weight")?, bias: parameter("bias")? }
        }
        Op::BatchNorm { channels, .. } => {
            let (factor, offset) = affine(node, weights);
            let shape = [1, *channels, 1, 1];
            Kernel::Affine {
                factor: upload(&factor, &shape, device)?,
                offset: upload(&offset, &shape, device)?,
            }
        }
        Op::Activation(_) => Kernel::Activation,
        Op::MaxPool(window) => Kernel::MaxPool { window: *window, rectified: false },
        Op::AveragePool { window, count_padding } => Kernel::AveragePool {
            window: *window,
            divisor: Divisor::Count { padding: *count_padding },
        },
        Op::AdaptiveAveragePool { output } => Kernel::AdaptiveAveragePool(*output),
        Op::Concat => Kernel::Concat,
        Op::Channels { first, count } => Kernel::Channels(*first as i64, *count as i64),
        Op::Add => Kernel::Add,
        Op::Flatten => Kernel::Flatten,
        Op::Softmax => Kernel::Softmax,
        Op::LocalResponseNorm { size, alpha, beta, k } => {
            Kernel::ResponseNorm(ResponseNorm { size: *size, alpha: *alpha, beta: *beta, k: *k })
        }
        Op::Subsample { window, .. } => Kernel::Subsample(Subsample {
            window: *window,
            factor: parameter("weight")?.f_view([1, -1, 1, 1])?,
            offset: parameter("bias")?.f_view([1, -1, 1, 1])?,
        }),
        Op::PartialConvolution(op) => {
            let dense = op.dense();
            let bias = parameter("bias")?;
            let weight = spread(op, weights.take(&format!("{}.weight", node.name)).data());
            let shape = [dense.output, dense.input, dense.kernel[0], dense.kernel[1]];
            let weight = upload(&weight, &shape, device)?;
            Kernel::Convolution(Convolution::new(&dense, &weight, Some(bias))?)
        }
        Op::Dropout { .. } | Op::Identity => {
            unreachable!("{} is left out of a truncated graph", node.name)
        }
    })
}

/// The weights of the dense convolution that a partial one is: zeros where there is no connection.
fn spread(op: &PartialConvolution, weight: &[f32]) -> Vec<f32> {
    let area = op.kernel[0] * op.kernel[1];
    let mut dense = vec![0.0; op.table.len() * op.input * area];
    let connections = op.table.iter().enumerate();
    let places = connections.flat_map(|(output, seen)| {
        seen.iter().map(move |input| (output * op.input + input) * area)
    });
    for (place, kernel) in places.zip(weight.chunks_exact(area)) {
        for (sum, value) in dense[place..place + area].iter_mut().zip(kernel) {
            *sum += value;
        }
    }
    dense
}
