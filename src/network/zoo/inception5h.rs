//! Inception 5h: GoogLeNet by its authors, in the TensorFlow graph that Google published in 2015
//! (`tensorflow_inception_graph.pb`), the network of TensorFlow's Deep Dream tutorial and of lucid.
//!
//! Names and numbers are those of the graph, as the tutorial prints it. It takes RGB in 0..255
//! minus 117, and differs from the paper in two widths (3×3 of 4a, 5×5 reduce of 5a). Its local
//! response normalisations reach five channels to either side, with a constant 2, and do not divide
//! alpha by their size (the graph's own attributes; ports to PyTorch write size 9 and constant 1).
//! Its classifier has 1008 outputs. The auxiliary heads, used only in training, are omitted.
//!
//! `conv2d0_pre_relu` is a convolution's sum and `conv2d0` the rectified sum; `mixed4c` joins the
//! rectified branches. The `SAME` padding is that of planes with even sides
//! ([`Padding::same`](crate::network::Padding::same)): if a picture's sides are multiples of 32 (16
//! up to `mixed4e`), every value equals TensorFlow's; otherwise those that do not see the border
//! equal TensorFlow's for the picture extended to such a size.

use super::inception_v1::{Names, Port, Widths};
use crate::network::{Builder, Convolution, Graph, Op, Preprocessing};

const MODULES: [(&str, Widths); 9] = [
    ("3a", [64, 96, 128, 16, 32, 32]),
    ("3b", [128, 128, 192, 32, 96, 64]),
    ("4a", [192, 96, 204, 16, 48, 64]),
    ("4b", [160, 112, 224, 24, 64, 64]),
    ("4c", [128, 128, 256, 24, 64, 64]),
    ("4d", [112, 144, 288, 32, 64, 64]),
    ("4e", [256, 160, 320, 32, 128, 128]),
    ("5a", [256, 160, 320, 48, 128, 128]),
    ("5b", [384, 192, 384, 48, 128, 128]),
];

const BRANCHES: [&str; 6] =
    ["1x1", "3x3_bottleneck", "3x3", "5x5_bottleneck", "5x5", "pool_reduce"];

const NAMES: Names = Names {
    convolutions: ["conv2d0", "conv2d1", "conv2d2"],
    norms: ["localresponsenorm0", "localresponsenorm1"],
    pools: ["maxpool0", "maxpool1", "maxpool4", "maxpool10"],
    branches: |module| BRANCHES.map(|branch| format!("mixed{module}_{branch}")),
    pool: |module| format!("mixed{module}_pool"),
    module: |module| format!("mixed{module}"),
    layers: |convolution| [format!("{convolution}_pre_relu"), convolution.to_owned()],
    average: "avgpool0",
    dropout: None,
    classifier: "softmax2_pre_activation",
    softmax: "softmax2",
};

/// Channels on either side included in a normalisation, TensorFlow's `depth_radius`.
const RADIUS: usize = 5;

/// The default layer is that of the whole-layer dreams of TensorFlow's tutorial.
pub fn inception5h() -> Graph {
    let size = 2 * RADIUS + 1;
    Port {
        first: Convolution::square(3, 64, 7).stride(2).same(),
        norm: Op::LocalResponseNorm { size, alpha: 1e-4 * size as f64, beta: 0.5, k: 2.0 },
        names: NAMES,
        modules: MODULES,
        classes: 1008,
        default_layer: "mixed4c",
        motifs: &[],
    }
    .build(Builder::new("inception5h", Preprocessing::of_bytes([117.0; 3])))
}
