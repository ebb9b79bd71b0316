//! A network as data: named nodes, each an operation with its inputs and parameter shapes.

use crate::Size;
use crate::options::choices;

use std::collections::BTreeMap;

use super::{ChannelOrder, Padding, Preprocessing, Shape, ShapeError, shapes};

/// Height and width of a kernel, stride, padding or dilation, in pixels.
pub type Extent = [usize; 2];

/// Index of a node in its [`Graph`]; inputs always come before the nodes that read them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(crate) usize);

impl NodeId {
    /// Position in [`Graph::nodes`].
    pub fn index(self) -> usize {
        self.0
    }
}

/// A two-dimensional convolution (cross-correlation, as in every CNN framework).
///
/// Parameters: `weight` of shape `[output, input / groups, kernel height, kernel width]` and, with
/// `bias`, `bias` of shape `[output]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Convolution {
    /// Input channels.
    pub input: usize,
    /// Output channels.
    pub output: usize,
    /// Height and width of the kernel.
    pub kernel: Extent,
    /// Steps of the kernel, down and right.
    pub stride: Extent,
    /// Zeros around the input.
    pub padding: Padding,
    /// Number of groups: each sees its own part of the input channels (Krizhevsky et al. 2012).
    pub groups: usize,
    /// Whether a bias is added.
    pub bias: bool,
}

/// A convolution of stride 1 without padding in which each output map has its own selection of
/// input maps.
///
/// Parameters: `weight` of shape `[connections, kernel height, kernel width]`, one kernel per
/// connection in the order of the table, and `bias` of shape `[output]`.
#[derive(Clone, Debug, PartialEq)]
pub struct PartialConvolution {
    /// Input maps.
    pub input: usize,
    /// Height and width of the kernel.
    pub kernel: Extent,
    /// The input maps of each output map.
    pub table: Vec<Vec<usize>>,
}

/// The window of a pooling layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// Height and width.
    pub kernel: Extent,
    /// Steps, down and right.
    pub stride: Extent,
    /// Rows above and below, and columns left and right, that count as empty.
    pub padding: Extent,
    /// Keep a last, partial window (PyTorch's `ceil_mode`; Caffe's only mode).
    pub ceil: bool,
}

/// What a node computes from its inputs (activations of shape 1×C×H×W).
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// The picture after the model's own preprocessing.
    Input {
        /// Channels of the picture: 1 (grey) or 3 (RGB).
        channels: usize,
    },
    /// Cross-correlation with the kernels, plus the bias.
    Convolution(Convolution),
    /// Batch normalisation with its running statistics (inference): `weight`, `bias`,
    /// `running_mean` and `running_var`, each of shape `[channels]`.
    BatchNorm {
        /// Channels of the input.
        channels: usize,
        /// Added to the variance before its root is taken.
        epsilon: f64,
    },
    /// A function of each value.
    Activation(Activation),
    /// softmax over the channels of each pixel: exp(xᵢ) / Σⱼ exp(xⱼ).
    Softmax,
    /// Local response normalisation across channels (Krizhevsky et al. 2012):
    /// x / (k + alpha / size · Σ x²)^beta, the sum over `size` channels around each.
    LocalResponseNorm {
        /// Channels in a sum.
        size: usize,
        /// Factor of the sum of squares.
        alpha: f64,
        /// The exponent.
        beta: f64,
        /// Added to the sum.
        k: f64,
    },
    /// LeNet-5's trainable sub-sampling (LeCun et al. 1998): `weight` times the sum over the window,
    /// plus `bias`, both of shape `[channels]`.
    Subsample {
        /// Channels of the input.
        channels: usize,
        /// What is summed.
        window: Window,
    },
    /// A convolution whose maps see only some of the input maps, as in LeNet-5's C3.
    PartialConvolution(PartialConvolution),
    /// The largest value of the window; padding never is.
    MaxPool(Window),
    /// Mean over the window; with `count_padding` the padding counts as zeros.
    AveragePool {
        /// What the mean is taken of.
        window: Window,
        /// Whether the padding counts as zeros; otherwise it is left out of the mean.
        count_padding: bool,
    },
    /// Mean over an even partition of the plane into `output` cells (1×1: the global average).
    AdaptiveAveragePool {
        /// Height and width of the output.
        output: Extent,
    },
    /// Channels of all inputs, concatenated.
    Concat,
    /// Some channels of the input, one after another.
    Channels {
        /// The first, from 0.
        first: usize,
        /// How many.
        count: usize,
    },
    /// Sum of all inputs, which have the same shape.
    Add,
    /// C×H×W laid out as (C·H·W)×1×1, in PyTorch's order.
    Flatten,
    /// `weight` of shape `[output, input]` and `bias` of shape `[output]`, on a C×1×1 activation.
    Linear {
        /// Input values.
        input: usize,
        /// Output values.
        output: usize,
    },
    /// Identity at inference; in training each value is zeroed with probability `rate`, and the
    /// others are divided by 1 − rate (Srivastava et al. 2014, "inverted").
    Dropout {
        /// The probability that a value is zeroed, at least 0 and below 1.
        rate: f64,
    },
    /// Identity; keeps its place in the list of layers.
    Identity,
}

