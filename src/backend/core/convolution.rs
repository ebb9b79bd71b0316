//! Convolutions of any kernel, stride, padding and number of groups, forward and backward.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use multiversion::multiversion;

use super::batch::{Batch, BatchMut, Pass, Write};
use super::correlation::{Correlation, Finish, Packed, Phase, correlate};
use super::kernel::{Kernels, SLACK, aligned};
use super::layer::Layer;
use super::parallel::{Shared, split};
use super::scalar::Scalar;
use super::staging::Staging;
use super::weight_gradient::{Deltas, weight_gradient};
use super::winograd::{WeightGradient, Winograd};
use crate::network;

/// Memory shared by the layers of a network in turn.
pub type Scratch<T> = Arc<Mutex<Vec<T>>>;

/// Where a layer's parameters lie in the flat vector.
#[derive(Clone, Debug)]
pub struct Ranges {
    pub weight: Range<usize>,
    pub bias: Option<Range<usize>>,
}

/// What a layer must support besides the forward pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purpose {
    /// Samples per backward pass to the parameters; 0 if there is none.
    pub training_batch: usize,
    /// Whether the gradient of the layer's input is needed.
    pub input_gradient: bool,
}

/// A convolution as a layer.
pub struct Convolution<T: 'static> {
    op: network::Convolution,
    ranges: Ranges,
    forward: Direction,
    backward: Option<Direction>,
    weights: Arc<PackedWeights<T>>,
    training: Option<Training<T>>,
    relu: bool,
    scratch: Scratch<T>,
}

/// How one direction of a convolution is computed.
enum Direction {
    Sum(Sum),
    Winograd(Winograd),
}

/// One direction of any convolution: planes are staged, then correlated with packed weights.
struct Sum {
    staging: Staging,
    correlation: Correlation,
    /// For each phase of the output: the kernel cells of the taps of one staged map.
    cells: Vec<Vec<Option<usize>>>,
}

/// A convolution's weights packed for its correlations, per group, independent of the picture size.
/// Empty before they are loaded.
#[derive(Clone)]
pub struct PackedWeights<T: 'static> {
    forward: Vec<Packed<T>>,
    /// Empty if no gradient of the input is needed.
    backward: Vec<Packed<T>>,
}

/// What the gradient of the weights is computed from.
enum Training<T: 'static> {
    Sum {
        /// Every sample's staged input.
        staged: Vec<T>,
        /// Every sample's gradient, in rows of the staged pitch with zeros between them.
        gradient: Vec<T>,
        /// Values of one map in `gradient`.
        length: usize,
    },
    Winograd(WeightGradient<T>),
}

impl<T: Scalar + Kernels> Convolution<T> {
    /// For inputs of `extent` (height, width).
    pub fn new(
        op: &network::Convolution,
        extent: [usize; 2],
        ranges: Ranges,
        purpose: Purpose,
        scratch: Scratch<T>,
    ) -> Convolution<T> {
        let (forward, backward) = if is_tiled(op, purpose) {
            let output = op.output_extent(extent).expect("shapes were checked");
            let before = op.padding.before.map(|padding| padding as isize);
            (
                Direction::Winograd(Winograd::new([op.input, op.output], extent, before, output)),
                // What was before the input is beyond the gradient.
                purpose.input_gradient.then(|| {
                    let beyond = before.map(|padding| KERNEL as isize - 1 - padding);
                    let maps = [op.output, op.input];
                    Direction::Winograd(Winograd::new(maps, output, beyond, extent))
                }),
            )
        } else {
            let backward = purpose.input_gradient.then(|| Direction::Sum(backward(op, extent)));
            (Direction::Sum(forward(op, extent)), backward)
        };
        let training = (purpose.training_batch > 0).then(|| match &forward {
            Direction::Winograd(winograd) => Training::Winograd(WeightGradient::new(winograd)),
            Direction::Sum(sum) => {
                let batch = purpose.training_batch;
                let length = sum.correlation.length().next_multiple_of(T::kernel().lanes);
                Training::Sum {
                    staged: vec![T::ZERO; batch * sum.staging.volume() + SLACK],
                    gradient: vec![T::ZERO; batch * op.output * length],
                    length,
                }
            }
        });
        Convolution {
            backward,
            op: op.clone(),
            ranges,
            forward,
            weights: Arc::new(PackedWeights { forward: Vec::new(), backward: Vec::new() }),
            training,
            relu: false,
            scratch,
        }
    }
}

