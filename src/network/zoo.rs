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
use super::classes::{Classes, IMAGENET, INCEPTION5H, PLACES205, PLACES365};

/// A network of the zoo: its name, the function that builds its graph, and what it tells apart.
struct Entry {
    name: &'static str,
    build: fn() -> Graph,
    classes: fn() -> &'static Classes,
}

/// In the order of listing, which is also the order in which the default model is searched for.
const ZOO: &[Entry] = &[
    Entry { name: "googlenet", build: googlenet::googlenet, classes: || &IMAGENET },
    Entry { name: "bvlc_googlenet", build: caffe_googlenet::bvlc_googlenet, classes: || &IMAGENET },
    Entry {
        name: "googlenet_places205",
        build: caffe_googlenet::googlenet_places205,
        classes: || &PLACES205,
    },
    Entry {
        name: "googlenet_places365",
        build: caffe_googlenet::googlenet_places365,
        classes: || &PLACES365,
    },
    Entry { name: "inception5h", build: inception5h::inception5h, classes: || &INCEPTION5H },
    Entry { name: "inception_v3", build: inception_v3::inception_v3, classes: || &IMAGENET },
    Entry { name: "vgg16", build: vgg::vgg16, classes: || &IMAGENET },
    Entry { name: "vgg19", build: vgg::vgg19, classes: || &IMAGENET },
    Entry { name: "vgg16_caffe", build: vgg_caffe::vgg16_caffe, classes: || &IMAGENET },
    Entry { name: "vgg19_caffe", build: vgg_caffe::vgg19_caffe, classes: || &IMAGENET },
    Entry { name: "resnet50", build: resnet::resnet50, classes: || &IMAGENET },
    Entry { name: "squeezenet1_0", build: squeezenet::squeezenet1_0, classes: || &IMAGENET },
    Entry { name: "squeezenet1_1", build: squeezenet::squeezenet1_1, classes: || &IMAGENET },
    Entry { name: "mobilenet_v2", build: mobilenet::mobilenet_v2, classes: || &IMAGENET },
    Entry { name: "alexnet", build: alexnet::alexnet, classes: || &IMAGENET },
];

/// Names of all networks, in order of listing.
pub fn names() -> impl Iterator<Item = &'static str> {
    ZOO.iter().map(|entry| entry.name)
}

/// The graph of the network called `name`.
pub fn build(name: &str) -> Option<Graph> {
    ZOO.iter().find(|entry| entry.name == name).map(|entry| (entry.build)())
}

/// The classes of the network called `name`, in the order of its outputs.
pub fn classes(name: &str) -> Option<&'static Classes> {
    ZOO.iter().find(|entry| entry.name == name).map(|entry| (entry.classes)())
}
