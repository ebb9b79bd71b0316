//! The zoo's graphs against torchvision's networks, and Caffe's and TensorFlow's definitions.

#[path = "common/fixtures.rs"]
mod fixtures;
#[path = "common/generated.rs"]
mod generated;

use std::collections::BTreeMap;
use std::fs;

use dreamer::network::{Graph, shapes, zoo};

type Parameters = BTreeMap<String, Vec<usize>>;

/// Networks that differ from another in the number of classes, or in their depth alone, and have no
/// fixture.
const VARIANTS: [&str; 3] = ["googlenet_places205", "googlenet_places365", "vgg19_caffe"];

/// The networks that have a fixture.
fn names() -> impl Iterator<Item = &'static str> {
    zoo::names().filter(|name| !VARIANTS.contains(name))
}

fn graphs() -> impl Iterator<Item = Graph> {
    names().map(|name| zoo::build(name).unwrap())
}

fn parameters(graph: &Graph) -> Parameters {
    let nodes = graph.nodes().iter();
    nodes
        .flat_map(|node| {
            let parameters = node.op.parameters().into_iter();
            parameters.map(|(name, shape)| (format!("{}.{name}", node.name), shape))
        })
        .collect()
}

/// Key, shape and the rest of a line of a fixture: `fc.bias [1000] …`.
fn keyed(line: &str) -> (String, Vec<usize>, &str) {
    let (key, rest) = line.split_once(' ').unwrap();
    let (shape, rest) = rest.split_at(rest.find(']').unwrap() + 1);
    (key.into(), serde_json::from_str(shape).unwrap(), rest)
}

/// The parameters that the reference's network needs at inference.
fn reference_parameters(network: &str) -> Parameters {
    let auxiliary = ["aux1.", "aux2.", "AuxLogits."];
    fs::read_to_string(fixtures::path(&format!("{network}.parameters.txt")))
        .unwrap()
        .lines()
        .filter(|line| !auxiliary.iter().any(|head| line.starts_with(head)))
        .map(keyed)
        .filter(|(key, ..)| !key.ends_with(".num_batches_tracked"))
        .map(|(key, shape, _)| (key, shape))
        .collect()
}

#[test]
fn networks_have_exactly_the_references_parameters() {
    for graph in graphs() {
        let name = graph.name();
        assert_eq!(parameters(&graph), reference_parameters(name), "{name}");
    }
}

#[test]
fn weights_for_other_classes_differ_in_the_classifier_alone() {
    let imagenet = parameters(&zoo::build("bvlc_googlenet").unwrap());
    for (network, classes) in [("googlenet_places205", 205), ("googlenet_places365", 365)] {
        let mut places = parameters(&zoo::build(network).unwrap());
        assert_eq!(places["loss3/classifier.bias"], [classes]);
        for (key, shape) in imagenet.iter().filter(|(key, _)| key.starts_with("loss3")) {
            places.insert(key.clone(), shape.clone());
        }
        assert_eq!(places, imagenet, "{network}");
    }
}

#[test]
fn the_vgg_of_caffe_has_the_shapes_of_torchvisions() {
    for (caffe, torchvision) in [("vgg16_caffe", "vgg16"), ("vgg19_caffe", "vgg19")] {
        let shapes = |network| {
            let nodes = zoo::build(network).unwrap();
            nodes.nodes().iter().flat_map(|node| node.op.parameters()).collect::<Vec<_>>()
        };
        assert_eq!(shapes(caffe), shapes(torchvision));
    }
}

#[test]
fn networks_of_other_frameworks_have_torchvisions_names_as_well() {
    for (network, torchvision, layer) in [
        ("bvlc_googlenet", "inception4c", "inception_4c/output"),
        ("bvlc_googlenet", "inception4c.branch1", "inception_4c/relu_1x1"),
        ("bvlc_googlenet", "inception4c.branch2.0", "inception_4c/relu_3x3_reduce"),
        ("bvlc_googlenet", "inception4c.branch3", "inception_4c/relu_5x5"),
        ("bvlc_googlenet", "conv3", "conv2/relu_3x3"),
        ("bvlc_googlenet", "fc", "loss3/classifier"),
        ("inception5h", "inception4c", "mixed4c"),
        ("inception5h", "inception3b.branch4", "mixed3b_pool_reduce"),
        ("inception5h", "conv1", "conv2d0"),
        ("vgg16_caffe", "features.22", "relu4_3"),
        ("vgg16_caffe", "features.30", "pool5"),
        ("vgg19_caffe", "features.26", "relu4_4"),
        ("vgg19_caffe", "classifier.6", "fc8"),
    ] {
        let graph = zoo::build(network).unwrap();
        let id = graph.find(torchvision).unwrap_or_else(|| panic!("no {torchvision}"));
        assert_eq!(graph.node(id).name, layer, "{network} {torchvision}");
        // What stands for it is a layer of torchvision's network of the same kind.
        let twin = if network.starts_with("vgg") { &network[..5] } else { "googlenet" };
        assert!(zoo::build(twin).unwrap().find(torchvision).is_some(), "{twin} {torchvision}");
    }
}