impl<T: Scalar + Kernels> PackedWeights<T> {
    fn fill(
        &mut self,
        op: &network::Convolution,
        weights: &[T],
        forward: &Direction,
        backward: Option<&Direction>,
    ) {
        let cells = op.kernel[0] * op.kernel[1];
        let [inputs, outputs] = [op.input, op.output].map(|maps| maps / op.groups);
        let each_group = weights.chunks_exact(outputs * inputs * cells);
        match forward {
            Direction::Winograd(winograd) => winograd
                .fill(&mut self.forward, |output, input| kernel(weights, output * inputs + input)),
            Direction::Sum(sum) => {
                let groups = packed(&mut self.forward, sum, op.groups, outputs);
                for (packed, weights) in groups.iter_mut().zip(each_group.clone()) {
                    packed.fill(|map, tap| weights[map * inputs * cells + tap]);
                }
            }
        }
        match backward {
            None => {}
            Some(Direction::Winograd(winograd)) => {
                winograd.fill(&mut self.backward, |input, output| {
                    let mut kernel = kernel(weights, output * inputs + input);
                    kernel.reverse();
                    kernel.iter_mut().for_each(|row| row.reverse());
                    kernel
                });
            }
            Some(Direction::Sum(sum)) => {
                let phases = &sum.cells;
                let groups = packed(&mut self.backward, sum, op.groups, inputs * phases.len());
                for (packed, weights) in groups.iter_mut().zip(each_group) {
                    packed.fill(|map, tap| {
                        let (input, own) = (map / phases.len(), &phases[map % phases.len()]);
                        let (output, cell) = (tap / own.len(), own[tap % own.len()]);
                        let index = |cell| (output * inputs + input) * cells + cell;
                        cell.map_or(T::ZERO, |cell| weights[index(cell)])
                    });
                }
            }
        }
    }
}

/// Whether a convolution is computed by Winograd's algorithm.
///
/// Only in training: its rounding depends on where a value is, so that in a dream other rectifiers would
/// switch in a tile than in the whole picture, and than in PyTorch.
fn is_tiled(op: &network::Convolution, purpose: Purpose) -> bool {
    purpose.training_batch > 0
        && op.groups == 1
        && Winograd::suits(op.input, op.output, op.kernel, op.stride)
}

/// Side of the kernels that are computed by Winograd's algorithm.
const KERNEL: usize = 3;

/// Kernel number `index`, by row and column.
fn kernel<T: Scalar>(weights: &[T], index: usize) -> [[T; KERNEL]; KERNEL] {
    let cells = &weights[index * KERNEL * KERNEL..];
    std::array::from_fn(|row| std::array::from_fn(|column| cells[row * KERNEL + column]))
}

/// Memory for the weights of each group, allocated on first use.
fn packed<'a, T: Scalar + Kernels>(
    groups: &'a mut Vec<Packed<T>>,
    sum: &Sum,
    count: usize,
    maps: usize,
) -> &'a mut [Packed<T>] {
    if groups.is_empty() {
        *groups = vec![Packed::new(maps, sum.correlation.taps.len()); count];
    }
    groups
}

impl Direction {
    /// Number of values of memory for [`Direction::run`].
    fn memory<T: Scalar + Kernels>(&self) -> usize {
        match self {
            Direction::Winograd(winograd) => winograd.scratch::<T>(),
            Direction::Sum(sum) if sum.staging.is_idle() => 0,
            Direction::Sum(sum) => sum.staging.volume() + SLACK,
        }
    }

