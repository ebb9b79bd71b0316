//! TensorFlow's frozen graphs (`.pb`): a `GraphDef` whose weights are constants, such as Inception
//! 5h of 2015.
//!
//! The graph itself is not executed: the zoo has it. In the file the constants of a layer are
//! `LAYER_w` and `LAYER_b`, after the layer's output behind its activation function; the zoo names
//! parameters after the node they belong to. So `conv2d0_w` is `conv2d0_pre_relu.weight`, and the
//! classifier's `softmax2_w` is `softmax2_pre_activation.weight`. Weights are permuted to PyTorch's
//! axis order: a convolution is height×width×inputs×outputs in the file, a fully connected layer
//! inputs×outputs. Every other constant keeps its name and shape.

use std::borrow::Cow;

use super::format::{Format, FormatError, Index};
use super::proto_tensor::{self, ProtoTensorError, shape};
use super::protobuf::{Fields, ProtobufError};
use super::tensor_view::{DType, TensorView};

pub(super) const FORMAT: Format = Format { name: "TensorFlow (.pb)", recognise, index };

/// Why the constants of a graph cannot be found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum TensorFlowError {
    #[error(transparent)]
    Message(#[from] ProtobufError),
    #[error("constant {constant:?}: {source}")]
    Constant { constant: String, source: ProtoTensorError },
    #[error(
        "it has no constants: its weights are in a checkpoint or in the variables of a saved model; freeze the graph first"
    )]
    NoConstants,
}

/// Field number of `GraphDef`'s nodes.
const NODE: u32 = 1;

/// Field numbers of `NodeDef`.
mod node {
    pub const NAME: u32 = 1;
    pub const OP: u32 = 2;
    pub const ATTR: u32 = 5;
}

/// Field numbers of a map entry, and of `AttrValue`.
mod attribute {
    pub const KEY: u32 = 1;
    pub const VALUE: u32 = 2;
    pub const TENSOR: u32 = 8;
}

/// Field numbers of `TensorProto`.
mod tensor {
    pub const DTYPE: u32 = 1;
    pub const SHAPE: u32 = 2;
    pub const CONTENT: u32 = 4;
    pub const FLOATS: u32 = 5;
    pub const DOUBLES: u32 = 6;
    pub const HALVES: u32 = 13;
}

/// Field numbers of `TensorShapeProto`, and of its `Dim`.
mod dimensions {
    pub const DIM: u32 = 2;
    pub const SIZE: u32 = 1;
}

/// A graph has no magic number: it starts with a node that has a name and an operation.
fn recognise(bytes: &[u8]) -> bool {
    match Fields::of(bytes).next() {
        Some(Ok(field)) if field.number == NODE => {
            let node = field.bytes().and_then(Node::decode);
            node.is_ok_and(|node| !node.name.is_empty() && !node.op.is_empty())
        }
        _ => false,
    }
}

fn index(bytes: &[u8]) -> Result<Index<'_>, FormatError> {
    let mut index = Index::new();
    for field in Fields::of(bytes) {
        let field = field.map_err(TensorFlowError::Message)?;
        if field.number == NODE {
            let constant = field.bytes().and_then(Node::decode).and_then(Node::constant);
            if let Some((name, tensor)) = constant.map_err(TensorFlowError::Message)? {
                let (name, view) = parameter(name, tensor)?;
                index.insert(name, view);
            }
        }
    }
    if index.is_empty() { Err(TensorFlowError::NoConstants.into()) } else { Ok(index) }
}

/// A constant under its parameter's name, in its parameter's axis order.
fn parameter<'a>(
    constant: &str,
    tensor: Tensor<'a>,
) -> Result<(String, TensorView<'a>), TensorFlowError> {
    let view = tensor
        .view()
        .map_err(|source| TensorFlowError::Constant { constant: constant.to_owned(), source })?;
    Ok(match (constant.rsplit_once('_'), view.shape().len()) {
        (Some((layer, "w")), 4) => (format!("{}.weight", sum(layer)), view.permuted(&[3, 2, 0, 1])),
        (Some((layer, "w")), 2) => (format!("{}.weight", sum(layer)), view.permuted(&[1, 0])),
        (Some((layer, "b")), 1) => (format!("{}.bias", sum(layer)), view),
        _ => (constant.to_owned(), view),
    })
}

/// The node of a layer's sum, before its activation function.
fn sum(layer: &str) -> String {
    let function = if layer.starts_with("softmax") { "activation" } else { "relu" };
    format!("{layer}_pre_{function}")
}