choices! {
    /// A function applied to each value independently.
    pub enum Activation {
        /// max(x, 0).
        Relu "relu",
        /// 1 / (1 + exp(−x)).
        Sigmoid "sigmoid",
        /// tanh(x).
        Tanh "tanh",
        /// 1.7159 · tanh(2x/3), with which ±1 maps to ±1 (LeCun et al. 1998).
        ScaledTanh "scaled-tanh",
        /// x / (1 + |x|) (Bergstra et al. 2009).
        Softsign "softsign",
        [
            /// min(max(x, 0), 6).
            Relu6 "relu6"
        ]
    }
}

/// A named operation and the nodes it reads.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The framework's module name; parameters are `NAME.weight` and so on.
    pub name: String,
    /// What it computes.
    pub op: Op,
    /// The nodes whose activations it takes, in the operation's order.
    pub inputs: Vec<NodeId>,
}

impl Node {
    /// The same node in another graph, where node `index` of this one is `moved[index]`.
    pub(crate) fn moved(&self, moved: &[NodeId]) -> Node {
        let inputs = self.inputs.iter().map(|input| moved[input.index()]).collect();
        Node { name: self.name.clone(), op: self.op.clone(), inputs }
    }
}

/// A whole network: nodes in topological order.
#[derive(Clone, Debug)]
pub struct Graph {
    name: String,
    preprocessing: Preprocessing,
    channel_order: ChannelOrder,
    default_layer: String,
    smoothing: f64,
    class_maps: Option<String>,
    picture_size: Size,
    nodes: Vec<Node>,
    /// What is seen in dreams of nodes, in a few words.
    motifs: BTreeMap<NodeId, &'static str>,
    /// Further names of nodes: those of containers (`layer3`, `inception4c.branch2`) whose output
    /// they are, and their names in other frameworks.
    aliases: BTreeMap<String, NodeId>,
}

impl Graph {
    /// The model's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What is done to a picture in RGB 0..1 first.
    pub fn preprocessing(&self) -> Preprocessing {
        self.preprocessing
    }

    /// The channel order that the weights of the first layer expect.
    pub fn channel_order(&self) -> ChannelOrder {
        self.channel_order
    }

    /// The layer to dream when none is named, chosen by looking at the pictures.
    pub fn default_layer(&self) -> &str {
        &self.default_layer
    }

    /// Standard deviation, in pixels, of the Gaussian that the gradient of a dream is smoothed with where
    /// nothing else is asked for, chosen by looking at the pictures and at how much noise is in them.
    pub fn smoothing(&self) -> f64 {
        self.smoothing
    }

    /// The layer that has a map for each class, in which a class is dreamed where it is; `None` where a
    /// class is dreamed against all others.
    pub fn class_maps(&self) -> Option<&str> {
        self.class_maps.as_deref()
    }

    /// Whether a node is that layer, or some channels of it.
    pub fn is_class_map(&self, id: NodeId) -> bool {
        let node = self.node(id);
        let layer = match node.op {
            Op::Channels { .. } => self.node(node.inputs[0]),
            _ => node,
        };
        self.class_maps() == Some(&layer.name)
    }

    /// The same network with another default layer, or channels of one.
    pub(crate) fn with_default_layer(mut self, name: &str) -> Graph {
        self.default_layer = name.into();
        self
    }

