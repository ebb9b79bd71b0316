//! A graph compiled for libtorch: kernels with their weights on the device, run forward and, by
//! hand, backward.
//!
//! The backward pass computes the gradient of the input alone. No parameter has a gradient, an
//! activation is kept only where the way back needs it, and a ReLU is part of the kernel before it.

mod compile;
mod gradient;

use gradient::{Gradient, add};
use tch::{Device, Kind, TchError, Tensor};

use super::average_pool::{self, Divisor};
use super::convolution::Convolution;
use super::cpu::pool;
use super::epilogue::Epilogue;
use super::layout::{channels_last, empty_channels_last, shape_only, signed};
use super::response_norm::{ResponseNorm, Scales};
use super::subsample::Subsample;
use crate::backend::{Record, Seed};
use crate::network::{Extent, Window};

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
    Softmax,
    ResponseNorm(ResponseNorm),
    Subsample(Subsample),
    MaxPool {
        window: Window,
        rectified: bool,
    },
    AveragePool {
        window: Window,
        divisor: Divisor,
    },
    AdaptiveAveragePool(Extent),
    Concat,
    /// The first, and how many.
    Channels(i64, i64),
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
    /// Whether its channels are redirected one by one, or only if all of them are silent.
    closing: bool,
    /// The last step that reads its result on the way forward.
    last_reader: usize,
}

/// A compiled network, from a channels-last, preprocessed input to its targets.
pub struct Program {
    steps: Vec<Step>,
    targets: Vec<usize>,
    device: Device,
}

// SAFETY: a program does not change once it is made. Its weights are only read, by libtorch's operators,
// which threads may run on one tensor at once as long as none writes to it; its reference count is
// atomic.
unsafe impl Sync for Program {}

/// What a forward pass leaves behind.
pub struct Trace {
    results: Vec<Option<Tensor>>,
    notes: Vec<Note>,
    redirected: bool,
}

/// What a step remembers for its backward pass besides its result.
enum Note {
    Nothing,
    /// Size of the input.
    Size(Vec<i64>),
    /// Where each maximum was, for our own pooling.
    Positions(pool::Positions),
    /// Channels of each input.
    Channels(Vec<i64>),
    /// The input and libtorch's indices.
    Indices(Tensor, Tensor),
    /// The result itself.
    Result(Tensor),
    Scales(Scales),
}

impl Step {
    /// Whether its result is needed on the way back.
    fn is_kept(&self, record: Record) -> bool {
        match record {
            Record::Nothing => false,
            Record::Gradient => self.kept,
            Record::Redirected => self.kept || self.epilogue != Epilogue::None,
        }
    }
}

