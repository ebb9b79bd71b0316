//! Caffe models (`.caffemodel`), after caffe.proto: a `NetParameter` whose layers are in today's
//! field (`layer`) or in the one used before 2015 (`layers`, V1).
//!
//! Caffe's parameters ("blobs") have no names. They are named after their layer here, as PyTorch
//! would: the first blob of `conv1/7x7_s2` is `conv1/7x7_s2.weight`, the second
//! `conv1/7x7_s2.bias`, and any further ones (no network of the zoo has any) `conv1/7x7_s2.2` and
//! so on.
//!
//! V1 blobs always have four axes: a bias is 1×1×1×n, the weights of a fully connected layer are
//! 1×1×outputs×inputs. Their leading axes of length 1 are dropped.

use std::borrow::Cow;

use super::format::{Format, FormatError, Index};
use super::proto_tensor::{self, ProtoTensorError, shape};
use super::protobuf::{Field, Fields, ProtobufError};
use super::tensor_view::{DType, TensorView};

pub(super) const FORMAT: Format = Format { name: "Caffe (.caffemodel)", recognise, index };

/// Why the tensors of a Caffe model cannot be found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum CaffeError {
    #[error(transparent)]
    Message(#[from] ProtobufError),
    #[error("blob {blob} of layer {layer:?}: {source}")]
    Blob { layer: String, blob: usize, source: ProtoTensorError },
    #[error(
        "it has no weights: it is either the definition of a network alone, or older than 2014 (Caffe's upgrade_net_proto_binary converts it)"
    )]
    NoBlobs,
}

/// Field numbers of `NetParameter`.
mod net {
    pub const NAME: u32 = 1;
    pub const V1_LAYERS: u32 = 2;
    /// Inputs, their shapes, and flags.
    pub const OTHERS: std::ops::RangeInclusive<u32> = 3..=8;
    pub const LAYER: u32 = 100;
}

/// Field numbers of `BlobProto`.
mod blob {
    /// `num`, `channels`, `height` and `width`: the shape in V1.
    pub const SIDES: std::ops::RangeInclusive<u32> = 1..=4;
    pub const DATA: u32 = 5;
    pub const SHAPE: u32 = 7;
    pub const DOUBLE_DATA: u32 = 8;
}

/// The only field of `BlobShape`.
const SHAPE_DIM: u32 = 1;

/// Field numbers of one form of layer, and how it marks a fully connected one.
struct LayerForm {
    name: u32,
    kind: u32,
    blobs: u32,
    is_inner_product: fn(Field) -> Result<bool, ProtobufError>,
}

/// `LayerParameter`.
const LAYER: LayerForm = LayerForm {
    name: 1,
    kind: 2,
    blobs: 7,
    is_inner_product: |kind| Ok(kind.text()? == "InnerProduct"),
};

/// `V1LayerParameter`, whose layer types are numbers.
const V1_LAYER: LayerForm =
    LayerForm { name: 4, kind: 5, blobs: 6, is_inner_product: |kind| Ok(kind.varint()? == 14) };

impl LayerForm {
    /// The form of layer held in this field of `NetParameter`.
    fn of(number: u32) -> Option<&'static LayerForm> {
        match number {
            net::LAYER => Some(&LAYER),
            net::V1_LAYERS => Some(&V1_LAYER),
            _ => None,
        }
    }
}

/// A network has no magic number: its first layer must have a name, and only fields that a network
/// may start with may precede it.
fn recognise(bytes: &[u8]) -> bool {
    for field in Fields::of(bytes) {
        let Ok(field) = field else { return false };
        match (LayerForm::of(field.number), field.number) {
            (Some(form), _) => return field.bytes().is_ok_and(|layer| has_name(form, layer)),
            (None, net::NAME) if field.text().is_ok() => {}
            (None, number) if net::OTHERS.contains(&number) => {}
            _ => return false,
        }
    }
    false
}

fn has_name(form: &LayerForm, layer: &[u8]) -> bool {
    Fields::of(layer)
        .map_while(Result::ok)
        .any(|field| field.number == form.name && field.text().is_ok())
}

