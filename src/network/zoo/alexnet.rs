//! AlexNet, in the one-tower form of One Weird Trick for Parallelizing Convolutional Neural
//! Networks (Krizhevsky 2014, arXiv:1404.5997), as in torchvision.
//!
//! It has neither the groups nor the local response normalisation of the 2012 network. Nodes have
//! torchvision's module names; `avgpool` reduces the last plane of a picture of any size to 6×6
//! cells.

use crate::network::{Builder, Convolution, Graph, Preprocessing, Window};

/// A step of `features`.
enum Step {
    /// Followed by ReLU.
    Conv(Convolution),
    /// 3×3 with stride 2.
    Pool,
}

use Step::{Conv, Pool};

pub fn alexnet() -> Graph {
    let steps = [
        Conv(Convolution::square(3, 64, 11).stride(4).padding(2)),
        Pool,
        Conv(Convolution::square(64, 192, 5).padding(2)),
        Pool,
        Conv(Convolution::square(192, 384, 3).padding(1)),
        Conv(Convolution::square(384, 256, 3).padding(1)),
        Conv(Convolution::square(256, 256, 3).padding(1)),
        Pool,
    ];
    let (mut net, mut top) = Builder::new("alexnet", Preprocessing::IMAGENET);
    let mut names = (0..).map(|index| format!("features.{index}"));
    let mut name = || names.next().expect("the names have no end");
    for step in steps {
        top = match step {
            Conv(convolution) => {
                let sum = net.convolution(name(), top, convolution);
                net.relu(name(), sum)
            }
            Pool => net.max_pool(name(), top, Window::square(3, 2)),
        };
    }
    net.alias("features", top);
    top = net.adaptive_average_pool("avgpool", top, 6);
    top = net.flatten("flatten", top);
    top = net.dropout("classifier.0", top);
    top = net.linear("classifier.1", top, [256 * 6 * 6, 4096]);
    top = net.relu("classifier.2", top);
    top = net.dropout("classifier.3", top);
    top = net.linear("classifier.4", top, [4096, 4096]);
    top = net.relu("classifier.5", top);
    top = net.linear("classifier.6", top, [4096, 1000]);
    net.alias("classifier", top);
    net.finish("features.9")
}
