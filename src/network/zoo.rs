//! The model zoo: every pretrained network that dreamer knows, by name, and the ones it trains
//! itself.

mod alexnet;
mod caffe_googlenet;
mod googlenet;
mod inception5h;
mod inception_v1;
mod inception_v3;
pub(super) mod lenet;
pub(super) mod lenet5;
pub(super) mod mlp;
mod mobilenet;
mod resnet;
pub(super) mod small_vgg;
mod squeezenet;
mod trained;
mod vgg;
mod vgg_caffe;

use super::Graph;

/// A network of the zoo: its name and the function that builds its graph.
struct Entry {
    name: &'static str,
    build: fn() -> Graph,
}

/// In the order of listing, which is also the order in which the default model is searched for.
const ZOO: &[Entry] = &[
    Entry { name: "googlenet", build: googlenet::googlenet },
    Entry { name: "bvlc_googlenet", build: caffe_googlenet::bvlc_googlenet },
    Entry { name: "googlenet_places205", build: caffe_googlenet::googlenet_places205 },
    Entry { name: "googlenet_places365", build: caffe_googlenet::googlenet_places365 },
    Entry { name: "inception5h", build: inception5h::inception5h },
    Entry { name: "inception_v3", build: inception_v3::inception_v3 },
    Entry { name: "vgg16", build: vgg::vgg16 },
    Entry { name: "vgg19", build: vgg::vgg19 },
    Entry { name: "vgg16_caffe", build: vgg_caffe::vgg16_caffe },
    Entry { name: "vgg19_caffe", build: vgg_caffe::vgg19_caffe },
    Entry { name: "resnet50", build: resnet::resnet50 },
    Entry { name: "squeezenet1_0", build: squeezenet::squeezenet1_0 },
    Entry { name: "squeezenet1_1", build: squeezenet::squeezenet1_1 },
    Entry { name: "mobilenet_v2", build: mobilenet::mobilenet_v2 },
    Entry { name: "alexnet", build: alexnet::alexnet },
];

/// Names of all networks, in order of listing.
pub fn names() -> impl Iterator<Item = &'static str> {
    ZOO.iter().map(|entry| entry.name)
}

/// The graph of the network called `name`.
pub fn build(name: &str) -> Option<Graph> {
    ZOO.iter().find(|entry| entry.name == name).map(|entry| (entry.build)())
}
