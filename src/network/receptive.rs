//! Receptive fields: which pixels each value of a layer can see.

use super::{Extent, Graph, Op, Window};

/// The pixels that the value at grid position (y, x) of a layer sees along each axis: `position ·
/// stride + low ..= position · stride + high`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceptiveField {
    /// Pixels from one position to the next, down and right.
    pub stride: Extent,
    /// The first pixel that position 0 sees, in each direction; negative in the padding.
    pub low: [isize; 2],
    /// The last pixel that position 0 sees, in each direction.
    pub high: [isize; 2],
}

impl ReceptiveField {
    const PIXEL: ReceptiveField = ReceptiveField { stride: [1; 2], low: [0; 2], high: [0; 2] };

    /// Height and width in pixels.
    pub fn size(&self) -> Extent {
        [0, 1].map(|axis| (self.high[axis] - self.low[axis]) as usize + 1)
    }

    /// `padding` is the padding above and to the left.
    fn through(&self, kernel: Extent, stride: Extent, padding: Extent) -> ReceptiveField {
        let mut field = *self;
        for axis in 0..2 {
            let jump = self.stride[axis] as isize;
            let padding = padding[axis] as isize;
            field.low[axis] -= padding * jump;
            field.high[axis] += (kernel[axis] as isize - 1 - padding) * jump;
            field.stride[axis] *= stride[axis];
        }
        field
    }

    fn union(&self, other: &ReceptiveField) -> ReceptiveField {
        ReceptiveField {
            stride: [0, 1].map(|axis| self.stride[axis].max(other.stride[axis])),
            low: [0, 1].map(|axis| self.low[axis].min(other.low[axis])),
            high: [0, 1].map(|axis| self.high[axis].max(other.high[axis])),
        }
    }
}

/// The receptive field of each node, by node index; `None` if a value sees the whole picture (after
/// global pooling or a fully connected layer).
///
/// Arithmetic after Araujo, Norris and Sim, "Computing receptive fields of convolutional neural
/// networks" (Distill, 2019).
pub fn receptive_fields(graph: &Graph) -> Vec<Option<ReceptiveField>> {
    let mut fields: Vec<Option<ReceptiveField>> = Vec::with_capacity(graph.nodes().len());
    for node in graph.nodes() {
        let field = match &node.op {
            Op::Input { .. } => Some(ReceptiveField::PIXEL),
            Op::AdaptiveAveragePool { .. } | Op::Flatten | Op::Linear { .. } => None,
            _ => node
                .inputs
                .iter()
                .map(|id| fields[id.index()])
                .reduce(|a, b| a.zip(b).map(|(a, b)| a.union(&b)))
                .flatten(),
        };
        fields.push(match &node.op {
            Op::Convolution(c) => field.map(|f| f.through(c.kernel, c.stride, c.padding.before)),
            Op::PartialConvolution(c) => field.map(|f| f.through(c.kernel, [1; 2], [0; 2])),
            Op::Subsample { window: Window { kernel, stride, padding, .. }, .. }
            | Op::MaxPool(Window { kernel, stride, padding, .. })
            | Op::AveragePool { window: Window { kernel, stride, padding, .. }, .. } => {
                field.map(|f| f.through(*kernel, *stride, *padding))
            }
            _ => field,
        });
    }
    fields
}
