//! A graph compiled for libtorch: kernels with their weights on the device, run forward and, by
//! hand, backward.
//!
//! The backward pass computes the gradient of the input alone. No parameter has a gradient, an
//! activation is kept only where the way back needs it, and a ReLU is part of the kernel before it.

mod gradient;

use gradient::{Gradient, add};
use tch::{Device, Kind, TchError, Tensor};

use super::convolution::Convolution;
use super::cpu::{self, pool};
use super::onednn::Epilogue;
use crate::network::{Extent, Graph, Node, NodeId, Op, Window, affine};
use crate::weights::Weights;

/// What one step computes.
enum Kernel {
    Input,
    Convolution(Convolution),
    Linear {
        weight: Tensor,
        bias: Tensor,
    },
    /// A batch-norm that no convolution could take in: `factor · x + offset`, per channel.
    Affine {
        factor: Tensor,
        offset: Tensor,
    },
    Activation,
    MaxPool {
        window: Window,
        rectified: bool,
    },
    AveragePool {
        window: Window,
        count_padding: bool,
    },
    AdaptiveAveragePool(Extent),
    Concat,
    Add,
    Flatten,
}

struct Step {
    kernel: Kernel,
    /// Applied to the kernel's result.
    epilogue: Epilogue,
    inputs: Vec<usize>,
    /// Its result is needed on the way back.
    kept: bool,
    /// The last step that reads its result on the way forward.
    last_reader: usize,
}

/// A compiled network, from a channels-last, preprocessed input to its targets.
pub struct Program {
    steps: Vec<Step>,
    targets: Vec<usize>,
    device: Device,
}

/// What a forward pass leaves behind.
pub struct Trace {
    results: Vec<Option<Tensor>>,
    notes: Vec<Note>,
}

