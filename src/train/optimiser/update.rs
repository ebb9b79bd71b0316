//! The update loops, in segments that threads share when worthwhile.

use std::ops::Range;

use multiversion::multiversion;

use crate::backend::core::{Parameter, ParameterLayout};
use crate::trained::Adam;

/// The most values of a segment, so that segments can be shared.
const SEGMENT: usize = 1 << 16;

/// An update of fewer values is faster on one thread.
const WORTH_SHARING: usize = 1 << 19;

/// A part of the flat vector that holds parameters of one kind.
#[derive(Clone, Debug)]
pub struct Segment {
    range: Range<usize>,
    kind: Kind,
}

/// How parameters are updated.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// By the rule, with weight decay.
    Weight,
    /// By the rule.
    Bias,
    /// Statistics that follow those of the mini-batches, whatever the rule.
    Running,
}

/// The part of the way that running statistics take to a mini-batch's: PyTorch's momentum.
const RUNNING: f32 = 0.1;

/// The segments of a network's parameters, in order and without gaps.
pub fn segments(layout: &ParameterLayout) -> Vec<Segment> {
    let cut = |range: Range<usize>, kind| {
        let end = range.end;
        let part = move |start| Segment { range: start..end.min(start + SEGMENT), kind };
        range.step_by(SEGMENT).map(part)
    };
    let kind = |parameter: &Parameter| match (parameter.is_running(), parameter.is_weight()) {
        (true, _) => Kind::Running,
        (false, true) => Kind::Weight,
        (false, false) => Kind::Bias,
    };
    layout.iter().flat_map(|parameter| cut(parameter.range.clone(), kind(parameter))).collect()
}

/// Parameters, their gradients and the optimiser's moments of them (possibly none).
pub struct Values<'a> {
    pub parameters: &'a mut [f32],
    pub gradients: &'a [f32],
    pub first: &'a mut [f32],
    pub second: &'a mut [f32],
}

impl<'a> Values<'a> {
    fn split_at(self, middle: usize) -> (Values<'a>, Values<'a>) {
        fn split(slice: &mut [f32], middle: usize) -> (&mut [f32], &mut [f32]) {
            let middle = middle.min(slice.len());
            slice.split_at_mut(middle)
        }
        let (parameters, more_parameters) = self.parameters.split_at_mut(middle);
        let (gradients, more_gradients) = self.gradients.split_at(middle);
        let (first, more_first) = split(self.first, middle);
        let (second, more_second) = split(self.second, middle);
        (
            Values { parameters, gradients, first, second },
            Values {
                parameters: more_parameters,
                gradients: more_gradients,
                first: more_first,
                second: more_second,
            },
        )
    }
}

/// Calls `update` for each segment of weights or biases with its values and whether they are weights, and
/// moves running statistics.
pub fn sweep(segments: &[Segment], values: Values, update: &(impl Fn(Values, bool) + Sync)) {
    match segments {
        [] => {}
        [Segment { kind: Kind::Running, .. }] => {
            let both = values.parameters.iter_mut().zip(values.gradients);
            both.for_each(|(parameter, gradient)| *parameter -= RUNNING * gradient);
        }
        [segment] => update(values, matches!(segment.kind, Kind::Weight)),
        _ => {
            let (left, right) = segments.split_at(segments.len() / 2);
            let shared = values.parameters.len() >= WORTH_SHARING;
            let (first, second) = values.split_at(right[0].range.start - left[0].range.start);
            if shared {
                rayon::join(|| sweep(left, first, update), || sweep(right, second, update));
            } else {
                sweep(left, first, update);
                sweep(right, second, update);
            }
        }
    }
}

/// w ← w − η·(g + decay·w).
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2"))]
pub fn descend(values: Values, rate: f32, decay: f32) {
    for (parameter, gradient) in values.parameters.iter_mut().zip(values.gradients) {
        *parameter -= rate * (gradient + decay * *parameter);
    }
}

/// v ← m·v + g + decay·w; w ← w − η·v.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2"))]
pub fn momentum(values: Values, rate: f32, decay: f32, momentum: f32) {
    let Values { parameters, gradients, first, .. } = values;
    for ((parameter, gradient), velocity) in parameters.iter_mut().zip(gradients).zip(first) {
        *velocity = momentum * *velocity + (gradient + decay * *parameter);
        *parameter -= rate * *velocity;
    }
}

/// v ← m·v + g + decay·w; w ← w − η·(g + decay·w + m·v).
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2"))]
pub fn nesterov(values: Values, rate: f32, decay: f32, momentum: f32) {
    let Values { parameters, gradients, first, .. } = values;
    for ((parameter, gradient), velocity) in parameters.iter_mut().zip(gradients).zip(first) {
        let gradient = gradient + decay * *parameter;
        *velocity = momentum * *velocity + gradient;
        *parameter -= rate * (gradient + momentum * *velocity);
    }
}

/// The constants of one of Adam's steps.
#[derive(Clone, Copy)]
pub struct AdamStep {
    pub beta1: f32,
    pub beta2: f32,
    /// The learning rate, corrected for the bias of the mean gradient.
    pub rate: f32,
    /// The factor of the root mean square gradient that corrects its bias.
    pub scale: f32,
    pub epsilon: f32,
}

impl AdamStep {
    /// The constants of a step (the first is 1), corrected for the initialisation at zero.
    pub fn new(numbers: Adam, step: u64, learning_rate: f64) -> AdamStep {
        let seen = |beta: f64| 1.0 - beta.powf(step as f64);
        AdamStep {
            beta1: numbers.beta1 as f32,
            beta2: numbers.beta2 as f32,
            rate: (learning_rate / seen(numbers.beta1)) as f32,
            scale: (1.0 / seen(numbers.beta2).sqrt()) as f32,
            epsilon: numbers.epsilon as f32,
        }
    }
}

/// m ← β₁·m + (1 − β₁)·g; v ← β₂·v + (1 − β₂)·g²; w ← shrink·w − rate·m / (scale·√v + ε).
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2"))]
pub fn adam(values: Values, step: AdamStep, shrink: f32) {
    let AdamStep { beta1, beta2, rate, scale, epsilon } = step;
    let Values { parameters, gradients, first, second } = values;
    let moments = first.iter_mut().zip(second);
    for ((parameter, gradient), (mean, square)) in parameters.iter_mut().zip(gradients).zip(moments)
    {
        *mean = beta1 * *mean + (1.0 - beta1) * gradient;
        *square = beta2 * *square + (1.0 - beta2) * gradient * gradient;
        *parameter = shrink * *parameter - rate * *mean / (scale * square.sqrt() + epsilon);
    }
}
