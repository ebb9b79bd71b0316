//! ResNet: Deep Residual Learning for Image Recognition (He et al. 2015, arXiv:1512.03385), as in
//! torchvision: version 1.5, whose bottlenecks halve the plane in the 3×3 convolution where the
//! paper does so in the first 1×1.
//!
//! Nodes have torchvision's module names, but each of its blocks uses one `relu` three times. Here
//! `layer1.0.relu1` and `layer1.0.relu2` follow `bn1` and `bn2`, `layer1.0.add` is the sum with the
//! shortcut, and `layer1.0` the ReLU after it.

use crate::network::{Builder, Convolution, Graph, NodeId, Op, Preprocessing, Window};

/// PyTorch's default.
const EPSILON: f64 = 1e-5;

/// How much wider a bottleneck's output is than its 3×3 convolution.
const EXPANSION: usize = 4;

/// A row of the paper's table 1: name, width of the 3×3 convolutions, blocks, stride of the first.
type Row = (&'static str, usize, usize, usize);

pub fn resnet50() -> Graph {
    resnet(
        "resnet50",
        &[
            ("layer1", 64, 3, 1),
            ("layer2", 128, 4, 2),
            ("layer3", 256, 6, 2),
            ("layer4", 512, 3, 2),
        ],
        "layer3.2",
    )
}

fn resnet(name: &str, table: &[Row], default_layer: &str) -> Graph {
    let (mut net, input) = Builder::new(name, Preprocessing::IMAGENET);
    let first = Convolution::square(3, 64, 7).stride(2).padding(3);
    let mut top = conv_bn(&mut net, "conv1", "bn1", input, first);
    top = net.relu("relu", top);
    top = net.max_pool("maxpool", top, Window::square(3, 2).padding(1));
    for (layer, width, blocks, stride) in table {
        for block in 0..*blocks {
            let stride = if block == 0 { *stride } else { 1 };
            top = bottleneck(&mut net, &format!("{layer}.{block}"), top, *width, stride);
        }
        net.alias(*layer, top);
    }
    let channels = net.channels(top);
    top = net.adaptive_average_pool("avgpool", top, 1);
    top = net.flatten("flatten", top);
    net.linear("fc", top, [channels, 1000]);
    net.finish(default_layer)
}

/// A convolution without bias and its batch normalisation.
fn conv_bn(
    net: &mut Builder,
    conv: impl Into<String>,
    bn: impl Into<String>,
    input: NodeId,
    convolution: Convolution,
) -> NodeId {
    let sum = net.convolution(conv, input, convolution.without_bias());
    net.batch_norm(bn, sum, EPSILON)
}

/// 1×1 to `width`, 3×3 with `stride`, 1×1 to four times `width`, plus the shortcut.
fn bottleneck(net: &mut Builder, name: &str, input: NodeId, width: usize, stride: usize) -> NodeId {
    let (channels, output) = (net.channels(input), EXPANSION * width);
    let shape_changes = stride != 1 || channels != output;
    let step = |net: &mut Builder, index: usize, input, convolution| {
        let (conv, bn) = (format!("{name}.conv{index}"), format!("{name}.bn{index}"));
        conv_bn(net, conv, bn, input, convolution)
    };
    let mut top = step(net, 1, input, Convolution::square(channels, width, 1));
    top = net.relu(format!("{name}.relu1"), top);
    top = step(net, 2, top, Convolution::square(width, width, 3).stride(stride).padding(1));
    top = net.relu(format!("{name}.relu2"), top);
    top = step(net, 3, top, Convolution::square(width, output, 1));
    let shortcut = if shape_changes {
        let downsample = format!("{name}.downsample");
        let projection = Convolution::square(channels, output, 1).stride(stride);
        let (conv, bn) = (format!("{downsample}.0"), format!("{downsample}.1"));
        let shortcut = conv_bn(net, conv, bn, input, projection);
        net.alias(downsample, shortcut);
        shortcut
    } else {
        input
    };
    top = net.add(format!("{name}.add"), Op::Add, &[top, shortcut]);
    net.relu(name, top)
}