#[test]
fn networks_are_listed_under_their_own_name() {
    for name in zoo::names() {
        assert_eq!(zoo::build(name).unwrap().name(), name);
    }
}

#[test]
fn default_layers_are_layers() {
    for name in zoo::names() {
        let graph = zoo::build(name).unwrap();
        assert!(graph.find(graph.default_layer()).is_some(), "{}", graph.name());
    }
}

#[test]
fn containers_stand_for_their_last_layer() {
    for (network, container, layer) in [
        ("googlenet", "inception4c.branch2", "inception4c.branch2.1"),
        ("googlenet", "inception5b.branch4", "inception5b.branch4.1"),
        ("vgg16", "features", "features.30"),
        ("vgg19", "features", "features.36"),
        ("vgg19", "classifier", "classifier.6"),
        ("resnet50", "layer1", "layer1.2"),
        ("resnet50", "layer3", "layer3.5"),
        ("resnet50", "layer4.0.downsample", "layer4.0.downsample.1"),
        ("squeezenet1_0", "features", "features.12"),
        ("squeezenet1_1", "classifier", "classifier.3"),
        ("mobilenet_v2", "features.0", "features.0.2"),
        ("mobilenet_v2", "features.1", "features.1.conv.2"),
        ("mobilenet_v2", "features.3.conv.1", "features.3.conv.1.2"),
        ("mobilenet_v2", "features.3.conv", "features.3.conv.3"),
        ("mobilenet_v2", "features", "features.18.2"),
        ("alexnet", "features", "features.12"),
        ("alexnet", "classifier", "classifier.6"),
    ] {
        let graph = zoo::build(network).unwrap();
        let id = graph.find(container).unwrap_or_else(|| panic!("{network} has no {container}"));
        assert_eq!(graph.node(id).name, layer, "{network} {container}");
    }
}

#[test]
fn activations_have_the_references_shapes() {
    for graph in graphs() {
        let fixture = fixtures::reference(graph.name());
        let [1, 3, height, width] = fixture.input_shape[..] else {
            panic!("the picture of {} is {:?}", graph.name(), fixture.input_shape);
        };
        let shapes = shapes(&graph, height, width).unwrap();
        for recorded in &fixture.activations {
            let id = graph.find(&recorded.layer).unwrap_or_else(|| {
                panic!("{} has no layer {}", graph.name(), recorded.layer);
            });
            let shape = shapes[id.index()];
            let mut recorded_shape = recorded.shape.clone();
            recorded_shape.resize(4, 1);
            assert_eq!(
                recorded_shape,
                [1, shape.channels, shape.height, shape.width],
                "{} {}",
                graph.name(),
                recorded.layer
            );
        }
        for recorded in &fixture.gradients {
            assert!(graph.find(&recorded.layer).is_some(), "{} {}", graph.name(), recorded.layer);
            assert_eq!(recorded.shape, fixture.input_shape, "{} {}", graph.name(), recorded.layer);
        }
    }
}

#[test]
fn fixtures_have_as_many_numbers_as_they_say() {
    for name in names() {
        let fixture = fixtures::reference(name);
        for recorded in fixture.activations.iter().chain(&fixture.gradients) {
            let whole: usize = recorded.shape.iter().product();
            assert_eq!(recorded.values.len(), whole.div_ceil(recorded.stride), "{name}");
            let norm = |values: &[f32]| values.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>();
            let estimate = (norm(&recorded.values) * recorded.stride as f64).sqrt();
            let ratio = estimate / recorded.norm;
            assert!((0.8..1.25).contains(&ratio), "{name} {}: {ratio}", recorded.layer);
        }
    }
}

#[test]
fn generated_numbers_are_the_fixture_scripts() {
    for line in fs::read_to_string(fixtures::path("generated.txt")).unwrap().lines() {
        let (key, shape, bits) = keyed(line);
        let expected: Vec<u32> =
            bits.split_whitespace().map(|bits| u32::from_str_radix(bits, 16).unwrap()).collect();
        let values = generated::tensor(&key, &shape);
        let ends = values[..4].iter().chain(&values[values.len() - 4..]);
        let actual: Vec<u32> = ends.map(|value| value.to_bits()).collect();
        assert_eq!(actual, expected, "{key}");
    }
}

#[test]
fn generated_weights_fit_the_graph() {
    let graph = zoo::build("squeezenet1_1").unwrap();
    let mut shapes = Parameters::new();
    for (key, shape, values) in generated::weights(&graph) {
        assert_eq!(values.len(), shape.iter().product::<usize>(), "{key}");
        shapes.insert(key, shape);
    }
    assert_eq!(shapes, reference_parameters("squeezenet1_1"));
}
