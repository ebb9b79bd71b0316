//! Protocol Buffers written by hand, right and wrong.

/// A number of variable length.
pub fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = vec![];
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// A field of text, bytes, a message or packed numbers.
pub fn bytes(number: u64, value: impl AsRef<[u8]>) -> Vec<u8> {
    let value = value.as_ref();
    [varint(number << 3 | 2), varint(value.len() as u64), value.to_vec()].concat()
}

/// A field of a number of variable length; negative numbers take ten bytes, as everywhere.
pub fn number(number: u64, value: i64) -> Vec<u8> {
    [varint(number << 3), varint(value.cast_unsigned())].concat()
}

pub fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// Caffe's messages.
pub mod caffe {
    use super::{bytes, floats, number, varint};

    /// A `NetParameter` of today's layers.
    pub fn net(layers: &[Vec<u8>]) -> Vec<u8> {
        let layers = layers.iter().flat_map(|layer| bytes(100, layer));
        bytes(1, "GoogleNet").into_iter().chain(layers).collect()
    }

    /// A `NetParameter` of V1 layers.
    pub fn v1_net(layers: &[Vec<u8>]) -> Vec<u8> {
        let layers = layers.iter().flat_map(|layer| bytes(2, layer));
        bytes(1, "GoogleNet").into_iter().chain(layers).collect()
    }

    /// A `LayerParameter`.
    pub fn layer(name: &str, kind: &str, blobs: &[Vec<u8>]) -> Vec<u8> {
        let blobs: Vec<u8> = blobs.iter().flat_map(|blob| bytes(7, blob)).collect();
        [bytes(1, name), bytes(2, kind), blobs].concat()
    }

    /// A `V1LayerParameter`.
    pub fn v1_layer(name: &str, kind: i64, blobs: &[Vec<u8>]) -> Vec<u8> {
        let blobs: Vec<u8> = blobs.iter().flat_map(|blob| bytes(6, blob)).collect();
        [bytes(4, name), number(5, kind), blobs].concat()
    }

    /// A `BlobProto` with a `BlobShape`.
    pub fn blob(sides: &[i64], values: &[f32]) -> Vec<u8> {
        let sides: Vec<u8> = sides.iter().flat_map(|side| varint(side.cast_unsigned())).collect();
        [bytes(5, floats(values)), bytes(7, bytes(1, sides))].concat()
    }

    /// A `BlobProto` with four old sides.
    pub fn old_blob(sides: [i64; 4], values: &[f32]) -> Vec<u8> {
        let sides = (1..).zip(sides).flat_map(|(field, side)| number(field, side));
        sides.chain(bytes(5, floats(values))).collect()
    }
}

/// TensorFlow's messages.
pub mod tensorflow {
    use super::{bytes, floats, number};

    pub const FLOAT: i64 = 1;

    /// A `GraphDef`.
    pub fn graph(nodes: &[Vec<u8>]) -> Vec<u8> {
        nodes.iter().flat_map(|node| bytes(1, node)).collect()
    }

    /// A `NodeDef` of a constant with a `TensorProto`.
    pub fn constant(name: &str, tensor: &[u8]) -> Vec<u8> {
        let value = bytes(8, tensor);
        let attribute = [bytes(1, "value"), bytes(2, value)].concat();
        [bytes(1, name), bytes(2, "Const"), bytes(5, attribute)].concat()
    }

    /// A `TensorProto` of `tensor_content`.
    pub fn tensor(dtype: i64, sides: &[i64], values: &[f32]) -> Vec<u8> {
        [number(1, dtype), bytes(2, shape(sides)), bytes(4, floats(values))].concat()
    }

    /// A `TensorShapeProto`.
    pub fn shape(sides: &[i64]) -> Vec<u8> {
        sides.iter().flat_map(|side| bytes(2, number(1, *side))).collect()
    }
}
