//! The networks that dreamer trains itself: their graphs against the literature's tables.

use dreamer::network::{
    Activation, Architecture, ArchitectureError, Form, Graph, Op, Output, Shape, ShapeError,
    layers, receptive_fields, shapes,
};

fn architecture(text: &str) -> Architecture {
    text.parse().unwrap()
}

fn digits(text: &str) -> Graph {
    let architecture = architecture(text);
    architecture.graph(&architecture.digits()).unwrap()
}

fn on(text: &str, shape: [usize; 3], classes: usize) -> Result<Graph, ArchitectureError> {
    let [channels, height, width] = shape;
    let architecture = architecture(text);
    let shape = Shape { channels, height, width };
    architecture.graph(&Form { shape, classes, ..architecture.digits() })
}

/// The shape of a layer on pictures of the network's own size.
fn shape(graph: &Graph, layer: &str) -> [usize; 3] {
    let dreamer::Size { height, width } = graph.picture_size();
    let id = graph.find(layer).unwrap_or_else(|| panic!("there is no layer {layer}"));
    let shape = shapes(graph, height, width).unwrap()[id.index()];
    [shape.channels, shape.height, shape.width]
}

fn parameters(graph: &Graph) -> Vec<(String, usize)> {
    let layers = layers(graph).into_iter().map(|layer| (layer.name, layer.parameters));
    layers.filter(|(_, parameters)| *parameters > 0).collect()
}