    /// Computes all maps of some samples, with `step` values of memory for each or, if that is 0, the
    /// same for all.
    fn run<T: Scalar + Kernels>(
        &self,
        weights: &[Packed<T>],
        pass: &Pass<T>,
        input: Batch<T>,
        output: &mut BatchMut<T>,
        finish: Finish<T>,
        (memory, step): (&mut [T], usize),
    ) {
        let sum = match self {
            Direction::Winograd(winograd) => {
                return winograd.run(weights, pass, input, output, finish, memory);
            }
            Direction::Sum(sum) => sum,
        };
        for n in 0..pass.count {
            let staged: &[T] = if sum.staging.is_idle() {
                input.from(n)
            } else {
                let staged = &mut memory[n * step..];
                let volume = sum.staging.volume();
                sum.staging.run(pass.parallel, input.sample(n), &mut staged[..volume]);
                staged
            };
            sum.run(weights, pass.parallel, staged, output.sample(n), finish);
        }
    }
}

impl Sum {
    /// Computes all maps of one sample from its staged planes, with the weights of each group.
    fn run<T: Scalar + Kernels>(
        &self,
        groups: &[Packed<T>],
        parallel: bool,
        staged: &[T],
        output: &mut [T],
        finish: Finish<T>,
    ) {
        let output = Shared::new(output);
        let plane = self.correlation.plane;
        let planes = groups[0].maps() / self.correlation.phases.len();
        let panels = self.correlation.panels(&groups[0]);
        let group_volume = self.staging.volume() / groups.len();
        for (group, packed) in groups.iter().enumerate() {
            let first = group * planes;
            let staged = &staged[group * group_volume..];
            let bias = finish.bias.map(|bias| &bias[first..][..planes]);
            let finish = Finish { bias, ..finish };
            split(parallel, panels, 1, &|panels| {
                // SAFETY: groups follow each other, and `correlate` keeps to its panels.
                let output = unsafe { output.part(first * plane, planes * plane) };
                let output = Shared::new(output);
                correlate(&self.correlation, packed, staged, output, finish, panels);
            });
        }
    }
}

/// Staging the input, then one correlation.
fn forward(op: &network::Convolution, extent: [usize; 2]) -> Sum {
    let output = op.output_extent(extent).expect("shapes were checked");
    let padded = op.padding.around(extent);
    let plane = [0, 1].map(|axis| padded[axis].div_ceil(op.stride[axis]));
    let staging = Staging {
        maps: op.input,
        source: extent,
        plane,
        stride: op.stride,
        before: op.padding.before.map(|padding| padding as isize),
    };
    let [sy, sx] = op.stride;
    let cells = op.kernel[0] * op.kernel[1];
    let taps = (0..op.input / op.groups * cells)
        .map(|tap| {
            let (map, y, x) = (tap / cells, tap % cells / op.kernel[1], tap % op.kernel[1]);
            let phase = y % sy * sx + x % sx;
            (map * sy * sx + phase) * staging.plane_volume() + y / sy * plane[1] + x / sx
        })
        .collect::<Vec<_>>();
    let correlation = Correlation {
        taps,
        extent: output,
        pitch: plane[1],
        plane: output[0] * output[1],
        steps: [output[1], 1],
        phases: vec![Phase { rows: 0..output[0], columns: 0..output[1], origin: 0 }],
    };
    Sum { staging, correlation, cells: vec![(0..cells).map(Some).collect()] }
}

/// One axis of one phase of the backward pass: input rows (or columns) y · stride + phase −
/// padding.
struct Axis {
    /// First and last y, which lie inside the input.
    first: usize,
    end: usize,
    /// Kernel rows phase, phase + stride, … : how many there are.
    taps: usize,
}