    /// What is seen in dreams of a node, in a few words, where somebody has looked.
    pub fn motif(&self, id: NodeId) -> Option<&'static str> {
        self.motifs.get(&id).copied()
    }

    /// Height and width of a picture that fits the whole network: its training size, or one of
    /// many.
    pub fn picture_size(&self) -> Size {
        self.picture_size
    }

    /// Channels of the network's input: three, or one that is the mean of red, green and blue.
    pub fn input_channels(&self) -> usize {
        match self.nodes[0].op {
            Op::Input { channels } => channels,
            _ => unreachable!("a graph begins with its input"),
        }
    }

    /// All nodes, each after its inputs.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The node of that number, which must be one of this graph.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0]
    }

    /// Every node with its id, inputs first.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.nodes.iter().enumerate().map(|(index, node)| (NodeId(index), node))
    }

    /// The node with that name, whether its own, that of a container ending with it, or its name in
    /// another framework.
    pub fn find(&self, name: &str) -> Option<NodeId> {
        self.iter()
            .find(|(_, node)| node.name == name)
            .map(|(id, _)| id)
            .or_else(|| self.aliases.get(name).copied())
    }

    /// The layer whose channels are the scores of the classes, before a softmax or a pooling: the last one
    /// with weights.
    pub fn scores(&self) -> Option<NodeId> {
        let has_weights = |op: &Op| {
            matches!(op, Op::Convolution(_) | Op::PartialConvolution(_) | Op::Linear { .. })
        };
        let nodes = self.iter().filter(|(_, node)| has_weights(&node.op));
        nodes.last().map(|(id, _)| id)
    }

    /// Names of layers other than the nodes' own.
    pub fn aliases(&self) -> impl Iterator<Item = (&str, NodeId)> {
        self.aliases.iter().map(|(name, id)| (name.as_str(), *id))
    }

    /// The same network with other nodes; the caller must map lists of ids such as targets.
    pub(crate) fn with_nodes(&self, nodes: Vec<Node>) -> Graph {
        Graph { nodes, aliases: BTreeMap::new(), motifs: BTreeMap::new(), ..self.clone() }
    }

    /// The same network, for weights that have been converted to RGB order.
    pub(crate) fn in_rgb(&self) -> Graph {
        Graph { channel_order: ChannelOrder::Rgb, ..self.clone() }
    }
}

/// Standard deviation, in pixels, of the Gaussian over the gradient of dreams, for most networks: with less,
/// their strides of 4 and 8 leave a grid, and dreams of dreams fill with noise.
const SMOOTHING: f64 = 1.2;

/// Builds a [`Graph`] node by node; each method adds one node and returns its id.
///
/// # Panics
/// Building panics on a name used twice: the zoo is code, and its tests build every network.
pub struct Builder {
    graph: Graph,
}

impl Builder {
    /// Starts a network whose input has three channels.
    pub fn new(name: &str, preprocessing: Preprocessing) -> (Builder, NodeId) {
        Builder::with_channels(name, preprocessing, 3)
    }

    /// Starts a network whose input has three channels, or one: the mean of red, green and blue.
    pub fn with_channels(
        name: &str,
        preprocessing: Preprocessing,
        channels: usize,
    ) -> (Builder, NodeId) {
        let input = Node { name: "input".into(), op: Op::Input { channels }, inputs: vec![] };
        let graph = Graph {
            name: name.into(),
            preprocessing,
            channel_order: ChannelOrder::Rgb,
            default_layer: String::new(),
            smoothing: SMOOTHING,
            class_maps: None,
            motifs: BTreeMap::new(),
            picture_size: Size::square(299),
            nodes: vec![input],
            aliases: BTreeMap::new(),
        };
        (Builder { graph }, NodeId(0))
    }

    /// States that the weights of the first layer take blue first.
    pub fn in_bgr(&mut self) {
        self.graph.channel_order = ChannelOrder::Bgr;
    }

    /// Says that the layer of the scores has a map for each class, in which a class is dreamed where it is.
    pub fn class_maps(&mut self) {
        self.graph.class_maps = self.graph.scores().map(|id| self.graph.node(id).name.clone());
    }

    /// Sets the smoothing of dreams' gradients (1.2 pixels by default).
    pub fn smoothing(&mut self, deviation: f64) {
        self.graph.smoothing = deviation;
    }