fn pairs(expected: &[(&str, usize)]) -> Vec<(String, usize)> {
    expected.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

#[test]
fn lenet5_has_the_papers_numbers_of_parameters() {
    let expected =
        [("c1", 156), ("s2", 12), ("c3", 1516), ("s4", 32), ("c5", 48120), ("f6", 10164)];
    let mut expected = pairs(&expected);
    expected.extend(pairs(&[("output", 84 * 10 + 10)]));
    assert_eq!(parameters(&digits("lenet5")), expected);
}

#[test]
fn lenet5_has_the_papers_planes_on_28_and_on_32_pixels() {
    for side in [28, 32] {
        let graph = on("lenet5", [1, side, side], 10).unwrap();
        for (layer, maps, plane) in [
            ("c1", 6, 28),
            ("s2", 6, 14),
            ("c3", 16, 10),
            ("s4", 16, 5),
            ("c5", 120, 1),
            ("f6", 84, 1),
            ("output", 10, 1),
        ] {
            assert_eq!(shape(&graph, layer), [maps, plane, plane], "{layer} on {side} pixels");
        }
    }
}

/// Table I's last line and its three groups: three neighbours, four neighbours, and four with a gap,
/// all counted around the ring of S2's six maps.
#[test]
fn c3_sees_s2_as_the_papers_table_says() {
    let graph = digits("lenet5");
    let c3 = graph.find("c3").unwrap();
    let Op::PartialConvolution(convolution) = &graph.node(c3).op else { panic!("c3 is partial") };
    assert_eq!(convolution.connections(), 60);
    let neighbours = |first: usize, count: usize| {
        let mut maps: Vec<usize> = (first..first + count).map(|map| map % 6).collect();
        maps.sort_unstable();
        maps
    };
    for first in 0..6 {
        assert_eq!(convolution.table[first], neighbours(first, 3));
        assert_eq!(convolution.table[6 + first], neighbours(first, 4));
    }
    for (index, gap) in [(12, [2, 5]), (13, [0, 3]), (14, [1, 4])] {
        let seen: Vec<usize> = (0..6).filter(|map| !gap.contains(map)).collect();
        assert_eq!(convolution.table[index], seen);
    }
    assert_eq!(convolution.table[15], neighbours(0, 6));
}

#[test]
fn each_map_of_s2_is_seen_by_ten_maps_of_c3() {
    let graph = digits("lenet5");
    let c3 = graph.find("c3").unwrap();
    let Op::PartialConvolution(convolution) = &graph.node(c3).op else { panic!("c3 is partial") };
    for map in 0..6 {
        let readers = convolution.table.iter().filter(|seen| seen.contains(&map)).count();
        assert_eq!(readers, 10, "map {map}");
    }
}

#[test]
fn the_squashing_function_follows_every_layer_with_weights_but_the_last() {
    for text in ["lenet5", "lenet", "mlp:784-30-20-10"] {
        let graph = digits(text);
        let function = Op::Activation(architecture(text).default_activation());
        let trained = |op: &Op| !op.parameters().is_empty();
        for (id, node) in graph.iter().filter(|(_, node)| trained(&node.op)) {
            let mut readers = graph.nodes().iter().filter(|other| other.inputs.contains(&id));
            let next = readers.next().unwrap();
            let expected = if node.name == "output" { &Op::Softmax } else { &function };
            assert_eq!(&next.op, expected, "{text} {}", node.name);
        }
    }
}

#[test]
fn lenet_has_lenet5s_planes_and_all_connections() {
    let graph = digits("lenet");
    let expected = [
        ("conv1", 156),
        ("conv2", 16 * 6 * 25 + 16),
        ("hidden1", 48120),
        ("hidden2", 10164),
        ("output", 850),
    ];
    assert_eq!(parameters(&graph), pairs(&expected));
    assert_eq!(shape(&graph, "conv1"), [6, 28, 28]);
    assert_eq!(shape(&graph, "pool2"), [16, 5, 5]);
}

#[test]
fn lenet_takes_its_sizes_from_its_options() {
    let graph = digits("lenet:maps=8-16-32,kernel=3,hidden=200");
    for (layer, expected) in [
        ("conv1", [8, 28, 28]),
        ("pool1", [8, 14, 14]),
        ("conv2", [16, 12, 12]),
        ("conv3", [32, 4, 4]),
        ("pool3", [32, 2, 2]),
        ("hidden1", [200, 1, 1]),
        ("output", [10, 1, 1]),
    ] {
        assert_eq!(shape(&graph, layer), expected, "{layer}");
    }
    assert!(graph.find("hidden2").is_none());
}

#[test]
fn lenet_can_do_without_hidden_layers() {
    let graph = digits("lenet:hidden=none");
    let expected = [("conv1", 156), ("conv2", 2416), ("output", 16 * 25 * 10 + 10)];
    assert_eq!(parameters(&graph), pairs(&expected));
}

#[test]
fn an_mlp_has_a_layer_between_each_two_widths() {
    let graph = digits("mlp:784-30-20-10");
    let expected = [("hidden1", 784 * 30 + 30), ("hidden2", 30 * 20 + 20), ("output", 210)];
    assert_eq!(parameters(&graph), pairs(&expected));
    assert_eq!(parameters(&digits("mlp:784-10")), pairs(&[("output", 7850)]));
}

#[test]
fn the_last_node_is_one_value_for_each_class_whatever_the_pictures() {
    for (text, picture, classes) in [
        ("lenet5", [3, 32, 32], 10),
        ("lenet5", [3, 40, 61], 5),
        ("lenet5", [1, 20, 30], 2),
        ("lenet", [3, 32, 32], 100),
        ("lenet", [3, 96, 64], 7),
        ("lenet:maps=4,kernel=4", [1, 28, 28], 10),
        ("mlp:3072-50-10", [3, 32, 32], 10),
    ] {
        let graph = on(text, picture, classes).unwrap();
        let last = &graph.nodes().last().unwrap().name;
        assert_eq!(shape(&graph, last), [classes, 1, 1], "{text} {picture:?}");
    }
}

#[test]
fn lenets_are_fully_convolutional() {
    for text in ["lenet5", "lenet"] {
        let graph = digits(text);
        let larger = shapes(&graph, 28 + 8, 28 + 4).unwrap();
        let answer = larger.last().unwrap();
        assert_eq!([answer.channels, answer.height, answer.width], [10, 3, 2], "{text}");
        assert!(receptive_fields(&graph).iter().all(Option::is_some), "{text}");
    }
}

/// By hand: kernel 5 sees 5; a 2×2 pooling 6; kernel 5 at stride 2 14; a pooling 16; kernel 5 at
/// stride 4 32.
#[test]
fn receptive_fields_grow_as_in_the_paper() {
    for (text, names) in [
        ("lenet5", ["c1", "s2", "c3", "s4", "c5", "output"]),
        ("lenet", ["conv1", "pool1", "conv2", "pool2", "hidden1", "output"]),
    ] {
        let graph = digits(text);
        let layers = layers(&graph);
        for (name, (sees, stride)) in
            names.iter().zip([(5, 1), (6, 2), (14, 2), (16, 4), (32, 4), (32, 4)])
        {
            let layer = layers.iter().find(|layer| layer.name == *name).unwrap();
            assert_eq!(layer.receptive_field, Some([sees; 2]), "{name}");
            assert_eq!(layer.stride, Some([stride; 2]), "{name}");
        }
    }
}

/// The paper counts 122,304 connections of C1 and 151,600 of C3; without those to the biases they are
/// 117,600 and 150,000, and a C3 that saw every map would have 240,000.
#[test]
fn costs_count_only_the_connections_that_there_are() {
    let counts =
        [("c1", 117_600), ("c3", 150_000), ("c5", 48_000), ("f6", 10_080), ("output", 840)];
    let total: u32 = counts.iter().map(|(_, count)| count).sum();
    let layers = layers(&digits("lenet5"));
    let mut sum = 0;
    for (name, count) in counts {
        sum += count;
        let layer = layers.iter().find(|layer| layer.name == name).unwrap();
        let expected = f64::from(sum) / f64::from(total);
        assert!((layer.cost - expected).abs() < 1e-12, "{name}: {} {expected}", layer.cost);
    }
}

#[test]
fn dropout_comes_before_hidden_layers_and_the_output_where_it_is_wanted() {
    for (text, dropped) in [
        ("lenet5", vec!["c5", "f6", "output"]),
        ("lenet", vec!["hidden1", "hidden2", "output"]),
        ("mlp:784-30-20-10", vec!["hidden2", "output"]),
    ] {
        let architecture = architecture(text);
        let names = |dropout: f64| -> Vec<String> {
            let form = Form { dropout, ..architecture.digits() };
            let graph = architecture.graph(&form).unwrap();
            let layer = |id| graph.node(id).name.clone();
            graph
                .iter()
                .filter(|(_, node)| node.op == Op::Dropout { rate: dropout })
                .map(|(id, node)| {
                    let reader = graph.iter().find(|(_, node)| node.inputs.contains(&id)).unwrap();
                    assert_eq!(node.name, format!("{}.dropout", layer(reader.0)));
                    layer(reader.0)
                })
                .collect()
        };
        assert_eq!(names(0.5), dropped, "{text}");
        assert_eq!(names(0.0), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn the_form_chooses_the_functions() {
    let architecture = architecture("mlp:784-30-10");
    let form = Form {
        activation: Activation::Softsign,
        output: Output::Activation(Activation::Sigmoid),
        ..architecture.digits()
    };
    let graph = architecture.graph(&form).unwrap();
    let op = |name: &str| &graph.node(graph.find(name).unwrap()).op;
    assert_eq!(*op("hidden1.activation"), Op::Activation(Activation::Softsign));
    assert_eq!(*op("output.activation"), Op::Activation(Activation::Sigmoid));
    assert_eq!(graph.nodes().last().unwrap().name, "output.activation");
}

#[test]
fn a_graph_is_named_by_the_text_that_builds_it() {
    for text in ["lenet5", "lenet", "lenet:maps=8-32,kernel=3", "mlp:784-30-10"] {
        let graph = digits(text);
        assert_eq!(graph.name(), text);
        assert!(graph.find(graph.default_layer()).is_some());
    }
}

#[test]
fn pictures_that_are_too_small_are_refused_with_the_layer_that_they_do_not_reach() {
    for (text, node) in [("lenet5", "c3"), ("lenet", "conv2")] {
        let error = on(text, [1, 8, 8], 10).unwrap_err();
        let ArchitectureError::Shape { reason: ShapeError::TooSmall { node: first, .. }, .. } =
            &error
        else {
            panic!("{error}");
        };
        assert_eq!(first, node);
        assert!(error.to_string().contains("8×8"), "{error}");
    }
}

#[test]
fn an_mlp_whose_ends_do_not_fit_is_refused_with_both_numbers() {
    let error = on("mlp:784-30-10", [3, 32, 32], 10).unwrap_err().to_string();
    assert!(error.contains("takes 784") && error.contains("write mlp:3072-"), "{error}");
    let error = on("mlp:784-30-10", [1, 28, 28], 26).unwrap_err().to_string();
    assert!(error.contains("has 10 outputs") && error.contains("there are 26"), "{error}");
}

#[test]
fn what_no_network_can_be_is_refused() {
    let lenet = architecture("lenet");
    let digits = lenet.digits();
    let shape = Shape { channels: 2, ..digits.shape };
    for (form, sign) in [
        (Form { shape, ..digits.clone() }, "1 or 3 channels, not 2"),
        (Form { classes: 1, ..digits.clone() }, "not 1"),
        (Form { dropout: 1.0, ..digits.clone() }, "not 1"),
        (Form { dropout: f64::NAN, ..digits.clone() }, "not NaN"),
    ] {
        let error = lenet.graph(&form).unwrap_err().to_string();
        assert!(error.contains(sign), "{error}");
    }
    for empty in [
        Architecture::LeNet { maps: vec![], kernel: 5, hidden: vec![] },
        Architecture::LeNet { maps: vec![6], kernel: 0, hidden: vec![] },
        Architecture::LeNet { maps: vec![6], kernel: 5, hidden: vec![0] },
        Architecture::Mlp { widths: vec![784] },
        Architecture::Mlp { widths: vec![784, 0, 10] },
    ] {
        let error = empty.graph(&digits).unwrap_err();
        assert!(matches!(error, ArchitectureError::Empty { .. }), "{error}");
    }
    let error = on("mlp:784-999999-999999-10", [1, 28, 28], 10).unwrap_err();
    assert!(matches!(error, ArchitectureError::TooLarge { .. }), "{error}");
}

#[test]
fn an_architecture_is_its_text_in_json() {
    let lenet = architecture("lenet:kernel=3");
    let json = serde_json::to_string(&lenet).unwrap();
    assert_eq!(json, "\"lenet:kernel=3\"");
    assert_eq!(serde_json::from_str::<Architecture>(&json).unwrap(), lenet);
    assert!(serde_json::from_str::<Architecture>("\"lenet9\"").is_err());
}
