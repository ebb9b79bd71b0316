//! A network of 3×3 convolutions in blocks, like VGG (Simonyan and Zisserman 2014,
//! arXiv:1409.1556), of any depth and width.
//!
//! Blocks are separated by average-pooling instead of max-pooling: the gradient then reaches every
//! pixel, and dreams are smoother (Gatys et al. 2015, arXiv:1508.06576). After the last block a
//! map for each class says where in the picture it is; their means are the output, so pictures may have any
//! size. Nodes are `conv1_1`, `conv1_1.activation`, `pool1`, …, `output` and `mean`; with batch
//! normalisation `conv1_1.norm` before the activation.

use super::trained::Chain;
use crate::network::architecture::Form;
use crate::network::{Graph, ShapeError};

/// The default layer is the last one of the last block.
pub fn vgg(
    name: &str,
    blocks: &[Vec<usize>],
    batch_norm: bool,
    form: &Form,
) -> Result<Graph, ShapeError> {
    let mut chain = Chain::new(name, form);
    let mut last = String::new();
    for (block, maps) in (1..).zip(blocks) {
        if block > 1 {
            chain.average_pool(&format!("pool{}", block - 1));
        }
        for (index, maps) in (1..).zip(maps) {
            last = format!("conv{block}_{index}");
            match batch_norm {
                true => chain.normalised_convolution(&last, *maps, 3, [1; 2]),
                false => chain.convolution(&last, *maps, 3, [1; 2]),
            }
        }
    }
    Ok(chain.finish_with_class_maps(&format!("{last}.activation")))
}
