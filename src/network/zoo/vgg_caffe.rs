//! VGG as its authors published it, for Caffe: Very Deep Convolutional Networks for Large-Scale
//! Image Recognition (Simonyan & Zisserman 2014, arXiv:1409.1556), configurations D (16 layers) and
//! E (19).
//!
//! From `VGG_ILSVRC_16_layers_deploy.prototxt` and `VGG_ILSVRC_19_layers_deploy.prototxt`. It takes
//! blue, green and red in 0..255 minus the mean 103.939, 116.779, 123.68, and every pooling keeps a
//! last, partial window.
//!
//! Nodes have Caffe's layer names: `conv4_3` is a convolution's sum, `relu4_3` the rectified sum
//! (Caffe computes it in place of the sum). Each also has its name in torchvision's VGG
//! (`features.22`). As there, and unlike in Caffe, pictures may have any size: `avgpool` reduces
//! the last plane to 7×7 cells, which it already has for a picture of 224×224.

use super::vgg::{Configuration, D, E};
use crate::Size;
use crate::network::{Builder, Convolution, Graph, NodeId, Op, Preprocessing, Window};

/// The default layer is the same as that of torchvision's.
pub fn vgg16_caffe() -> Graph {
    vgg_caffe("vgg16_caffe", D, "relu4_3")
}

/// The default layer is the same as that of torchvision's.
pub fn vgg19_caffe() -> Graph {
    vgg_caffe("vgg19_caffe", E, "relu4_4")
}

fn vgg_caffe(name: &str, configuration: Configuration, default_layer: &str) -> Graph {
    let preprocessing = Preprocessing::of_bytes([123.68, 116.779, 103.939]);
    let (mut net, mut top) = Builder::new(name, preprocessing);
    net.in_bgr();
    net.picture_size(Size::square(224));
    let mut features = Aliases { sequence: "features", next: 0 };
    for (block, widths) in (1..).zip(configuration) {
        for (layer, width) in (1..).zip(widths) {
            let convolution = Convolution::square(net.channels(top), *width, 3).padding(1);
            top = net.convolution(format!("conv{block}_{layer}"), top, convolution);
            features.alias(&mut net, top);
            top = net.relu(format!("relu{block}_{layer}"), top);
            features.alias(&mut net, top);
        }
        top = net.max_pool(format!("pool{block}"), top, Window::square(2, 2).ceil());
        features.alias(&mut net, top);
    }
    top = net.adaptive_average_pool("avgpool", top, 7);
    top = net.flatten("flatten", top);
    let mut classifier = Aliases { sequence: "classifier", next: 0 };
    for (layer, widths) in [(6, [512 * 7 * 7, 4096]), (7, [4096, 4096])] {
        top = net.linear(format!("fc{layer}"), top, widths);
        classifier.alias(&mut net, top);
        top = net.relu(format!("relu{layer}"), top);
        classifier.alias(&mut net, top);
        top = net.dropout(format!("drop{layer}"), top);
        classifier.alias(&mut net, top);
    }
    top = net.linear("fc8", top, [4096, 1000]);
    classifier.alias(&mut net, top);
    net.add("prob", Op::Softmax, &[top]);
    net.finish(default_layer)
}

/// Numbers the layers of one of torchvision's sequences.
struct Aliases {
    sequence: &'static str,
    next: usize,
}

impl Aliases {
    fn alias(&mut self, net: &mut Builder, layer: NodeId) {
        net.alias(format!("{}.{}", self.sequence, self.next), layer);
        self.next += 1;
    }
}