fn index(bytes: &[u8]) -> Result<Index<'_>, FormatError> {
    let mut index = Index::new();
    for field in Fields::of(bytes) {
        let field = field.map_err(CaffeError::Message)?;
        if let Some(form) = LayerForm::of(field.number) {
            let layer = Layer::decode(form, field.bytes().map_err(CaffeError::Message)?)?;
            layer.add_to(&mut index)?;
        }
    }
    if index.is_empty() { Err(CaffeError::NoBlobs.into()) } else { Ok(index) }
}

/// A layer, its blobs not yet decoded.
struct Layer<'a> {
    name: &'a str,
    is_inner_product: bool,
    blobs: Vec<&'a [u8]>,
}

impl<'a> Layer<'a> {
    fn decode(form: &LayerForm, message: &'a [u8]) -> Result<Layer<'a>, CaffeError> {
        let mut layer = Layer { name: "", is_inner_product: false, blobs: vec![] };
        for field in Fields::of(message) {
            let field = field?;
            match field.number {
                number if number == form.name => layer.name = field.text()?,
                number if number == form.kind => {
                    layer.is_inner_product = (form.is_inner_product)(field)?;
                }
                number if number == form.blobs => layer.blobs.push(field.bytes()?),
                _ => {}
            }
        }
        Ok(layer)
    }

    fn add_to(&self, index: &mut Index<'a>) -> Result<(), CaffeError> {
        for (number, message) in self.blobs.iter().enumerate() {
            let blob = Blob::decode(message)?;
            let (role, axes) = match (number, self.is_inner_product) {
                (0, true) => (Cow::Borrowed("weight"), Some(2)),
                (0, false) => (Cow::Borrowed("weight"), None),
                (1, _) => (Cow::Borrowed("bias"), Some(1)),
                _ => (Cow::Owned(number.to_string()), None),
            };
            let view = blob.view(axes).map_err(|source| CaffeError::Blob {
                layer: self.name.to_owned(),
                blob: number,
                source,
            })?;
            index.insert(format!("{}.{role}", self.name), view);
        }
        Ok(())
    }
}

/// A tensor of a layer.
#[derive(Default)]
struct Blob<'a> {
    /// `num`, `channels`, `height` and `width`, used where there is no shape.
    old_sides: [i64; 4],
    sides: Option<Vec<u64>>,
    data: Cow<'a, [u8]>,
    double_data: Cow<'a, [u8]>,
}

impl<'a> Blob<'a> {
    fn decode(message: &'a [u8]) -> Result<Blob<'a>, ProtobufError> {
        let mut blob = Blob::default();
        for field in Fields::of(message) {
            let field = field?;
            match field.number {
                number if blob::SIDES.contains(&number) => {
                    blob.old_sides[number as usize - 1] = field.signed()?;
                }
                blob::DATA => field.add_fixed::<4>(&mut blob.data)?,
                blob::DOUBLE_DATA => field.add_fixed::<8>(&mut blob.double_data)?,
                blob::SHAPE => {
                    let sides = blob.sides.get_or_insert_default();
                    for field in Fields::of(field.bytes()?) {
                        let field = field?;
                        if field.number == SHAPE_DIM {
                            field.add_varints(sides)?;
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(blob)
    }

    /// The tensor, without leading axes of length 1 beyond the last `axes`.
    fn view(self, axes: Option<usize>) -> Result<TensorView<'a>, ProtoTensorError> {
        let sides = match self.sides {
            Some(sides) => sides.into_iter().map(u64::cast_signed).collect(),
            None => self.old_sides.to_vec(),
        };
        let mut shape = shape(&sides)?;
        if let Some(axes) = axes {
            let spare = shape.len().saturating_sub(axes);
            let ones = shape.iter().take(spare).take_while(|side| **side == 1).count();
            shape.drain(..ones);
        }
        let (dtype, data) = match self.double_data.is_empty() {
            true => (DType::F32, self.data),
            false => (DType::F64, self.double_data),
        };
        proto_tensor::view(dtype, shape, data)
    }
}