/// What a step remembers for its backward pass besides its result.
enum Note {
    Nothing,
    /// Size of the input.
    Size(Vec<i64>),
    /// Sizes, and where each maximum was, for our own pooling.
    Positions(pool::Sizes, Vec<u8>),
    /// Channels of each input.
    Channels(Vec<i64>),
    /// The input and libtorch's indices.
    Indices(Tensor, Tensor),
}

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
        for (id, node) in graph.iter() {
            let inputs: Vec<usize> = node.inputs.iter().map(|id| moved[id.index()]).collect();
            if let Some(epilogue) = activation(&node.op) {
                let sole = readers[node.inputs[0].index()] == 1;
                let before = &mut steps[inputs[0]];
                if sole && before.takes_epilogue() {
                    before.epilogue = epilogue;
                    moved[id.index()] = inputs[0];
                    continue;
                }
            }
            let kernel = compile(node, &mut weights, device)?;
            let epilogue = activation(&node.op).unwrap_or(Epilogue::None);
            moved[id.index()] = steps.len();
            steps.push(Step { kernel, epilogue, inputs, kept: false, last_reader: 0 });
        }
        let targets: Vec<usize> = targets.iter().map(|target| moved[target.index()]).collect();
        let mut program = Program { steps, targets, device };
        if program.uses_own_pooling() {
            program.rectify_pools();
        }
        program.mark_lifetimes();
        Ok(program)
    }

    fn uses_own_pooling(&self) -> bool {
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

    /// Runs the network; with `record`, keeps what [`Program::backward`] needs.
    pub fn forward(&self, input: Tensor, record: bool) -> Result<Trace, TchError> {
        let mut input = Some(input);
        let mut trace = Trace { results: Vec::new(), notes: Vec::new() };
        for (index, step) in self.steps.iter().enumerate() {
            let (result, note) = match step.kernel {
                Kernel::Input => (input.take().expect("a graph has one input"), Note::Nothing),
                _ => self.run(step, &mut trace.results, record)?,
            };
            trace.results.push(Some(result));
            trace.notes.push(if record { note } else { Note::Nothing });
            for read in &step.inputs {
                let done = &self.steps[*read];
                let wanted = self.targets.contains(read) || (record && done.kept);
                if done.last_reader == index && !wanted {
                    trace.results[*read] = None;
                }
            }
        }
        Ok(trace)
    }

    /// The targets' activations, in the order in which the targets were given.
    pub fn activations<'a>(&self, trace: &'a Trace) -> Vec<&'a Tensor> {
        self.targets
            .iter()
            .map(|target| trace.results[*target].as_ref().expect("targets are kept"))
            .collect()
    }

    fn run(
        &self,
        step: &Step,
        results: &mut [Option<Tensor>],
        record: bool,
    ) -> Result<(Tensor, Note), TchError> {
        let read = |input: usize| results[input].as_ref().expect("inputs are alive");
        let input = read(step.inputs[0]);
        let size = || Note::Size(input.size());
        Ok(match &step.kernel {
            Kernel::Input => unreachable!("the input is not computed"),
            Kernel::Convolution(convolution) => {
                (convolution.forward(input, step.epilogue)?, size())
            }
            Kernel::Linear { weight, bias } => {
                let sum = input.f_flatten(1, -1)?.f_linear(weight, Some(bias))?;
                let sum = sum.f_unsqueeze(-1)?.f_unsqueeze(-1)?;
                (apply(step.epilogue, sum)?, Note::Nothing)
            }
            Kernel::Affine { factor, offset } => {
                (apply(step.epilogue, input.f_mul(factor)?.f_add_(offset)?)?, Note::Nothing)
            }
            Kernel::Activation => (apply(step.epilogue, input.f_detach_copy()?)?, Note::Nothing),
            Kernel::MaxPool { window, rectified } => {
                if self.uses_own_pooling() && pool::supports(window) {
                    pool_forward(window, *rectified, input)?
                } else {
                    let (result, indices) = input.f_max_pool2d_with_indices(
                        signed(window.kernel),
                        signed(window.stride),
                        signed(window.padding),
                        [1, 1],
                        window.ceil,
                    )?;
                    (result, Note::Indices(input.shallow_clone(), indices))
                }
            }
            Kernel::AveragePool { window, count_padding } => {
                let result = input.f_avg_pool2d(
                    signed(window.kernel),
                    signed(window.stride),
                    signed(window.padding),
                    window.ceil,
                    *count_padding,
                    None::<i64>,
                )?;
                (result, size())
            }
            Kernel::AdaptiveAveragePool(output) => {
                (input.f_adaptive_avg_pool2d(signed(*output))?, size())
            }
            Kernel::Concat => {
                let channels = step.inputs.iter().map(|input| read(*input).size()[1]).collect();
                (self.concat(step, results, record)?, Note::Channels(channels))
            }
            Kernel::Add => {
                let mut sum = input.f_add(read(step.inputs[1]))?;
                for other in &step.inputs[2..] {
                    sum = sum.f_add_(read(*other))?;
                }
                (apply(step.epilogue, sum)?, Note::Nothing)
            }
            Kernel::Flatten => {
                let volume = input.numel() as i64;
                (input.f_contiguous()?.f_view([1, volume, 1, 1])?, size())
            }
        })
    }

    /// Joins channels. On the CPU a part that is needed on the way back becomes a view of the
    /// joined activation, so that it is in memory once.
    fn concat(
        &self,
        step: &Step,
        results: &mut [Option<Tensor>],
        record: bool,
    ) -> Result<Tensor, TchError> {
        let parts: Vec<&Tensor> =
            step.inputs.iter().map(|input| results[*input].as_ref().expect("alive")).collect();
        if self.device != Device::Cpu {
            return Tensor::f_cat(&parts, 1);
        }
        let (_, _, height, width) = parts[0].size4()?;
        let channels: i64 = parts.iter().map(|part| part.size()[1]).sum();
        let joined = empty_channels_last([1, channels, height, width])?;
        let mut start = 0;
        let mut views = Vec::with_capacity(parts.len());
        for part in parts {
            let count = part.size()[1];
            let mut view = joined.f_narrow(1, start, count)?;
            view.f_copy_(part)?;
            views.push(view);
            start += count;
        }
        for (input, view) in step.inputs.iter().zip(views) {
            if record && self.steps[*input].kept {
                results[*input] = Some(view);
            }
        }
        Ok(joined)
    }

    /// The gradient of the input, given a factor for each target: the gradient at a target with
    /// activation a is `factor · a`.
    pub fn backward(&self, mut trace: Trace, factors: &[f64]) -> Result<Tensor, TchError> {
        let mut gradients: Vec<Option<Gradient>> = self.steps.iter().map(|_| None).collect();
        for (target, factor) in self.targets.iter().zip(factors) {
            let activation = trace.results[*target].as_ref().expect("targets are kept");
            let seed = if *factor == 1.0 {
                Gradient::Shared(activation.shallow_clone())
            } else {
                Gradient::Own(activation.f_mul_scalar(*factor)?)
            };
            add(&mut gradients[*target], seed)?;
        }
        for (index, step) in self.steps.iter().enumerate().rev() {
            let Some(gradient) = gradients[index].take() else { continue };
            if matches!(step.kernel, Kernel::Input) {
                return gradient.into_dense();
            }
            let result = trace.results[index].take();
            let gradient = if step.kept {
                mask(step.epilogue, gradient, result.as_ref().expect("kept results are there"))?
            } else {
                gradient
            };
            drop(result);
            let note = std::mem::replace(&mut trace.notes[index], Note::Nothing);
            self.run_back(step, gradient, note, &mut gradients)?;
        }
        Err(TchError::Torch("no target depends on the input".into()))
    }

    fn run_back(
        &self,
        step: &Step,
        gradient: Gradient,
        note: Note,
        gradients: &mut [Option<Gradient>],
    ) -> Result<(), TchError> {
        let into = step.inputs[0];
        let back = match (&step.kernel, note) {
            (Kernel::Convolution(convolution), Note::Size(size)) => {
                let gradient = gradient.into_dense()?;
                if let Some(Gradient::Own(sum)) = &gradients[into]
                    && convolution.accumulate(&gradient, sum)?
                {
                    return Ok(());
                }
                convolution.backward(&gradient, &size)?
            }
            (Kernel::Linear { weight, .. }, _) => {
                let gradient = gradient.tensor().f_flatten(1, -1)?.f_matmul(weight)?;
                gradient.f_unsqueeze(-1)?.f_unsqueeze(-1)?
            }
            (Kernel::Affine { factor, .. }, _) => gradient.tensor().f_mul(factor)?,
            (Kernel::MaxPool { window, .. }, Note::Positions(sizes, positions)) => {
                pool_backward(window, sizes, &positions, &gradient.into_dense()?)?
            }
            (Kernel::MaxPool { window, .. }, Note::Indices(input, indices)) => input
                .f_max_pool2d_with_indices_backward(
                    &gradient.into_dense()?,
                    signed(window.kernel),
                    signed(window.stride),
                    signed(window.padding),
                    [1, 1],
                    window.ceil,
                    &indices,
                )?,
            (Kernel::AveragePool { window, count_padding }, Note::Size(size)) => {
                shape_only(&size, self.device)?.f_avg_pool2d_backward(
                    &gradient.into_dense()?,
                    signed(window.kernel),
                    signed(window.stride),
                    signed(window.padding),
                    window.ceil,
                    *count_padding,
                    None::<i64>,
                )?
            }
            (Kernel::AdaptiveAveragePool(_), Note::Size(size)) => {
                let input = shape_only(&size, self.device)?;
                input.f_internal_adaptive_avg_pool2d_backward(&gradient.into_dense()?)?
            }
            (Kernel::Flatten, Note::Size(size)) => {
                channels_last(&gradient.tensor().f_contiguous()?.f_view(size.as_slice())?)?
            }
            (Kernel::Concat, Note::Channels(channels)) => {
                let mut start = 0;
                for (input, count) in step.inputs.iter().zip(channels) {
                    let part = gradient.tensor().f_narrow(1, start, count)?;
                    add(&mut gradients[*input], Gradient::Shared(part))?;
                    start += count;
                }
                return Ok(());
            }
            (Kernel::Add, _) => {
                for input in &step.inputs {
                    let part = Gradient::Shared(gradient.tensor().shallow_clone());
                    add(&mut gradients[*input], part)?;
                }
                return Ok(());
            }
            (Kernel::Activation, _) => {
                return add(&mut gradients[into], gradient);
            }
            _ => unreachable!("every kernel leaves its own note"),
        };
        add(&mut gradients[into], Gradient::Own(back))
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
                    | Kernel::Add
            )
    }
}

