//! MobileNetV2: Inverted Residuals and Linear Bottlenecks (Sandler et al. 2018, arXiv:1801.04381),
//! at width 1.0, as in torchvision.
//!
//! Nodes have torchvision's module names: `features.4.conv.1.0` is a depthwise convolution, `.1`
//! its batch normalisation, `.2` its ReLU6. A block `features.4` ends without an activation: it is
//! the sum with the shortcut (a node of that name) or, where the shape changes, the last batch
//! normalisation. torchvision's functional pooling and flattening are `avgpool` and `flatten`.

use crate::network::{Activation, Builder, Convolution, Graph, NodeId, Op, Preprocessing};

/// PyTorch's default.
const EPSILON: f64 = 1e-5;

/// The paper's table 2: expansion t, output channels c, blocks n, stride s of the first block.
const TABLE: &[[usize; 4]] = &[
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
];

/// What is seen in dreams of its layers.
const MOTIFS: &[(&str, &str)] = &[
    ("features.0", "colours"),
    ("features.2", "stripes"),
    ("features.3", "crosshatch"),
    ("features.5", "crosshatch"),
    ("features.6", "angles"),
    ("features.7", "lattice"),
    ("features.8", "lattice"),
    ("features.9", "lattice"),
    ("features.10", "lattice"),
    ("features.11", "house fronts"),
    ("features.12", "windows, letters"),
    ("features.13", "letters, houses"),
    ("features.14", "scales, bubbles"),
    ("features.15", "spheres"),
    ("features.16", "scales"),
    ("features.18", "reptile skin"),
    ("features.2.conv.0", "dots"),
    ("features.3.conv.0", "zebra stripes"),
    ("features.5.conv.0", "bands"),
    ("features.7.conv.0", "eyes in boxes"),
    ("features.8.conv.0", "ribs"),
    ("features.9.conv.0", "flowers"),
    ("features.10.conv.0", "rings, eyes"),
    ("features.11.conv.0", "dogs, spots"),
    ("features.12.conv.0", "dogs, fur"),
    ("features.13.conv.0", "birds, snakes"),
    ("features.14.conv.0", "animals, faces"),
    ("features.15.conv.0", "reptile skin"),
    ("features.16.conv.0", "bushes"),
    ("features.17.conv.0", "berries"),
];

pub fn mobilenet_v2() -> Graph {
    let (mut net, input) = Builder::new("mobilenet_v2", Preprocessing::IMAGENET);
    let mut names = (0..).map(|index| format!("features.{index}"));
    let mut name = || names.next().expect("the names have no end");
    let first = Convolution::square(3, 32, 3).stride(2).padding(1);
    let mut top = conv_bn_relu6(&mut net, &name(), input, first);
    for &[expansion, output, blocks, stride] in TABLE {
        for block in 0..blocks {
            let stride = if block == 0 { stride } else { 1 };
            top = inverted_residual(&mut net, &name(), top, expansion, output, stride);
        }
    }
    top = conv_bn_relu6(&mut net, &name(), top, Convolution::square(320, 1280, 1));
    net.alias("features", top);
    top = net.adaptive_average_pool("avgpool", top, 1);
    top = net.flatten("flatten", top);
    top = net.dropout("classifier.0", top);
    top = net.linear("classifier.1", top, [1280, 1000]);
    net.alias("classifier", top);
    net.motifs(MOTIFS);
    net.finish("features.14.conv.0.2")
}

/// torchvision's `Conv2dNormActivation`: a convolution without bias (`NAME.0`), batch normalisation
/// (`NAME.1`) and ReLU6 (`NAME.2`).
fn conv_bn_relu6(net: &mut Builder, name: &str, input: NodeId, convolution: Convolution) -> NodeId {
    let sum = net.convolution(format!("{name}.0"), input, convolution.without_bias());
    let normalised = net.batch_norm(format!("{name}.1"), sum, EPSILON);
    let output = net.activation(format!("{name}.2"), normalised, Activation::Relu6);
    net.alias(name, output);
    output
}

/// A 1×1 expansion, a 3×3 depthwise convolution and a linear 1×1 bottleneck, plus the shortcut
/// where the shape stays.
fn inverted_residual(
    net: &mut Builder,
    name: &str,
    input: NodeId,
    expansion: usize,
    output: usize,
    stride: usize,
) -> NodeId {
    let channels = net.channels(input);
    let hidden = channels * expansion;
    let mut names = (0..).map(|index| format!("{name}.conv.{index}"));
    let mut next_name = || names.next().expect("the names have no end");
    let mut top = input;
    if expansion != 1 {
        top = conv_bn_relu6(net, &next_name(), top, Convolution::square(channels, hidden, 1));
    }
    let depthwise = Convolution::square(hidden, hidden, 3).stride(stride).padding(1).groups(hidden);
    top = conv_bn_relu6(net, &next_name(), top, depthwise);
    let bottleneck = Convolution::square(hidden, output, 1).without_bias();
    top = net.convolution(next_name(), top, bottleneck);
    top = net.batch_norm(next_name(), top, EPSILON);
    net.alias(format!("{name}.conv"), top);
    if stride == 1 && channels == output {
        net.add(name, Op::Add, &[input, top])
    } else {
        net.alias(name, top);
        top
    }
}