impl Program {
    /// Runs the network, and keeps what [`Program::backward`] needs for what `record` says.
    pub fn forward(&self, input: Tensor, record: Record) -> Result<Trace, TchError> {
        let mut input = Some(input);
        let redirected = record == Record::Redirected;
        let mut trace = Trace { results: Vec::new(), notes: Vec::new(), redirected };
        for (index, step) in self.steps.iter().enumerate() {
            let (result, note) = match step.kernel {
                Kernel::Input => (input.take().expect("a graph has one input"), Note::Nothing),
                _ => self.run(step, &mut trace.results, record)?,
            };
            trace.results.push(Some(result));
            trace.notes.push(if record == Record::Nothing { Note::Nothing } else { note });
            for read in &step.inputs {
                let wanted = self.targets.contains(read) || self.steps[*read].is_kept(record);
                if self.steps[*read].last_reader == index && !wanted {
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
        record: Record,
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
                (step.epilogue.apply(sum)?, Note::Nothing)
            }
            Kernel::Affine { factor, offset } => {
                (step.epilogue.apply(input.f_mul(factor)?.f_add_(offset)?)?, Note::Nothing)
            }
            Kernel::Activation => (step.epilogue.of(input)?, Note::Nothing),
            Kernel::Softmax => {
                let result = channels_last(&input.f_softmax(1, Kind::Float)?)?;
                let note = Note::Result(result.shallow_clone());
                (result, note)
            }
            Kernel::ResponseNorm(norm) => {
                let (result, scales) = norm.forward(input)?;
                (result, Note::Scales(scales))
            }
            Kernel::Subsample(subsample) => {
                (step.epilogue.apply(subsample.forward(input)?)?, size())
            }
            Kernel::MaxPool { window, rectified } => {
                if self.uses_own_pooling() && pool::supports(window) {
                    let rectified = *rectified && record != Record::Redirected;
                    let (result, positions) = pool::forward(window, rectified, input)?;
                    (result, Note::Positions(positions))
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
            Kernel::AveragePool { window, divisor } => {
                (average_pool::forward(window, *divisor, input)?, size())
            }
            Kernel::AdaptiveAveragePool(output) => {
                (average_pool::adaptive(*output, input)?, size())
            }
            Kernel::Concat => {
                let channels = step.inputs.iter().map(|input| read(*input).size()[1]).collect();
                (self.concat(step, results, record)?, Note::Channels(channels))
            }
            Kernel::Channels(first, count) => {
                (channels_last(&input.f_narrow(1, *first, *count)?)?, size())
            }
            Kernel::Add => {
                let mut sum = input.f_add(read(step.inputs[1]))?;
                for other in &step.inputs[2..] {
                    sum = sum.f_add_(read(*other))?;
                }
                (step.epilogue.apply(sum)?, Note::Nothing)
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
        record: Record,
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
            if self.steps[*input].is_kept(record) {
                results[*input] = Some(view);
            }
        }
        Ok(joined)
    }

    /// The gradient of the input, given a seed for each target.
    pub fn backward(&self, mut trace: Trace, seeds: Vec<Seed<Tensor>>) -> Result<Tensor, TchError> {
        let mut gradients: Vec<Option<Gradient>> = self.steps.iter().map(|_| None).collect();
        for (target, seed) in self.targets.iter().zip(seeds) {
            let (values, factor) = match &seed {
                Seed::Activation { factor } => {
                    (trace.results[*target].as_ref().expect("targets are kept"), *factor)
                }
                Seed::Array { array, factor } => (array, *factor),
            };
            let seed = if factor == 1.0 {
                Gradient::Shared(values.shallow_clone())
            } else {
                Gradient::Own(channels_last(&values.f_mul_scalar(factor)?)?)
            };
            add(&mut gradients[*target], seed)?;
        }
        for (index, step) in self.steps.iter().enumerate().rev() {
            let Some(gradient) = gradients[index].take() else { continue };
            if matches!(step.kernel, Kernel::Input) {
                return gradient.into_dense();
            }
            let result = trace.results[index].take();
            let result_of = || result.as_ref().expect("kept results are there");
            let gradient = if trace.redirected {
                gradient.redirected(step.epilogue, result.as_ref(), step.closing)?
            } else if step.kept {
                gradient.through(step.epilogue, result_of())?
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
                    && convolution.accumulate(&gradient, sum)
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
            (Kernel::Softmax, Note::Result(result)) => {
                let gradient = gradient.tensor();
                let back =
                    Tensor::f_internal_softmax_backward_data(gradient, &result, 1, Kind::Float)?;
                channels_last(&back)?
            }
            (Kernel::ResponseNorm(norm), Note::Scales(scales)) => {
                norm.backward(&scales, gradient.tensor())?
            }
            (Kernel::Subsample(subsample), Note::Size(size)) => {
                subsample.backward(gradient.tensor(), &size)?
            }
            (Kernel::MaxPool { window, .. }, Note::Positions(positions)) => {
                pool::backward(window, &positions, &gradient.into_dense()?)?
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
            (Kernel::AveragePool { window, divisor }, Note::Size(size)) => {
                average_pool::backward(window, *divisor, gradient.tensor(), &size)?
            }
            (Kernel::AdaptiveAveragePool(_), Note::Size(size)) => {
                average_pool::adaptive_backward(gradient.tensor(), &size)?
            }
            (Kernel::Flatten, Note::Size(size)) => {
                let back = gradient.tensor().f_contiguous()?.f_view(size.as_slice())?;
                return add(&mut gradients[into], Gradient::Shared(back));
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
            (Kernel::Channels(first, count), Note::Size(size)) => {
                let all = shape_only(&size, self.device)?.f_zero_()?;
                all.f_narrow(1, *first, *count)?.f_copy_(gradient.tensor())?;
                all
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