/// The epilogue that an activation function is.
fn activation(op: &Op) -> Option<Epilogue> {
    match op {
        Op::Relu => Some(Epilogue::Relu),
        Op::Relu6 => Some(Epilogue::Relu6),
        _ => None,
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
        Op::Relu | Op::Relu6 => Kernel::Activation,
        Op::MaxPool(window) => Kernel::MaxPool { window: *window, rectified: false },
        Op::AveragePool { window, count_padding } => {
            Kernel::AveragePool { window: *window, count_padding: *count_padding }
        }
        Op::AdaptiveAveragePool { output } => Kernel::AdaptiveAveragePool(*output),
        Op::Concat => Kernel::Concat,
        Op::Add => Kernel::Add,
        Op::Flatten => Kernel::Flatten,
        Op::Identity => unreachable!("{} is left out of a truncated graph", node.name),
    })
}

fn upload(values: &[f32], shape: &[usize], device: Device) -> Result<Tensor, TchError> {
    let shape: Vec<i64> = shape.iter().map(|size| *size as i64).collect();
    Tensor::f_from_slice(values)?.f_view(shape.as_slice())?.f_to_device(device)
}

pub(super) fn apply(epilogue: Epilogue, mut sum: Tensor) -> Result<Tensor, TchError> {
    match epilogue {
        Epilogue::None => Ok(sum),
        Epilogue::Relu => sum.f_relu_(),
        Epilogue::Relu6 => sum.f_clamp_(0.0, 6.0),
    }
}

