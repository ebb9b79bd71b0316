//! The list of a network's layers, from its graph alone.

use crate::Size;

use super::{
    Activation, Graph, NodeId, Op, ReceptiveField, Shape, ShapeError, never_negative,
    receptive_fields, shapes,
};

/// The most suggestions in an error.
pub(super) const SUGGESTIONS: usize = 5;

/// The least similarity (Jaro-Winkler, 0..1) of a suggestion.
const SIMILAR: f64 = 0.7;

/// One layer of a network.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Layer {
    /// The name by which it is chosen.
    pub name: String,
    /// Names of containers that end with this layer.
    pub aliases: Vec<String>,
    /// What computes it (`convolution`, `concat`, …).
    pub kind: &'static str,
    /// Number of channels.
    pub channels: usize,
    /// Stride in pixels, height and width; `None` after a global layer.
    pub stride: Option<[usize; 2]>,
    /// Receptive field in pixels, height and width; `None`: the whole picture.
    pub receptive_field: Option<[usize; 2]>,
    /// Whether a value of it may be below zero.
    pub can_be_negative: bool,
    /// Whether it has a map for each class, in which a class is dreamed where it is.
    pub has_class_maps: bool,
    /// What is seen in its dreams, in a few words, where somebody has looked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub motif: Option<&'static str>,
    /// Fraction (0..1) of the network's multiplications needed to compute this layer.
    pub cost: f64,
    /// Number of this layer's own parameters.
    pub parameters: usize,
}

/// Every layer of `graph`, in the order of computation.
pub fn layers(graph: &Graph) -> Vec<Layer> {
    let fields = receptive_fields(graph);
    let Size { height, width } = graph.picture_size();
    let shapes =
        shapes(graph, height, width).expect("every network takes a picture of its own size");
    let costs: Vec<u64> =
        graph.iter().map(|(id, _)| node_multiplications(graph, id, &shapes)).collect();
    let needed = ancestors(graph);
    let never = never_negative(graph);
    let total: u64 = costs.iter().sum();
    graph
        .iter()
        .filter(|(_, node)| !matches!(node.op, Op::Input { .. }))
        .map(|(id, node)| {
            let field = fields[id.index()];
            let cost: u64 = needed[id.index()].iter().map(|id| costs[*id]).sum();
            Layer {
                name: node.name.clone(),
                aliases: graph
                    .aliases()
                    .filter(|(_, target)| *target == id)
                    .map(|(name, _)| name.to_owned())
                    .collect(),
                kind: node.op.kind(),
                channels: shapes[id.index()].channels,
                stride: field.map(|field| field.stride),
                receptive_field: field.as_ref().map(ReceptiveField::size),
                can_be_negative: !never[id.index()],
                has_class_maps: graph.is_class_map(id),
                motif: graph.motif(id),
                cost: cost as f64 / total as f64,
                parameters: node
                    .op
                    .parameters()
                    .iter()
                    .map(|(_, shape)| shape.iter().product::<usize>())
                    .sum(),
            }
        })
        .collect()
}

/// The nodes that each node depends on, itself included, by node index.
fn ancestors(graph: &Graph) -> Vec<std::collections::BTreeSet<usize>> {
    let mut needed: Vec<std::collections::BTreeSet<usize>> = Vec::new();
    for (id, node) in graph.iter() {
        let mut own: std::collections::BTreeSet<usize> =
            node.inputs.iter().flat_map(|input| &needed[input.index()]).copied().collect();
        own.insert(id.index());
        needed.push(own);
    }
    needed
}

/// Multiplications of a forward pass through all of `graph` for a picture of `height`×`width`.
///
/// # Errors
/// [`ShapeError`] if the picture is too small.
pub fn multiplications(graph: &Graph, height: usize, width: usize) -> Result<u64, ShapeError> {
    let shapes = shapes(graph, height, width)?;
    Ok(graph.iter().map(|(id, _)| node_multiplications(graph, id, &shapes)).sum())
}

