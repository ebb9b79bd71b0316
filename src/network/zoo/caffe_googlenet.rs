//! Caffe's GoogLeNet: the network of the first Deep Dreams.
//!
//! From `models/bvlc_googlenet/deploy.prototxt` of BVLC/caffe. It takes blue, green and red in
//! 0..255 minus the mean 104, 117, 123; every max-pooling keeps a last, partial window; the two
//! local response normalisations have Caffe's constant 1 and, like Caffe's, divide alpha by their
//! size. The auxiliary classifiers, used only in training, are omitted. The weights for places use
//! the same mean, as in their first dreams.
//!
//! Nodes have Caffe's layer names, two per convolution: `inception_4c/3x3_reduce` is its sum,
//! `inception_4c/relu_3x3_reduce` the rectified sum. Caffe computes the second in place of the
//! first, but the Deep Dream notebook of 2015 stops the network right after the layer it names
//! (`net.forward(end='inception_4c/3x3_reduce')`), before that happens, so the name means the same
//! here as there. `inception_4c/output` joins the rectified branches.

use super::inception_v1::{Names, Port, Widths};
use crate::network::{Builder, Convolution, Graph, Op, Preprocessing};

/// The paper's table 1.
const MODULES: [(&str, Widths); 9] = [
    ("3a", [64, 96, 128, 16, 32, 32]),
    ("3b", [128, 128, 192, 32, 96, 64]),
    ("4a", [192, 96, 208, 16, 48, 64]),
    ("4b", [160, 112, 224, 24, 64, 64]),
    ("4c", [128, 128, 256, 24, 64, 64]),
    ("4d", [112, 144, 288, 32, 64, 64]),
    ("4e", [256, 160, 320, 32, 128, 128]),
    ("5a", [256, 160, 320, 32, 128, 128]),
    ("5b", [384, 192, 384, 48, 128, 128]),
];

const BRANCHES: [&str; 6] = ["1x1", "3x3_reduce", "3x3", "5x5_reduce", "5x5", "pool_proj"];

const NAMES: Names = Names {
    convolutions: ["conv1/7x7_s2", "conv2/3x3_reduce", "conv2/3x3"],
    norms: ["pool1/norm1", "conv2/norm2"],
    pools: ["pool1/3x3_s2", "pool2/3x3_s2", "pool3/3x3_s2", "pool4/3x3_s2"],
    branches: |module| BRANCHES.map(|branch| format!("inception_{module}/{branch}")),
    pool: |module| format!("inception_{module}/pool"),
    module: |module| format!("inception_{module}/output"),
    layers: |convolution| {
        // `conv1/7x7_s2` is rectified by `conv1/relu_7x7`.
        let (group, layer) = convolution.split_once('/').expect("Caffe's names have two parts");
        let layer = layer.trim_end_matches("_s2");
        [convolution.to_owned(), format!("{group}/relu_{layer}")]
    },
    average: "pool5/7x7_s1",
    dropout: Some("pool5/drop_7x7_s1"),
    classifier: "loss3/classifier",
    softmax: "prob",
};

/// What is seen in dreams of its layers.
const MOTIFS: &[(&str, &str)] = &[
    ("conv2", "strokes"),
    ("conv3", "hatching"),
    ("inception3a", "swirls, eyes"),
    ("inception3b", "eyes, noses"),
    ("inception4a", "dogs, eyes"),
    ("inception4b", "animals, birds"),
    ("inception4c", "temples, cars, dogs"),
    ("inception4d", "birds, domes"),
    ("inception4e", "shells, wheels"),
    ("inception5a", "whole animals"),
    ("inception5b", "animals, objects"),
];

/// With weights for ImageNet's 1000 classes. The default layer is that of the 2015 notebook.
pub fn bvlc_googlenet() -> Graph {
    caffe_googlenet("bvlc_googlenet", 1000, MOTIFS)
}

/// The same network with weights for the 205 place categories of Learning Deep Features for Scene
/// Recognition using Places Database (Zhou et al. 2014).
pub fn googlenet_places205() -> Graph {
    caffe_googlenet("googlenet_places205", 205, &[])
}

/// The same network with weights for the 365 place categories of Places: A 10 Million Image
/// Database for Scene Recognition (Zhou et al. 2017).
pub fn googlenet_places365() -> Graph {
    caffe_googlenet("googlenet_places365", 365, &[])
}

fn caffe_googlenet(name: &str, classes: usize, motifs: &'static [(&str, &str)]) -> Graph {
    let preprocessing = Preprocessing::of_bytes([123.0, 117.0, 104.0]);
    let (mut net, input) = Builder::new(name, preprocessing);
    net.in_bgr();
    let port = Port {
        first: Convolution::square(3, 64, 7).stride(2).padding(3),
        norm: Op::LocalResponseNorm { size: 5, alpha: 1e-4, beta: 0.75, k: 1.0 },
        names: NAMES,
        modules: MODULES,
        classes,
        default_layer: "inception_4c/output",
        motifs,
    };
    port.build((net, input))
}
