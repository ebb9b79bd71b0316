//! All parameters of a network in one flat vector, for optimisers to work on.

use std::ops::Range;

use crate::network::{Graph, NodeId, Op};
use crate::weights::{Tensor, Weights};

/// One parameter of a network, and where it lies in the flat vector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name in a weight file: `NODE.weight`, `NODE.bias`.
    pub name: String,
    /// The node that computes with it.
    pub node: NodeId,
    /// As in the weight file, first axis first.
    pub shape: Vec<usize>,
    /// Where its values are in the vector of all parameters.
    pub range: Range<usize>,
}

impl Parameter {
    /// Whether it is multiplied (a weight, subject to decay) rather than added (a bias).
    pub fn is_weight(&self) -> bool {
        self.name.ends_with(".weight")
    }

    /// Whether it is a batch normalisation's mean or variance, which follow what passes through.
    pub fn is_running(&self) -> bool {
        self.name.ends_with(".running_mean") || self.name.ends_with(".running_var")
    }

    /// Number of inputs per output (fan-in) and of outputs per input (fan-out), after Glorot and
    /// Bengio 2010; `None` for a parameter that is neither a matrix nor a kernel.
    pub fn fans(&self, graph: &Graph) -> Option<[usize; 2]> {
        if !self.is_weight() {
            return None;
        }
        match &graph.node(self.node).op {
            Op::Convolution(c) => {
                let kernel = c.kernel[0] * c.kernel[1];
                Some([c.input / c.groups * kernel, c.output / c.groups * kernel])
            }
            Op::PartialConvolution(c) => {
                let kernel = c.kernel[0] * c.kernel[1];
                let mean = |maps: usize| (c.connections() as f64 / maps as f64).round() as usize;
                Some([mean(c.table.len()) * kernel, mean(c.input) * kernel])
            }
            Op::Linear { input, output } => Some([*input, *output]),
            _ => None,
        }
    }
}

/// Where each parameter of a graph lies in the flat vector: in graph order, contiguous, row-major.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterLayout {
    parameters: Vec<Parameter>,
    length: usize,
}

impl ParameterLayout {
    /// The parameters of a network, node by node.
    pub fn new(graph: &Graph) -> ParameterLayout {
        let mut parameters = Vec::new();
        let mut length = 0;
        for (node, of) in graph.iter() {
            for (role, shape) in of.op.parameters() {
                let volume: usize = shape.iter().product();
                let range = length..length + volume;
                parameters.push(Parameter {
                    name: format!("{}.{role}", of.name),
                    node,
                    shape,
                    range,
                });
                length += volume;
            }
        }
        ParameterLayout { parameters, length }
    }

    /// Length of the flat vector.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether the network has no parameters.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Every parameter, in the order of the vector.
    pub fn iter(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter()
    }

    /// The range of one parameter of a node (`weight`, `bias`, …).
    pub fn range(&self, node: NodeId, role: &str) -> Option<Range<usize>> {
        self.parameters
            .iter()
            .find(|parameter| {
                parameter.node == node
                    && parameter.name.strip_suffix(role).is_some_and(|name| name.ends_with('.'))
            })
            .map(|parameter| parameter.range.clone())
    }

    /// The flat vector of a weight file's tensors, which must hold every parameter.
    pub fn flatten(&self, weights: &mut Weights) -> Vec<f32> {
        let mut flat = Vec::with_capacity(self.length);
        for parameter in &self.parameters {
            flat.extend_from_slice(weights.take(&parameter.name).data());
        }
        flat
    }

    /// A weight file's tensors from a flat vector.
    pub fn tensors(&self, flat: &[f32]) -> Weights {
        self.parameters
            .iter()
            .map(|parameter| {
                let values = flat[parameter.range.clone()].to_vec();
                (parameter.name.clone(), Tensor::new(parameter.shape.clone(), values))
            })
            .collect()
    }
}
