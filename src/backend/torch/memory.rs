//! How much memory libtorch takes.

use crate::Size;
use crate::network::{Graph, Op, shapes};

/// Bytes that a step takes for each pixel of the picture, or of a tile, beside the picture itself:
/// those of the activations and gradients of every operation that writes a result of its own, all
/// kept at once. What libtorch frees early it does not need.
///
/// `graph` is truncated to what the targets need.
pub fn bytes_per_pixel(graph: &Graph) -> usize {
    const REFERENCE: Size = Size::square(512);
    let own_result = |op: &Op| !matches!(op, Op::BatchNorm { .. } | Op::Activation(_) | Op::Concat);
    let volume: usize = shapes(graph, REFERENCE.height, REFERENCE.width).map_or(0, |shapes| {
        let nodes = graph.nodes().iter().zip(shapes);
        nodes.filter(|(node, _)| own_result(&node.op)).map(|(_, shape)| shape.volume()).sum()
    });
    (volume * size_of::<f32>()).div_ceil(REFERENCE.pixels())
}