    /// Says what is seen in dreams of layers, each by its name.
    ///
    /// # Panics
    /// On a name that no layer has.
    pub fn motifs(&mut self, motifs: &[(&str, &'static str)]) {
        for (layer, motif) in motifs {
            let id = self.graph.find(layer).unwrap_or_else(|| panic!("no layer is named {layer}"));
            self.graph.motifs.insert(id, motif);
        }
    }

    /// Sets the picture size for the whole network (299×299 by default).
    pub fn picture_size(&mut self, size: Size) {
        self.graph.picture_size = size;
    }

    /// The shape of the last node so far, for pictures of that size.
    ///
    /// # Errors
    /// [`ShapeError`] if nothing of the picture is left there.
    pub fn last_shape(&self) -> Result<Shape, ShapeError> {
        let Size { height, width } = self.graph.picture_size;
        let shapes = shapes(&self.graph, height, width)?;
        Ok(*shapes.last().expect("the input is a node"))
    }

    /// Adds `op` under `name`, reading `inputs`.
    pub fn add(&mut self, name: impl Into<String>, op: Op, inputs: &[NodeId]) -> NodeId {
        let name = name.into();
        assert!(self.graph.find(&name).is_none(), "two nodes are named {name}");
        self.graph.nodes.push(Node { name, op, inputs: inputs.to_vec() });
        NodeId(self.graph.nodes.len() - 1)
    }

    /// Makes `name` stand for `id` as well: the name of a container whose output is that node, or
    /// its name in another framework.
    pub fn alias(&mut self, name: impl Into<String>, id: NodeId) {
        let name = name.into();
        assert!(self.graph.find(&name).is_none(), "two nodes are named {name}");
        self.graph.aliases.insert(name, id);
    }

    /// Number of channels of `id`'s output, so that a zoo file need not keep track of widths.
    ///
    /// # Panics
    /// On a node after [`Op::Flatten`], whose width depends on the picture's size.
    pub fn channels(&self, id: NodeId) -> usize {
        let node = self.graph.node(id);
        match &node.op {
            Op::Input { channels } | Op::BatchNorm { channels, .. } => *channels,
            Op::Convolution(convolution) => convolution.output,
            Op::Linear { output, .. } => *output,
            Op::PartialConvolution(convolution) => convolution.table.len(),
            Op::Channels { count, .. } => *count,
            Op::Concat => node.inputs.iter().map(|input| self.channels(*input)).sum(),
            Op::Flatten => panic!("the width of {} depends on the picture's size", node.name),
            _ => self.channels(node.inputs[0]),
        }
    }

    /// Adds a convolution.
    pub fn convolution(
        &mut self,
        name: impl Into<String>,
        input: NodeId,
        convolution: Convolution,
    ) -> NodeId {
        self.add(name, Op::Convolution(convolution), &[input])
    }

    /// Adds a batch normalisation of all channels of `input`.
    pub fn batch_norm(&mut self, name: impl Into<String>, input: NodeId, epsilon: f64) -> NodeId {
        let channels = self.channels(input);
        self.add(name, Op::BatchNorm { channels, epsilon }, &[input])
    }

    /// Adds a max-pooling layer.
    pub fn max_pool(&mut self, name: impl Into<String>, input: NodeId, window: Window) -> NodeId {
        self.add(name, Op::MaxPool(window), &[input])
    }

    /// The mean of each channel over `size`×`size` cells; 1 for the global average.
    pub fn adaptive_average_pool(
        &mut self,
        name: impl Into<String>,
        input: NodeId,
        size: usize,
    ) -> NodeId {
        self.add(name, Op::AdaptiveAveragePool { output: [size; 2] }, &[input])
    }

    /// Dropout, the identity at inference.
    pub fn dropout(&mut self, name: impl Into<String>, input: NodeId) -> NodeId {
        self.add(name, Op::Identity, &[input])
    }

    /// Adds the activation as one vector, C×1×1.
    pub fn flatten(&mut self, name: impl Into<String>, input: NodeId) -> NodeId {
        self.add(name, Op::Flatten, &[input])
    }

    /// A fully connected layer from `widths[0]` to `widths[1]` values.
    pub fn linear(&mut self, name: impl Into<String>, input: NodeId, widths: [usize; 2]) -> NodeId {
        self.add(name, Op::Linear { input: widths[0], output: widths[1] }, &[input])
    }

    /// Adds a ReLU: max(0, x).
    pub fn relu(&mut self, name: impl Into<String>, input: NodeId) -> NodeId {
        self.activation(name, input, Activation::Relu)
    }

    /// Adds a function of each value.
    pub fn activation(
        &mut self,
        name: impl Into<String>,
        input: NodeId,
        activation: Activation,
    ) -> NodeId {
        self.add(name, Op::Activation(activation), &[input])
    }

    /// Adds the channels of all `inputs`, one after another; they must be of one height and width.
    pub fn concat(&mut self, name: impl Into<String>, inputs: &[NodeId]) -> NodeId {
        self.add(name, Op::Concat, inputs)
    }

    /// The finished network; `default_layer` must be one of its layers.
    pub fn finish(mut self, default_layer: &str) -> Graph {
        if self.graph.channel_order == ChannelOrder::Bgr {
            let mut readers =
                self.graph.nodes.iter().filter(|node| node.inputs.contains(&NodeId(0)));
            assert!(
                readers.all(|node| matches!(&node.op, Op::Convolution(c) if c.groups == 1)),
                "only convolutions over all colours can take them in another order"
            );
        }
        assert!(self.graph.find(default_layer).is_some(), "no layer is named {default_layer}");
        self.graph.default_layer = default_layer.into();
        self.graph
    }
}

impl Op {
    /// Names and shapes of the parameters, relative to the node's name.
    pub fn parameters(&self) -> Vec<(&'static str, Vec<usize>)> {
        match self {
            Op::Convolution(c) => {
                let weight = vec![c.output, c.input / c.groups, c.kernel[0], c.kernel[1]];
                let mut parameters = vec![("weight", weight)];
                if c.bias {
                    parameters.push(("bias", vec![c.output]));
                }
                parameters
            }
            Op::BatchNorm { channels, .. } => ["weight", "bias", "running_mean", "running_var"]
                .map(|name| (name, vec![*channels]))
                .into(),
            Op::Linear { input, output } => {
                vec![("weight", vec![*output, *input]), ("bias", vec![*output])]
            }
            Op::Subsample { channels, .. } => {
                vec![("weight", vec![*channels]), ("bias", vec![*channels])]
            }
            Op::PartialConvolution(c) => {
                let weight = vec![c.connections(), c.kernel[0], c.kernel[1]];
                vec![("weight", weight), ("bias", vec![c.table.len()])]
            }
            Op::Input { .. }
            | Op::Activation(_)
            | Op::Softmax
            | Op::LocalResponseNorm { .. }
            | Op::MaxPool(_)
            | Op::AveragePool { .. }
            | Op::AdaptiveAveragePool { .. }
            | Op::Concat
            | Op::Channels { .. }
            | Op::Add
            | Op::Flatten
            | Op::Dropout { .. }
            | Op::Identity => vec![],
        }
    }
}

impl Convolution {
    /// A square kernel with stride 1, no padding, one group and a bias.
    pub fn square(input: usize, output: usize, kernel: usize) -> Convolution {
        Convolution {
            input,
            output,
            kernel: [kernel; 2],
            stride: [1; 2],
            padding: Padding::default(),
            groups: 1,
            bias: true,
        }
    }

    /// With this stride in both directions.
    pub fn stride(self, stride: usize) -> Convolution {
        Convolution { stride: [stride; 2], ..self }
    }

    /// With so many zeros on all four sides.
    pub fn padding(self, padding: usize) -> Convolution {
        Convolution { padding: Padding::symmetric([padding; 2]), ..self }
    }

    /// With [`Padding::same`] for its kernel and its stride.
    pub fn same(self) -> Convolution {
        Convolution { padding: Padding::same(self.kernel, self.stride), ..self }
    }

    /// With so many groups, which must divide the input and the output channels.
    pub fn groups(self, groups: usize) -> Convolution {
        Convolution { groups, ..self }
    }

    /// Without a bias.
    pub fn without_bias(self) -> Convolution {
        Convolution { bias: false, ..self }
    }
}

impl PartialConvolution {
    /// Pairs of an output map and an input map that it sees.
    pub fn connections(&self) -> usize {
        self.table.iter().map(Vec::len).sum()
    }

    /// The dense convolution that this one is part of, in which every output map sees every input
    /// map.
    pub fn dense(&self) -> Convolution {
        Convolution {
            kernel: self.kernel,
            ..Convolution::square(self.input, self.table.len(), self.kernel[0])
        }
    }
}

impl Window {
    /// A square window without padding, partial windows left out.
    pub fn square(kernel: usize, stride: usize) -> Window {
        Window { kernel: [kernel; 2], stride: [stride; 2], padding: [0; 2], ceil: false }
    }

    /// With so much padding on all four sides.
    pub fn padding(self, padding: usize) -> Window {
        Window { padding: [padding; 2], ..self }
    }

    /// With the last, partial windows kept.
    pub fn ceil(self) -> Window {
        Window { ceil: true, ..self }
    }
}
