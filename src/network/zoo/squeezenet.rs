//! SqueezeNet: AlexNet-level accuracy with 50× fewer parameters (Iandola et al. 2016,
//! arXiv:1602.07360), in torchvision's two versions.

use crate::network::{Builder, Convolution, Graph, NodeId, Preprocessing, Window};

/// Squeeze (1×1) and expand (1×1 and 3×3 side by side) widths of a fire module.
struct Fire(usize, usize, usize);

impl Fire {
    fn build(&self, net: &mut Builder, name: &str, input: NodeId) -> NodeId {
        let Fire(squeeze, expand1x1, expand3x3) = *self;
        let channels = net.channels(input);
        let mut branch = |branch: &str, input, convolution| {
            let name = format!("{name}.{branch}");
            let sum = net.convolution(&name, input, convolution);
            net.relu(format!("{name}_activation"), sum)
        };
        let squeezed = branch("squeeze", input, Convolution::square(channels, squeeze, 1));
        let one = branch("expand1x1", squeezed, Convolution::square(squeeze, expand1x1, 1));
        let three =
            branch("expand3x3", squeezed, Convolution::square(squeeze, expand3x3, 3).padding(1));
        net.concat(name, &[one, three])
    }
}

/// A step of `features`: pooling or a fire module.
enum Step {
    Pool,
    Fire(Fire),
}

use Step::{Fire as F, Pool};

/// What is seen in dreams of its layers.
const MOTIFS_1_0: &[(&str, &str)] = &[
    ("features.1", "colours"),
    ("features.3", "blobs"),
    ("features.4", "blobs, strokes"),
    ("features.5", "waves"),
    ("features.7", "dots"),
    ("features.8", "dots, eyes"),
    ("features.9", "eyes"),
    ("features.10", "eyes, faces, fur"),
    ("features.12", "birds, insects"),
];

/// What is seen in dreams of its layers.
const MOTIFS_1_1: &[(&str, &str)] = &[
    ("features.1", "colours"),
    ("features.3", "blobs"),
    ("features.4", "waves"),
    ("features.6", "diamonds, dots"),
    ("features.7", "swirls, eyes"),
    ("features.9", "eyes"),
    ("features.10", "furry faces"),
    ("features.11", "heads, feathers"),
    ("features.12", "whole animals"),
];

/// Version 1.0: a 7×7 first convolution and late pooling.
pub fn squeezenet1_0() -> Graph {
    squeezenet(
        "squeezenet1_0",
        Convolution::square(3, 96, 7).stride(2),
        &[
            Pool,
            F(Fire(16, 64, 64)),
            F(Fire(16, 64, 64)),
            F(Fire(32, 128, 128)),
            Pool,
            F(Fire(32, 128, 128)),
            F(Fire(48, 192, 192)),
            F(Fire(48, 192, 192)),
            F(Fire(64, 256, 256)),
            Pool,
            F(Fire(64, 256, 256)),
        ],
        "features.10",
        MOTIFS_1_0,
    )
}

/// Version 1.1: a 3×3 first convolution and early pooling, 2.4× less computation.
pub fn squeezenet1_1() -> Graph {
    squeezenet(
        "squeezenet1_1",
        Convolution::square(3, 64, 3).stride(2),
        &[
            Pool,
            F(Fire(16, 64, 64)),
            F(Fire(16, 64, 64)),
            Pool,
            F(Fire(32, 128, 128)),
            F(Fire(32, 128, 128)),
            Pool,
            F(Fire(48, 192, 192)),
            F(Fire(48, 192, 192)),
            F(Fire(64, 256, 256)),
            F(Fire(64, 256, 256)),
        ],
        "features.10",
        MOTIFS_1_1,
    )
}

fn squeezenet(
    name: &str,
    first: Convolution,
    steps: &[Step],
    default_layer: &str,
    motifs: &[(&str, &'static str)],
) -> Graph {
    let (mut net, input) = Builder::new(name, Preprocessing::IMAGENET);
    let mut top = net.convolution("features.0", input, first);
    top = net.relu("features.1", top);
    for (index, step) in (2..).zip(steps) {
        let name = format!("features.{index}");
        top = match step {
            Pool => net.max_pool(name, top, Window::square(3, 2).ceil()),
            F(fire) => fire.build(&mut net, &name, top),
        };
    }
    net.alias("features", top);
    top = net.dropout("classifier.0", top);
    top = net.convolution("classifier.1", top, Convolution::square(512, 1000, 1));
    top = net.relu("classifier.2", top);
    top = net.adaptive_average_pool("classifier.3", top, 1);
    net.alias("classifier", top);
    net.motifs(motifs);
    net.finish(default_layer)
}
