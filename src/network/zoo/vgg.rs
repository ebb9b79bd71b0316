//! VGG: Very Deep Convolutional Networks for Large-Scale Image Recognition (Simonyan & Zisserman
//! 2014, arXiv:1409.1556), configurations D (16 layers) and E (19), without batch normalisation.
//!
//! Nodes have torchvision's module names. Unlike the paper's, torchvision's network accepts a
//! picture of any size: `avgpool` reduces the last plane to 7×7 cells.

use crate::network::{Builder, Convolution, Graph, Preprocessing, Window};

/// Widths of the 3×3 convolutions, a slice for each block; a 2×2 max-pooling ends every block.
pub(super) type Configuration = [&'static [usize]; 5];

pub(super) const D: Configuration =
    [&[64, 64], &[128, 128], &[256, 256, 256], &[512, 512, 512], &[512, 512, 512]];

pub(super) const E: Configuration =
    [&[64, 64], &[128, 128], &[256, 256, 256, 256], &[512, 512, 512, 512], &[512, 512, 512, 512]];

/// The default layer is the paper's relu4_3.
pub fn vgg16() -> Graph {
    vgg("vgg16", D, "features.22")
}

/// The default layer is the paper's relu4_4.
pub fn vgg19() -> Graph {
    vgg("vgg19", E, "features.26")
}

fn vgg(name: &str, configuration: Configuration, default_layer: &str) -> Graph {
    let (mut net, mut top) = Builder::new(name, Preprocessing::IMAGENET);
    let mut names = (0..).map(|index| format!("features.{index}"));
    let mut name = || names.next().expect("the names have no end");
    for block in configuration {
        for width in block {
            let convolution = Convolution::square(net.channels(top), *width, 3).padding(1);
            top = net.convolution(name(), top, convolution);
            top = net.relu(name(), top);
        }
        top = net.max_pool(name(), top, Window::square(2, 2));
    }
    net.alias("features", top);
    top = net.adaptive_average_pool("avgpool", top, 7);
    top = net.flatten("flatten", top);
    top = net.linear("classifier.0", top, [512 * 7 * 7, 4096]);
    top = net.relu("classifier.1", top);
    top = net.dropout("classifier.2", top);
    top = net.linear("classifier.3", top, [4096, 4096]);
    top = net.relu("classifier.4", top);
    top = net.dropout("classifier.5", top);
    top = net.linear("classifier.6", top, [4096, 1000]);
    net.alias("classifier", top);
    net.finish(default_layer)
}