/// A node of the graph.
#[derive(Default)]
struct Node<'a> {
    name: &'a str,
    op: &'a str,
    /// The `AttrValue` of its attribute `value`.
    value: Option<&'a [u8]>,
}

impl<'a> Node<'a> {
    fn decode(message: &'a [u8]) -> Result<Node<'a>, ProtobufError> {
        let mut node = Node::default();
        for field in Fields::of(message) {
            let field = field?;
            match field.number {
                node::NAME => node.name = field.text()?,
                node::OP => node.op = field.text()?,
                node::ATTR => {
                    let (mut key, mut value) = (&b""[..], &b""[..]);
                    for field in Fields::of(field.bytes()?) {
                        let field = field?;
                        match field.number {
                            attribute::KEY => key = field.bytes()?,
                            attribute::VALUE => value = field.bytes()?,
                            _ => {}
                        }
                    }
                    if key == b"value" {
                        node.value = Some(value);
                    }
                }
                _ => {}
            }
        }
        Ok(node)
    }

    /// Its name and tensor, if it is a constant.
    fn constant(self) -> Result<Option<(&'a str, Tensor<'a>)>, ProtobufError> {
        let ("Const", Some(value)) = (self.op, self.value) else { return Ok(None) };
        for field in Fields::of(value) {
            let field = field?;
            if field.number == attribute::TENSOR {
                return Ok(Some((self.name, Tensor::decode(field.bytes()?)?)));
            }
        }
        Ok(None)
    }
}

/// A `TensorProto`. Its values are in one of four fields.
#[derive(Default)]
struct Tensor<'a> {
    dtype: u64,
    sides: Vec<i64>,
    content: Cow<'a, [u8]>,
    floats: Cow<'a, [u8]>,
    doubles: Cow<'a, [u8]>,
    /// The bits of two-byte numbers.
    halves: Vec<u64>,
}

impl<'a> Tensor<'a> {
    fn decode(message: &'a [u8]) -> Result<Tensor<'a>, ProtobufError> {
        let mut tensor = Tensor::default();
        for field in Fields::of(message) {
            let field = field?;
            match field.number {
                tensor::DTYPE => tensor.dtype = field.varint()?,
                tensor::SHAPE => tensor.add_sides(field.bytes()?)?,
                tensor::CONTENT => tensor.content = Cow::Borrowed(field.bytes()?),
                tensor::FLOATS => field.add_fixed::<4>(&mut tensor.floats)?,
                tensor::DOUBLES => field.add_fixed::<8>(&mut tensor.doubles)?,
                tensor::HALVES => field.add_varints(&mut tensor.halves)?,
                _ => {}
            }
        }
        Ok(tensor)
    }

    fn add_sides(&mut self, shape: &[u8]) -> Result<(), ProtobufError> {
        for field in Fields::of(shape) {
            let field = field?;
            if field.number == dimensions::DIM {
                // A missing length means 0.
                let mut side = 0;
                for field in Fields::of(field.bytes()?) {
                    let field = field?;
                    if field.number == dimensions::SIZE {
                        side = field.signed()?;
                    }
                }
                self.sides.push(side);
            }
        }
        Ok(())
    }

    fn view(self) -> Result<TensorView<'a>, ProtoTensorError> {
        let shape = shape(&self.sides)?;
        let dtype = match self.dtype {
            1 => DType::F32,
            2 => DType::F64,
            14 => DType::Bf16,
            19 => DType::F16,
            other => return Ok(TensorView::unusable(other_type(other), shape)),
        };
        let values = match dtype {
            _ if !self.content.is_empty() => self.content,
            DType::F32 => self.floats,
            DType::F64 => self.doubles,
            _ => self.halves.iter().flat_map(|bits| (*bits as u16).to_le_bytes()).collect(),
        };
        // A single value fills the whole tensor: graphs have such constants, but never as weights.
        let is_one = dtype.size() == Some(values.len());
        if is_one && shape.iter().any(|side| *side != 1) {
            let dtype = DType::Other(Cow::Borrowed("one repeated value"));
            return Ok(TensorView::unusable(dtype, shape));
        }
        proto_tensor::view(dtype, shape, values)
    }
}

/// A dtype that weights do not have, by its name in types.proto.
fn other_type(dtype: u64) -> DType {
    DType::Other(match dtype {
        3 => "DT_INT32".into(),
        7 => "DT_STRING".into(),
        9 => "DT_INT64".into(),
        10 => "DT_BOOL".into(),
        11 => "DT_QINT8".into(),
        12 => "DT_QUINT8".into(),
        13 => "DT_QINT32".into(),
        other => format!("TensorFlow's dtype {other}").into(),
    })
}