/// Staging the output's gradient, then a correlation with the flipped kernel, one part of it per
/// phase of the input, all phases at once.
fn backward(op: &network::Convolution, extent: [usize; 2]) -> Sum {
    let output = op.output_extent(extent).expect("shapes were checked");
    let axes = [0, 1].map(|axis| {
        let (stride, padding) = (op.stride[axis], op.padding.before[axis]);
        (0..stride)
            .map(|phase| Axis {
                first: padding.saturating_sub(phase).div_ceil(stride),
                end: (padding + extent[axis]).saturating_sub(phase).div_ceil(stride),
                taps: op.kernel[axis].saturating_sub(phase).div_ceil(stride),
            })
            .collect::<Vec<_>>()
    });
    let first = axes.each_ref().map(|axis| axis.iter().map(|phase| phase.first).min().unwrap_or(0));
    let end = axes.each_ref().map(|axis| axis.iter().map(|phase| phase.end).max().unwrap_or(0));
    let taps = axes.each_ref().map(|axis| axis.iter().map(|phase| phase.taps).max().unwrap_or(0));
    let staging = Staging {
        maps: op.output,
        source: output,
        plane: [0, 1].map(|axis| end[axis] - first[axis] + taps[axis] - 1),
        stride: [1; 2],
        before: [0, 1].map(|axis| taps[axis] as isize - 1 - first[axis] as isize),
    };
    let cells_per_map = taps[0] * taps[1];
    let offsets: Vec<usize> = (0..op.output / op.groups * cells_per_map)
        .map(|tap| {
            let (map, cell) = (tap / cells_per_map, tap % cells_per_map);
            let (ty, tx) = (cell / taps[1], cell % taps[1]);
            let (down, right) = (taps[0] - 1 - ty, taps[1] - 1 - tx);
            map * staging.plane_volume() + down * staging.plane[1] + right
        })
        .collect();
    let mut phases = Vec::new();
    let mut cells = Vec::new();
    for (row, y) in axes[0].iter().enumerate() {
        for (column, x) in axes[1].iter().enumerate() {
            let cell = |ty, tx| {
                let (cy, cx) = (row + ty * op.stride[0], column + tx * op.stride[1]);
                (ty < y.taps && tx < x.taps).then_some(cy * op.kernel[1] + cx)
            };
            cells.push((0..cells_per_map).map(|tap| cell(tap / taps[1], tap % taps[1])).collect());
            let top = y.first * op.stride[0] + row - op.padding.before[0];
            let left = x.first * op.stride[1] + column - op.padding.before[1];
            phases.push(Phase {
                rows: y.first - first[0]..y.end.max(y.first) - first[0],
                columns: x.first - first[1]..x.end.max(x.first) - first[1],
                origin: top * extent[1] + left,
            });
        }
    }
    let correlation = Correlation {
        taps: offsets,
        extent: [0, 1].map(|axis| end[axis] - first[axis]),
        pitch: staging.plane[1],
        plane: extent[0] * extent[1],
        steps: [op.stride[0] * extent[1], op.stride[1]],
        phases,
    };
    Sum { staging, correlation, cells }
}

impl<T: Scalar + Kernels> Layer<T> for Convolution<T> {
    fn staged(&self) -> usize {
        let gradient = match (&self.training, &self.forward) {
            (Some(Training::Winograd(own)), Direction::Winograd(winograd)) => own.scratch(winograd),
            _ => 0,
        };
        let forward = match self.training {
            Some(Training::Sum { .. }) => 0,
            _ => self.forward.memory::<T>(),
        };
        let backward = self.backward.as_ref().map_or(0, |direction| direction.memory::<T>());
        gradient.max(forward).max(backward)
    }

    fn load(&mut self, parameters: &[T]) {
        let weights = &parameters[self.ranges.weight.clone()];
        let packed = Arc::make_mut(&mut self.weights);
        packed.fill(&self.op, weights, &self.forward, self.backward.as_ref());
    }

    fn packed(&mut self) -> Option<(usize, &mut Arc<PackedWeights<T>>)> {
        Some((self.ranges.weight.start, &mut self.weights))
    }

