//! Convolutions of any kernel, stride, padding and number of groups, forward and backward.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use multiversion::multiversion;

use super::batch::{Batch, BatchMut, Pass, Write};
use super::correlation::{Correlation, Finish, Packed, Phase, correlate};
use super::kernel::{Kernels, SLACK};
use super::layer::Layer;
use super::parallel::{Shared, split};
use super::scalar::Scalar;
use super::staging::Staging;
use super::weight_gradient::{Deltas, weight_gradient};
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

/// One direction of a convolution: planes are staged, then correlated with packed weights.
struct Direction {
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

/// The inputs of the gradient of the weights.
struct Training<T> {
    /// Every sample's staged input.
    staged: Vec<T>,
    /// Every sample's gradient, in rows of the staged pitch with zeros between them.
    gradient: Vec<T>,
    /// Values of one map in `gradient`.
    length: usize,
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
        let forward = forward(op, extent);
        let training = (purpose.training_batch > 0).then(|| {
            let batch = purpose.training_batch;
            let length = forward.correlation.length().next_multiple_of(T::kernel().lanes);
            Training {
                staged: vec![T::ZERO; batch * forward.staging.volume() + SLACK],
                gradient: vec![T::ZERO; batch * op.output * length],
                length,
            }
        });
        Convolution {
            backward: purpose.input_gradient.then(|| backward(op, extent)),
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
        let groups = packed(&mut self.forward, forward, op.groups, outputs);
        for (packed, weights) in groups.iter_mut().zip(each_group.clone()) {
            packed.fill(|map, tap| weights[map * inputs * cells + tap]);
        }
        if let Some(direction) = backward {
            let phases = &direction.cells;
            let groups = packed(&mut self.backward, direction, op.groups, inputs * phases.len());
            for (packed, weights) in groups.iter_mut().zip(each_group) {
                packed.fill(|map, tap| {
                    let (input, own) = (map / phases.len(), &phases[map % phases.len()]);
                    let (output, cell) = (tap / own.len(), own[tap % own.len()]);
                    cell.map_or(T::ZERO, |cell| weights[(output * inputs + input) * cells + cell])
                });
            }
        }
    }
}

/// Memory for the weights of each group, allocated on first use.
fn packed<'a, T: Scalar + Kernels>(
    groups: &'a mut Vec<Packed<T>>,
    direction: &Direction,
    count: usize,
    maps: usize,
) -> &'a mut [Packed<T>] {
    if groups.is_empty() {
        *groups = vec![Packed::new(maps, direction.correlation.taps.len()); count];
    }
    groups
}

impl Direction {
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
fn forward(op: &network::Convolution, extent: [usize; 2]) -> Direction {
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
    Direction { staging, correlation, cells: vec![(0..cells).map(Some).collect()] }
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
fn backward(op: &network::Convolution, extent: [usize; 2]) -> Direction {
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
    Direction { staging, correlation, cells }
}

impl<T: Scalar + Kernels> Layer<T> for Convolution<T> {
    fn staged(&self) -> usize {
        [Some(&self.forward), self.backward.as_ref()]
            .into_iter()
            .flatten()
            .filter(|direction| !direction.staging.is_idle())
            .map(|direction| direction.staging.volume())
            .max()
            .unwrap_or(0)
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
        let volume = self.forward.staging.volume();
        let mut scratch = self.scratch.lock().expect("no thread panics with it");
        for n in 0..pass.count {
            let staged: &[T] = if self.forward.staging.is_idle() {
                inputs[0].from(n)
            } else {
                let staged = match &mut self.training {
                    Some(training) => &mut training.staged[n * volume..],
                    None => lengthen(&mut scratch, volume + SLACK),
                };
                self.forward.staging.run(pass.parallel, inputs[0].sample(n), &mut staged[..volume]);
                staged
            };
            let groups = &self.weights.forward;
            self.forward.run(groups, pass.parallel, staged, output.sample(n), finish);
        }
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
        let volume = backward.staging.volume();
        let mut scratch = self.scratch.lock().expect("no thread panics with it");
        for n in 0..pass.count {
            let staged: &[T] = if backward.staging.is_idle() {
                gradient.from(n)
            } else {
                let staged = lengthen(&mut scratch, volume + SLACK);
                backward.staging.run(pass.parallel, gradient.sample(n), &mut staged[..volume]);
                staged
            };
            let groups = &self.weights.backward;
            backward.run(groups, pass.parallel, staged, into.sample(n), finish);
        }
    }

    fn backward_parameters(
        &mut self,
        pass: &Pass<T>,
        inputs: &[Batch<T>],
        gradient: Batch<T>,
        gradients: &mut [T],
    ) {
        let training = self.training.as_mut().expect("a network made for it");
        let Correlation { extent: [rows, columns], pitch, .. } = self.forward.correlation;
        let length = training.length;
        for n in 0..pass.count {
            let maps = gradient.sample(n).chunks_exact(rows * columns);
            let staged = &mut training.gradient[n * self.op.output * length..];
            for (map, staged) in maps.zip(staged.chunks_exact_mut(length)) {
                for (row, values) in map.chunks_exact(columns).enumerate() {
                    staged[row * pitch..][..columns].copy_from_slice(values);
                }
            }
        }
        if let Some(range) = self.ranges.bias.clone() {
            // BP3: ∂C/∂b = Σ δ.
            for (map, bias) in gradients[range].iter_mut().enumerate() {
                let sums = (0..pass.count).map(|n| {
                    let start = (n * self.op.output + map) * length;
                    sum(&training.gradient[start..start + length])
                });
                *bias = sums.sum();
            }
        }
        let staged = match self.forward.staging.is_idle() {
            true => inputs[0],
            false => {
                let volume = self.forward.staging.volume();
                Batch::new(&training.staged, volume, volume)
            }
        };
        weight_gradient(
            &self.op,
            &self.forward.correlation.taps,
            pass.count,
            Deltas { values: &training.gradient, length },
            staged,
            &mut gradients[self.ranges.weight.clone()],
        );
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

/// The start of a vector, extended if it is too short.
fn lengthen<T: Scalar>(scratch: &mut Vec<T>, length: usize) -> &mut [T] {
    if scratch.len() < length {
        scratch.resize(length, T::ZERO);
    }
    &mut scratch[..length]
}