/// The gradient before an activation function, from that behind it and the function's result.
fn mask(epilogue: Epilogue, gradient: Gradient, result: &Tensor) -> Result<Gradient, TchError> {
    Ok(match (epilogue, gradient) {
        (Epilogue::None, gradient) => gradient,
        (Epilogue::Relu, Gradient::Own(gradient)) => {
            let _ = result.f_threshold_backward_grad_input(&gradient, &gradient, 0.0)?;
            Gradient::Own(gradient)
        }
        (Epilogue::Relu, Gradient::Shared(gradient)) => {
            Gradient::Own(result.f_threshold_backward(&gradient, 0.0)?)
        }
        (Epilogue::Relu6, gradient) => {
            Gradient::Own(result.f_hardtanh_backward(gradient.tensor(), 0.0, 6.0)?)
        }
    })
}

fn pool_forward(
    window: &Window,
    rectified: bool,
    input: &Tensor,
) -> Result<(Tensor, Note), TchError> {
    let input = channels_last(input)?;
    let (_, channels, height, width) = input.size4()?;
    let extent = [height as usize, width as usize];
    let sizes = pool::Sizes {
        input: extent,
        output: window
            .output_extent(extent)
            .ok_or_else(|| TchError::Shape("the pooling's window does not fit".into()))?,
        channels: channels as usize,
    };
    let mut output =
        empty_channels_last([1, channels, sizes.output[0] as i64, sizes.output[1] as i64])?;
    let mut positions = vec![0; output.numel()];
    let values = cpu::values_mut(&mut output);
    pool::forward(window, sizes, rectified, cpu::values(&input), values, &mut positions);
    Ok((output, Note::Positions(sizes, positions)))
}

fn pool_backward(
    window: &Window,
    sizes: pool::Sizes,
    positions: &[u8],
    gradient: &Tensor,
) -> Result<Tensor, TchError> {
    let [height, width] = sizes.input.map(|size| size as i64);
    let mut back = empty_channels_last([1, sizes.channels as i64, height, width])?;
    let values = cpu::values_mut(&mut back);
    pool::backward(window, sizes, cpu::values(gradient), positions, values);
    Ok(back)
}

/// An uninitialised float32 tensor on the CPU in channels-last memory.
pub(super) fn empty_channels_last(
    [batch, channels, height, width]: [i64; 4],
) -> Result<Tensor, TchError> {
    Tensor::f_empty([batch, height, width, channels], (Kind::Float, Device::Cpu))?
        .f_permute([0, 3, 1, 2])
}

/// The same values in dense channels-last memory; the tensor itself where it is so already.
pub(super) fn channels_last(tensor: &Tensor) -> Result<Tensor, TchError> {
    tensor.f_permute([0, 2, 3, 1])?.f_contiguous()?.f_permute([0, 3, 1, 2])
}

/// A tensor of which libtorch reads only the shape and the memory format.
fn shape_only(size: &[i64], device: Device) -> Result<Tensor, TchError> {
    Tensor::f_empty([size[0], size[2], size[3], size[1]], (Kind::Float, device))?
        .f_permute([0, 3, 1, 2])
}

/// An extent as libtorch takes it.
pub(super) fn signed(extent: Extent) -> [i64; 2] {
    extent.map(|size| size as i64)
}