    fn forward(&mut self, pass: &Pass<T>, inputs: &[Batch<T>], output: &mut BatchMut<T>) {
        let bias = self.ranges.bias.clone().map(|range| &pass.parameters[range]);
        let finish = Finish { bias, relu: self.relu, write: Write::Set };
        let mut scratch = self.scratch.lock().expect("no thread panics with it");
        let memory = match (&mut self.training, &self.forward) {
            // Every sample's staged input remains for the gradient of the weights.
            (Some(Training::Sum { staged, .. }), Direction::Sum(sum)) => {
                (staged.as_mut_slice(), sum.staging.volume())
            }
            _ => (aligned(&mut scratch, self.forward.memory::<T>()), 0),
        };
        self.forward.run(&self.weights.forward, pass, inputs[0], output, finish, memory);
    }

    fn backward(
        &mut self,
        pass: &Pass<T>,
        _index: usize,
        _inputs: &[Batch<T>],
        gradient: Batch<T>,
        into: &mut BatchMut<T>,
        write: Write,
    ) {
        let backward = self.backward.as_ref().expect("a network made for it");
        let finish = Finish { bias: None, relu: false, write };
        let mut scratch = self.scratch.lock().expect("no thread panics with it");
        let memory = (aligned(&mut scratch, backward.memory::<T>()), 0);
        backward.run(&self.weights.backward, pass, gradient, into, finish, memory);
    }

    fn backward_parameters(
        &mut self,
        pass: &Pass<T>,
        inputs: &[Batch<T>],
        gradient: Batch<T>,
        gradients: &mut [T],
    ) {
        if let Some(range) = self.ranges.bias.clone() {
            // BP3: ∂C/∂b = Σ δ.
            let plane = gradient.volume() / self.op.output;
            for (map, bias) in gradients[range].iter_mut().enumerate() {
                let maps = (0..pass.count).map(|n| &gradient.sample(n)[map * plane..][..plane]);
                *bias = maps.map(sum).sum();
            }
        }
        let weights = &mut gradients[self.ranges.weight.clone()];
        match (self.training.as_mut().expect("a network made for it"), &self.forward) {
            (Training::Winograd(own), Direction::Winograd(winograd)) => {
                let mut scratch = self.scratch.lock().expect("no thread panics with it");
                let memory = aligned(&mut scratch, own.scratch(winograd));
                own.run(winograd, pass.count, inputs[0], gradient, memory, weights);
            }
            (Training::Sum { staged, gradient: deltas, length }, Direction::Sum(sum)) => {
                let Correlation { extent: [rows, columns], pitch, taps, .. } = &sum.correlation;
                for n in 0..pass.count {
                    let maps = gradient.sample(n).chunks_exact(rows * columns);
                    let staged = &mut deltas[n * self.op.output * *length..];
                    for (map, staged) in maps.zip(staged.chunks_exact_mut(*length)) {
                        for (row, values) in map.chunks_exact(*columns).enumerate() {
                            staged[row * pitch..][..*columns].copy_from_slice(values);
                        }
                    }
                }
                let volume = sum.staging.volume();
                let staged = match sum.staging.is_idle() {
                    true => inputs[0],
                    false => Batch::new(staged, volume, volume),
                };
                let deltas = Deltas { values: deltas, length: *length };
                weight_gradient(&self.op, taps, pass.count, deltas, staged, weights);
            }
            _ => unreachable!("both are of one kind"),
        }
    }

    fn take_relu(&mut self) -> bool {
        self.relu = true;
        true
    }
}

/// The sum of many values, in independent lanes.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2+fma"))]
fn sum<T: Scalar>(values: &[T]) -> T {
    const LANES: usize = 32;
    let mut lanes = [T::ZERO; LANES];
    let (groups, rest) = values.as_chunks::<LANES>();
    for group in groups {
        for (lane, value) in lanes.iter_mut().zip(group) {
            *lane += *value;
        }
    }
    lanes.iter().chain(rest).copied().sum()
}
