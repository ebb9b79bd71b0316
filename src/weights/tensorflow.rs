//! TensorFlow's frozen graphs (`.pb`): a `GraphDef` whose weights are constants, such as the Inception
//! 5h of 2015.
//!
//! The graph itself is not run: the zoo has it. A layer's constants are called `LAYER_w` and
//! `LAYER_b` there, after the layer's result behind its activation function, where the zoo's
//! parameters are called after the node that they belong to: `conv2d0_w` is
//! `conv2d0_pre_relu.weight`, and of the classifier `softmax2_w` is
//! `softmax2_pre_activation.weight`. Weights get PyTorch's order of axes: those of a convolution are
//! height×width×inputs×outputs in the file, those of a fully connected layer inputs×outputs. Every
//! other constant keeps its name and its shape.

use std::borrow::Cow;

use super::entry::{Element, Entry};
use super::format::{Format, FormatError, Index};
use super::protobuf::{Fields, ProtobufError};
use super::shaped::{self, ShapedError, shape};

pub(super) const FORMAT: Format = Format { name: "TensorFlow (.pb)", recognise, index };

/// Why a graph's constants cannot be found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum TensorFlowError {
    #[error(transparent)]
    Message(#[from] ProtobufError),
    #[error("the constant {constant:?}: {source}")]
    Constant { constant: String, source: ShapedError },
    #[error(
        "it has no constants: its weights are elsewhere, in a checkpoint or in the variables of a saved model; freeze the graph first"
    )]
    NoConstants,
}

/// Number of `GraphDef`'s field of nodes.
const NODE: u32 = 1;

/// Numbers of `NodeDef`'s fields.
mod node {
    pub const NAME: u32 = 1;
    pub const OP: u32 = 2;
    pub const ATTR: u32 = 5;
}

/// Numbers of the fields of an entry of a map, and of `AttrValue`.
mod attribute {
    pub const KEY: u32 = 1;
    pub const VALUE: u32 = 2;
    pub const TENSOR: u32 = 8;
}

/// Numbers of `TensorProto`'s fields.
mod tensor {
    pub const DTYPE: u32 = 1;
    pub const SHAPE: u32 = 2;
    pub const CONTENT: u32 = 4;
    pub const FLOATS: u32 = 5;
    pub const DOUBLES: u32 = 6;
    pub const HALVES: u32 = 13;
}

/// Numbers of the fields of `TensorShapeProto`, and of its `Dim`.
mod dimensions {
    pub const DIM: u32 = 2;
    pub const SIZE: u32 = 1;
}

/// A graph has no mark: it begins with a node, which has a name and an operation.
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
                let (name, entry) = parameter(name, tensor)?;
                index.insert(name, entry);
            }
        }
    }
    if index.is_empty() { Err(TensorFlowError::NoConstants.into()) } else { Ok(index) }
}

/// A constant under its parameter's name and with its parameter's order of axes.
fn parameter<'a>(
    constant: &str,
    tensor: Tensor<'a>,
) -> Result<(String, Entry<'a>), TensorFlowError> {
    let entry = tensor
        .entry()
        .map_err(|source| TensorFlowError::Constant { constant: constant.to_owned(), source })?;
    Ok(match (constant.rsplit_once('_'), entry.shape().len()) {
        (Some((layer, "w")), 4) => {
            (format!("{}.weight", sum(layer)), entry.permuted(&[3, 2, 0, 1]))
        }
        (Some((layer, "w")), 2) => (format!("{}.weight", sum(layer)), entry.permuted(&[1, 0])),
        (Some((layer, "b")), 1) => (format!("{}.bias", sum(layer)), entry),
        _ => (constant.to_owned(), entry),
    })
}

/// The node that has a layer's sum, before its activation function.
fn sum(layer: &str) -> String {
    let function = if layer.starts_with("softmax") { "activation" } else { "relu" };
    format!("{layer}_pre_{function}")
}

/// A node of the graph.
#[derive(Default)]
struct Node<'a> {
    name: &'a str,
    op: &'a str,
    /// Its attribute `value`, an `AttrValue`.
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

    /// Its name and its tensor, if it is a constant.
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

/// A `TensorProto`. Its values are in one of four places.
#[derive(Default)]
struct Tensor<'a> {
    dtype: u64,
    sides: Vec<i64>,
    content: Cow<'a, [u8]>,
    floats: Cow<'a, [u8]>,
    doubles: Cow<'a, [u8]>,
    /// The bits of numbers of two bytes.
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
                // A side that is not written is 0.
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

    fn entry(self) -> Result<Entry<'a>, ShapedError> {
        let shape = shape(&self.sides)?;
        let element = match self.dtype {
            1 => Element::F32,
            2 => Element::F64,
            14 => Element::Bf16,
            19 => Element::F16,
            other => return Ok(Entry::unusable(other_type(other), shape)),
        };
        let values = match element {
            _ if !self.content.is_empty() => self.content,
            Element::F32 => self.floats,
            Element::F64 => self.doubles,
            _ => self.halves.iter().flat_map(|bits| (*bits as u16).to_le_bytes()).collect(),
        };
        // One value stands for many: graphs have such constants, but no weights among them.
        let is_one = element.size() == Some(values.len());
        if is_one && shape.iter().any(|side| *side != 1) {
            let element = Element::Other(Cow::Borrowed("one value that is repeated"));
            return Ok(Entry::unusable(element, shape));
        }
        shaped::entry(element, shape, values)
    }
}

/// A type that weights do not have, by its name in types.proto.
fn other_type(dtype: u64) -> Element {
    Element::Other(match dtype {
        3 => "DT_INT32".into(),
        7 => "DT_STRING".into(),
        9 => "DT_INT64".into(),
        10 => "DT_BOOL".into(),
        11 => "DT_QINT8".into(),
        12 => "DT_QUINT8".into(),
        13 => "DT_QINT32".into(),
        other => format!("TensorFlow's type {other}").into(),
    })
}
