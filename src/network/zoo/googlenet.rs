//! GoogLeNet: Going Deeper with Convolutions (Szegedy et al. 2014, arXiv:1409.4842), as in
//! torchvision.
//!
//! It differs from the paper: batch normalisation after every convolution and no local response
//! normalisation; the "5×5" branch is 3×3 (a slip in the port from which its weights come);
//! `maxpool4` is 2×2. Every max-pooling keeps a last, partial window, as in Caffe. Pictures arrive
//! as −1..1: torchvision's `transform_input` produces that from pictures normalised with ImageNet's
//! statistics, and [`Preprocessing::SYMMETRIC`] combines both steps. The auxiliary classifiers,
//! used only in training, are omitted.
//!
//! Nodes have torchvision's module names: `conv1.conv`, `conv1.bn` and, for the functional ReLU
//! that ends the module, `conv1` itself; `inception4c` is the concatenation of its branches, and
//! `inception4c.branch2` another name for `inception4c.branch2.1`.

use crate::network::{Builder, Convolution, Graph, NodeId, Preprocessing, Window};

/// A row of the paper's table 1 above the stem.
enum Row {
    /// #1×1, #3×3 reduce, #3×3, #5×5 reduce, #5×5, pool proj.
    Inception([usize; 6]),
    /// Kernel, with stride 2.
    MaxPool(usize),
}

use Row::{Inception, MaxPool};

const TABLE: &[(&str, Row)] = &[
    ("inception3a", Inception([64, 96, 128, 16, 32, 32])),
    ("inception3b", Inception([128, 128, 192, 32, 96, 64])),
    ("maxpool3", MaxPool(3)),
    ("inception4a", Inception([192, 96, 208, 16, 48, 64])),
    ("inception4b", Inception([160, 112, 224, 24, 64, 64])),
    ("inception4c", Inception([128, 128, 256, 24, 64, 64])),
    ("inception4d", Inception([112, 144, 288, 32, 64, 64])),
    ("inception4e", Inception([256, 160, 320, 32, 128, 128])),
    ("maxpool4", MaxPool(2)),
    ("inception5a", Inception([256, 160, 320, 32, 128, 128])),
    ("inception5b", Inception([384, 192, 384, 48, 128, 128])),
];

pub fn googlenet() -> Graph {
    let (mut net, input) = Builder::new("googlenet", Preprocessing::SYMMETRIC);
    let mut top =
        basic_conv(&mut net, "conv1", input, Convolution::square(3, 64, 7).stride(2).padding(3));
    top = max_pool(&mut net, "maxpool1", top, 3);
    top = basic_conv(&mut net, "conv2", top, Convolution::square(64, 64, 1));
    top = basic_conv(&mut net, "conv3", top, Convolution::square(64, 192, 3).padding(1));
    top = max_pool(&mut net, "maxpool2", top, 3);
    for (name, row) in TABLE {
        top = match row {
            Inception(widths) => inception(&mut net, name, top, *widths),
            MaxPool(kernel) => max_pool(&mut net, name, top, *kernel),
        };
    }
    top = net.adaptive_average_pool("avgpool", top, 1);
    top = net.flatten("flatten", top);
    top = net.dropout("dropout", top);
    net.linear("fc", top, [1024, 1000]);
    net.finish("inception4c")
}

/// torchvision's `BasicConv2d`, Inception v3's too: a convolution without bias (`NAME.conv`), batch
/// normalisation (`NAME.bn`) and ReLU (`NAME`).
pub(super) fn basic_conv(
    net: &mut Builder,
    name: &str,
    input: NodeId,
    convolution: Convolution,
) -> NodeId {
    let sum = net.convolution(format!("{name}.conv"), input, convolution.without_bias());
    let normalised = net.batch_norm(format!("{name}.bn"), sum, 0.001);
    net.relu(name, normalised)
}

fn max_pool(net: &mut Builder, name: &str, input: NodeId, kernel: usize) -> NodeId {
    net.max_pool(name, input, Window::square(kernel, 2).ceil())
}

fn inception(net: &mut Builder, name: &str, input: NodeId, widths: [usize; 6]) -> NodeId {
    let [one, three_reduce, three, five_reduce, five, projection] = widths;
    let channels = net.channels(input);
    let branch1 =
        basic_conv(net, &format!("{name}.branch1"), input, Convolution::square(channels, one, 1));
    let mut reduced = |branch: &str, reduce, width| {
        let branch = format!("{name}.{branch}");
        let reduction = Convolution::square(channels, reduce, 1);
        let reduction = basic_conv(net, &format!("{branch}.0"), input, reduction);
        let convolution = Convolution::square(reduce, width, 3).padding(1);
        let output = basic_conv(net, &format!("{branch}.1"), reduction, convolution);
        net.alias(branch, output);
        output
    };
    let branch2 = reduced("branch2", three_reduce, three);
    let branch3 = reduced("branch3", five_reduce, five);
    let pooled =
        net.max_pool(format!("{name}.branch4.0"), input, Window::square(3, 1).padding(1).ceil());
    let branch4 = basic_conv(
        net,
        &format!("{name}.branch4.1"),
        pooled,
        Convolution::square(channels, projection, 1),
    );
    net.alias(format!("{name}.branch4"), branch4);
    net.concat(name, &[branch1, branch2, branch3, branch4])
}