/// Multiplications of one node; element-wise work is negligible beside the convolutions.
fn node_multiplications(graph: &Graph, id: NodeId, shapes: &[Shape]) -> u64 {
    let count = match &graph.node(id).op {
        Op::Convolution(c) => {
            shapes[id.index()].volume() * (c.input / c.groups) * c.kernel[0] * c.kernel[1]
        }
        Op::PartialConvolution(c) => {
            let pixels = shapes[id.index()].height * shapes[id.index()].width;
            c.connections() * c.kernel[0] * c.kernel[1] * pixels
        }
        Op::Linear { input, output } => input * output,
        _ => 0,
    };
    count as u64
}

impl Op {
    /// The operation's name in lists.
    pub fn kind(&self) -> &'static str {
        match self {
            Op::Input { .. } => "input",
            Op::Convolution(c) if c.groups > 1 => "grouped convolution",
            Op::Convolution(_) => "convolution",
            Op::BatchNorm { .. } => "batch norm",
            Op::Activation(activation) => activation.words(),
            Op::Softmax => "softmax",
            Op::LocalResponseNorm { .. } => "local response norm",
            Op::Subsample { .. } => "sub-sampling",
            Op::PartialConvolution(_) => "partial convolution",
            Op::MaxPool(_) => "max pool",
            Op::AveragePool { .. } => "average pool",
            Op::AdaptiveAveragePool { .. } => "adaptive average pool",
            Op::Concat => "concat",
            Op::Channels { .. } => "channels",
            Op::Add => "add",
            Op::Flatten => "flatten",
            Op::Linear { .. } => "linear",
            Op::Dropout { .. } => "dropout",
            Op::Identity => "identity",
        }
    }
}

impl Activation {
    /// The function's name in lists.
    pub fn words(self) -> &'static str {
        match self {
            Activation::Relu => "relu",
            Activation::Relu6 => "relu6",
            Activation::Sigmoid => "sigmoid",
            Activation::Tanh => "tanh",
            Activation::ScaledTanh => "scaled tanh",
            Activation::Softsign => "softsign",
        }
    }
}

/// A layer name that is not in the network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{model} has no layer {name:?}{}", offer(.suggestions))]
pub struct UnknownLayer {
    /// The network.
    pub model: String,
    /// The name that no layer has.
    pub name: String,
    /// The closest names, best first.
    pub suggestions: Vec<String>,
}

/// Close names, as an error offers them.
pub(super) fn offer(suggestions: &[String]) -> String {
    match suggestions {
        [] => String::new(),
        names => format!("; the closest are {}", names.join(", ")),
    }
}

/// The layer with that name.
///
/// # Errors
/// [`UnknownLayer`] suggests the closest names.
pub fn find_layer(graph: &Graph, name: &str) -> Result<NodeId, UnknownLayer> {
    match graph.find(name) {
        Some(id) if !matches!(graph.node(id).op, Op::Input { .. }) => Ok(id),
        _ => Err(UnknownLayer {
            model: graph.name().to_owned(),
            name: name.to_owned(),
            suggestions: closest(graph, name),
        }),
    }
}

fn closest(graph: &Graph, name: &str) -> Vec<String> {
    let wanted = name.to_lowercase();
    let names = graph.nodes().iter().skip(1).map(|node| node.name.as_str());
    let mut scored: Vec<(f64, &str)> = names
        .chain(graph.aliases().map(|(name, _)| name))
        .map(|candidate| (strsim::jaro_winkler(&wanted, &candidate.to_lowercase()), candidate))
        .filter(|(score, _)| *score >= SIMILAR)
        .collect();
    scored.sort_by(|(a, name_a), (b, name_b)| {
        b.total_cmp(a)
            .then_with(|| name_a.len().cmp(&name_b.len()))
            .then_with(|| name_a.cmp(name_b))
    });
    scored.into_iter().take(SUGGESTIONS).map(|(_, name)| name.to_owned()).collect()
}
