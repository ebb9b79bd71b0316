//! Weight files of Caffe and of TensorFlow: those that Google's protobuf library wrote, whole
//! networks, and what is wrong with those that cannot be used.

#[path = "common/generated.rs"]
mod generated;
#[path = "common/protobuf.rs"]
mod protobuf;

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use assert_cmd::cargo::cargo_bin;
use dreamer::network::{Graph, Op, truncate, zoo};
use dreamer::weights::{DType, Tensor, WeightFile, Weights, decode, encode};
use half::{bf16, f16};
use image::{Rgb, RgbImage};
use protobuf::caffe::{blob, layer, net, old_blob, v1_layer, v1_net};
use protobuf::tensorflow::{FLOAT, constant, graph, shape, tensor};
use protobuf::{bytes, number};
use tempfile::TempDir;

/// Files that `tests/fixtures/make_protobuf.py` wrote.
const CAFFE: [&str; 4] =
    ["layers.caffemodel", "v1_layers.caffemodel", "unpacked.caffemodel", "doubles.caffemodel"];
const TENSORFLOW: &str = "graph.pb";

#[test]
fn caffe_models_of_each_form_have_their_layers_parameters() {
    for file in CAFFE {
        let content = fixture(file);
        let file = WeightFile::new(&content, Path::new(file)).unwrap();
        assert_eq!(file.format().name, "Caffe (.caffemodel)");
        let parameters: Vec<(&str, Vec<usize>)> =
            file.views().map(|(name, view)| (name, view.shape().to_vec())).collect();
        let expected = [
            ("conv1/7x7_s2.bias", vec![4]),
            ("conv1/7x7_s2.weight", vec![4, 3, 3, 2]),
            ("loss3/classifier.bias", vec![5]),
            ("loss3/classifier.weight", vec![5, 6]),
        ];
        assert_eq!(parameters, expected);
        for (name, shape) in expected {
            let tensor = file.tensor(name).unwrap().unwrap();
            assert_eq!(tensor.data(), generated::tensor(name, &shape), "{name}");
        }
    }
}

#[test]
fn tensorflow_constants_are_parameters_in_pytorchs_axis_order() {
    let content = fixture(TENSORFLOW);
    let file = WeightFile::new(&content, Path::new(TENSORFLOW)).unwrap();
    assert_eq!(file.format().name, "TensorFlow (.pb)");
    type Round = fn(f32) -> f32;
    let cases: [(&str, &[usize], Round); 6] = [
        ("conv2d0_pre_relu.weight", &[4, 3, 3, 2], |value| value),
        ("conv2d0_pre_relu.bias", &[4], |value| value),
        ("mixed3a_1x1_pre_relu.weight", &[3, 4, 1, 1], |value| f16::from_f32(value).to_f32()),
        ("mixed3a_1x1_pre_relu.bias", &[3], |value| value),
        ("softmax2_pre_activation.weight", &[5, 4], |value| value),
        ("softmax2_pre_activation.bias", &[5], |value| {
            bf16::from_bits((value.to_bits() >> 16) as u16).to_f32()
        }),
    ];
    for (name, shape, round) in cases {
        let tensor = file.tensor(name).unwrap_or_else(|| panic!("there is no {name}")).unwrap();
        let expected: Vec<f32> = generated::tensor(name, shape).into_iter().map(round).collect();
        assert_eq!((tensor.shape(), tensor.data()), (shape, &expected[..]), "{name}");
    }
    assert_eq!(file.tensor("scale").unwrap().unwrap().data(), [0.5]);
    assert_eq!(file.views().count(), cases.len() + 3);
}

#[test]
fn constants_that_are_no_weights_are_listed_but_not_decoded() {
    let content = fixture(TENSORFLOW);
    let file = WeightFile::new(&content, Path::new(TENSORFLOW)).unwrap();
    for (name, kind) in
        [("mixed3a/concat/dim", "DT_INT32"), ("zeros_pre_relu.bias", "one repeated value")]
    {
        let (_, view) = file.views().find(|(found, _)| *found == name).unwrap();
        assert_eq!(*view.dtype(), DType::Other(kind.into()));
        let message = file.tensor(name).unwrap().unwrap_err().to_string();
        assert!(message.starts_with(&format!("graph.pb: {name} has dtype {kind}; ")), "{message}");
    }
}

#[test]
fn networks_of_caffe_read_both_forms_of_their_files() {
    for (network, target) in [("bvlc_googlenet", "inception_3a/output"), ("vgg19_caffe", "pool2")] {
        let whole = zoo::build(network).unwrap();
        let needed = cut(&whole, target);
        for form in [caffe_model, v1_caffe_model] {
            let weights = read(&form(&needed), &needed, &whole).unwrap();
            assert_generated(&weights, &needed);
        }
    }
}

#[test]
fn fully_connected_layers_of_old_files_lose_the_axes_that_mean_nothing() {
    let whole = zoo::build("googlenet_places205").unwrap();
    let mut net = whole.nodes().iter().filter(|node| node.name == "loss3/classifier");
    let weight = vec![0.25; 205 * 1024];
    let blobs = [old_blob([1, 1, 205, 1024], &weight), old_blob([1, 1, 1, 205], &[0.5; 205])];
    let content = v1_net(&[v1_layer("loss3/classifier", 14, &blobs)]);
    let file = WeightFile::new(&content, Path::new("places.caffemodel")).unwrap();
    for (role, shape) in net.next().unwrap().op.parameters() {
        let tensor = file.tensor(&format!("loss3/classifier.{role}")).unwrap().unwrap();
        assert_eq!(tensor.shape(), shape, "{role}");
    }
}

#[test]
fn a_convolution_of_one_map_keeps_its_axes() {
    let blobs = [old_blob([1, 1, 3, 2], &[0.0; 6]), old_blob([1, 1, 1, 1], &[0.0])];
    let content = v1_net(&[v1_layer("conv", 4, &blobs)]);
    let file = WeightFile::new(&content, Path::new("one.caffemodel")).unwrap();
    let shapes: Vec<Vec<usize>> = file.views().map(|(_, view)| view.shape().to_vec()).collect();
    assert_eq!(shapes, [vec![1], vec![1, 1, 3, 2]]);
}

#[test]
fn inception5h_reads_its_graph() {
    let whole = zoo::build("inception5h").unwrap();
    let needed = cut(&whole, "mixed3a");
    assert_generated(&read(&graph_of(&needed), &needed, &whole).unwrap(), &needed);
}

/// Found by the names under which they are published, and dreamed by layers of either name.
#[test]
fn the_files_of_the_first_deep_dreams_dream_as_those_of_safetensors() {
    type Write = fn(&Graph) -> Vec<u8>;
    let cases: [(&str, &str, Write, [&str; 2]); 3] = [
        (
            "bvlc_googlenet",
            "bvlc_googlenet.caffemodel",
            caffe_model,
            ["conv2/relu_3x3_reduce", "conv2"],
        ),
        (
            "inception5h",
            "tensorflow_inception_graph.pb",
            graph_of,
            ["localresponsenorm0", "localresponsenorm0"],
        ),
        (
            "vgg16_caffe",
            "VGG_ILSVRC_16_layers.caffemodel",
            v1_caffe_model,
            ["relu1_1", "features.1"],
        ),
    ];
    for (network, published, write, [own, alias]) in cases {
        let folder = TempDir::new().unwrap();
        let path = |name: &str| folder.path().join(name);
        let needed = cut(&zoo::build(network).unwrap(), own);
        let tensors = generated::weights(&needed).into_iter();
        let tensors = tensors.map(|(name, shape, values)| (name, Tensor::new(shape, values)));
        let tensors = encode(&tensors.collect(), "format", "pt".into());
        fs::write(path(&format!("{network}.safetensors")), tensors).unwrap();
        RgbImage::from_fn(64, 48, |x, y| Rgb([x as u8 * 3, y as u8 * 5, (x * y) as u8]))
            .save(path("photo.png"))
            .unwrap();
        let dream = |output: &str, layer: &str, more: &[&str]| {
            Command::new(cargo_bin!("dreamer"))
                .current_dir(folder.path())
                .env("DREAMER_MODELS", folder.path())
                .args(["photo.png", "-n", "2", "-i", "2", "-o", output, "-l", layer])
                .args(more)
                .assert()
                .success();
            image::open(path(output)).unwrap()
        };
        let expected = dream("safetensors.png", own, &[]);
        fs::remove_file(path(&format!("{network}.safetensors"))).unwrap();
        fs::write(path(published), write(&needed)).unwrap();
        assert_ne!(expected, image::open(path("photo.png")).unwrap());
        assert_eq!(dream("found.png", alias, &[]), expected, "{network}");
        assert_eq!(dream("named.png", own, &["--weights", published]), expected, "{network}");
    }
}

#[test]
fn another_networks_file_is_told_by_its_names() {
    let whole = zoo::build("bvlc_googlenet").unwrap();
    let other = cut(&zoo::build("vgg16_caffe").unwrap(), "pool1");
    let message = read(&caffe_model(&other), &whole, &whole).unwrap_err();
    assert!(message.starts_with("weights does not fit bvlc_googlenet\n  missing: "), "{message}");
    assert!(
        message.ends_with("unexpected: conv1_1.bias, conv1_1.weight, conv1_2.bias, conv1_2.weight")
    );
}

#[test]
fn damaged_caffe_models_are_one_clear_line() {
    let layers = |blob: Vec<u8>| net(&[layer("conv1", "Convolution", &[blob])]);
    let too_many_axes = blob(&[1; 65], &[0.0]);
    let nested_shape = [bytes(5, [0; 4]), number(7, 1)].concat();
    let grouped = [bytes(5, [0; 4]), vec![0x3b, 0x3c]].concat();
    for (content, expected) in [
        (
            layers(blob(&[2, -3], &[0.0; 6])),
            "blob 0 of layer \"conv1\": an axis of its shape has length -3",
        ),
        (
            layers(blob(&[i64::MAX, i64::MAX], &[0.0; 6])),
            "blob 0 of layer \"conv1\": its shape [9223372036854775807, 9223372036854775807] has \
             more values than any file can hold",
        ),
        (
            layers(blob(&[1 << 40, 2], &[0.0; 6])),
            "blob 0 of layer \"conv1\": its shape [1099511627776, 2] needs 8796093022208 bytes, but the file has 24",
        ),
        (
            layers(blob(&[2, 3], &[0.0; 5])),
            "blob 0 of layer \"conv1\": its shape [2, 3] needs 24 bytes, but the file has 20",
        ),
        (
            layers(blob(&[2, 2], &[0.0; 5])),
            "blob 0 of layer \"conv1\": its shape [2, 2] needs 16 bytes, but the file has 20",
        ),
        (layers(too_many_axes), "blob 0 of layer \"conv1\": it has 65 axes; the limit is 64"),
        (
            layers(old_blob([1, 1, -1, 4], &[0.0; 4])),
            "blob 0 of layer \"conv1\": an axis of its shape has length -1",
        ),
        (
            layers(bytes(5, [0; 8])),
            "blob 0 of layer \"conv1\": its shape [0, 0, 0, 0] needs 0 bytes, but the file has 8",
        ),
        (
            layers(bytes(5, [0; 7])),
            "blob 0 of layer \"conv1\": its shape [0, 0, 0, 0] needs 0 bytes, but the file has 7",
        ),
        (layers(nested_shape), "it is damaged: field 7 has the wrong wire type"),
        (
            layers(grouped),
            "it is damaged: field 7 is a group, which neither Caffe nor TensorFlow writes",
        ),
        (
            net(&[layer("conv1", "Convolution", &[])]),
            "it has no weights: it is either the definition of a network alone, or older than 2014 \
             (Caffe's upgrade_net_proto_binary converts it)",
        ),
    ] {
        assert_eq!(
            error(&content),
            format!("cannot read weights as a Caffe (.caffemodel) file: {expected}")
        );
    }
}

#[test]
fn damaged_tensorflow_graphs_are_one_clear_line() {
    let of = |tensor: Vec<u8>| graph(&[constant("conv2d0_w", &tensor)]);
    let no_constant = [bytes(1, "input"), bytes(2, "Placeholder")].concat();
    for (content, expected) in [
        (
            of(tensor(FLOAT, &[1, 1, -2, 3], &[0.0; 6])),
            "constant \"conv2d0_w\": an axis of its shape has length -2",
        ),
        (
            of(tensor(FLOAT, &[1 << 32, 1 << 32, 3], &[0.0; 6])),
            "constant \"conv2d0_w\": its shape [4294967296, 4294967296, 3] has more values than \
             any file can hold",
        ),
        (
            of(tensor(FLOAT, &[7, 7, 3, 64], &[0.0; 6])),
            "constant \"conv2d0_w\": its shape [7, 7, 3, 64] needs 37632 bytes, but the file has 24",
        ),
        (
            of(tensor(FLOAT, &[1; 70], &[0.0; 2])),
            "constant \"conv2d0_w\": it has 70 axes; the limit is 64",
        ),
        (
            of([number(1, FLOAT), bytes(2, shape(&[3]))].concat()),
            "constant \"conv2d0_w\": its shape [3] needs 12 bytes, but the file has 0",
        ),
        (of(number(2, 1)), "it is damaged: field 2 has the wrong wire type"),
        (
            graph(&[no_constant]),
            "it has no constants: its weights are in a checkpoint or in the variables of a saved \
             model; freeze the graph first",
        ),
    ] {
        assert_eq!(
            error(&content),
            format!("cannot read weights as a TensorFlow (.pb) file: {expected}")
        );
    }
}

#[test]
fn an_empty_tensor_is_a_tensor() {
    let content = graph(&[constant("conv2d0_w", &tensor(FLOAT, &[3, 0, 2, 5], &[]))]);
    let file = WeightFile::new(&content, Path::new("empty.pb")).unwrap();
    let tensor = file.tensor("conv2d0_pre_relu.weight").unwrap().unwrap();
    assert_eq!((tensor.shape(), tensor.data()), (&[5, 2, 3, 0][..], &[][..]));
}

#[test]
fn files_cut_short_anywhere_are_one_clear_line() {
    for file in CAFFE.into_iter().chain([TENSORFLOW]) {
        let content = fixture(file);
        for length in 0..content.len() {
            let message = match WeightFile::new(&content[..length], Path::new(file)) {
                // The end of a layer, or of a node.
                Ok(file) => file.all().err().map(|error| error.to_string()),
                Err(error) => Some(error.to_string()),
            };
            assert!(message.is_none_or(|message| message.lines().count() == 1), "{file} {length}");
        }
    }
    let content = fixture("layers.caffemodel");
    let message = error(&content[..content.len() - 60]);
    assert!(
        message.starts_with(
            "cannot read weights as a Caffe (.caffemodel) file: it is truncated: field 100"
        ),
        "{message}"
    );
}

#[test]
fn damage_anywhere_is_told_in_one_line_or_is_harmless() {
    for file in CAFFE.into_iter().chain([TENSORFLOW]) {
        let content = fixture(file);
        for place in 0..content.len() {
            for damage in [0x00, 0x01, 0x7f, 0x80, 0xff] {
                let mut content = content.clone();
                content[place] ^= damage;
                let result = WeightFile::new(&content, Path::new(file)).and_then(|file| file.all());
                let message = result.err().map(|error| error.to_string());
                let is_short = |message: String| message.lines().count() == 1;
                assert!(message.is_none_or(is_short), "{file}, byte {place}");
            }
        }
    }
}

/// Unknown fields are stepped over in one step, whatever is in them.
#[test]
fn deep_nesting_costs_nothing() {
    let mut nested = vec![];
    for _ in 0..10_000 {
        nested = bytes(15, nested);
    }
    let known = fixture("layers.caffemodel");
    let deep = [known.clone(), bytes(100, [bytes(1, "deep"), bytes(106, &nested)].concat())];
    let file = deep.concat();
    let entries =
        |content: &[u8]| WeightFile::new(content, Path::new("deep")).unwrap().views().count();
    assert_eq!(entries(&file), entries(&known));
    // A message within a message within … where a shape should be.
    let content = net(&[layer("conv1", "Convolution", &[bytes(7, nested)])]);
    assert!(error(&content).contains("its shape [] needs 4 bytes"), "{}", error(&content));
}

#[test]
fn other_messages_and_texts_are_no_weight_files() {
    for content in [
        // A mean picture of Caffe's, and a saved model of TensorFlow's.
        blob(&[1, 3, 2, 2], &[0.5; 12]),
        [number(1, 1), bytes(2, bytes(2, graph(&[])))].concat(),
        b"name: \"GoogleNet\"\ninput: \"data\"\n".to_vec(),
        b"node {\n  name: \"input\"\n}\n".to_vec(),
        vec![0x0a; 100],
    ] {
        let message = error(&content);
        assert!(message.starts_with("weights is not a weight file: "), "{message}");
    }
}

fn fixture(file: &str) -> Vec<u8> {
    let path: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "tests/fixtures/protobuf", file].iter().collect();
    fs::read(path).unwrap()
}

fn cut(graph: &Graph, layer: &str) -> Graph {
    truncate(graph, &[graph.find(layer).unwrap()]).0
}

fn read(content: &[u8], needed: &Graph, whole: &Graph) -> Result<Weights, String> {
    decode(content, Path::new("weights"), needed, whole).map_err(|error| error.to_string())
}

fn error(content: &[u8]) -> String {
    WeightFile::new(content, Path::new("weights")).err().expect("it is damaged").to_string()
}

fn assert_generated(weights: &Weights, graph: &Graph) {
    let expected = generated::weights(graph);
    assert_eq!(weights.iter().count(), expected.len());
    for (name, shape, values) in expected {
        let tensor = weights.get(&name).unwrap_or_else(|| panic!("{name} was not read"));
        assert_eq!(tensor.shape(), shape, "{name}");
        assert!(*tensor.data() == values, "{name}");
    }
}

/// A file of a graph's generated weights with a layer for each of its nodes.
fn caffe_model(graph: &Graph) -> Vec<u8> {
    let layers = graph.nodes().iter().map(|node| {
        let blobs = node.op.parameters().into_iter().map(|(role, shape)| {
            let sides: Vec<i64> = shape.iter().map(|side| *side as i64).collect();
            blob(&sides, &generated::tensor(&format!("{}.{role}", node.name), &shape))
        });
        layer(&node.name, kind(&node.op), &blobs.collect::<Vec<_>>())
    });
    net(&layers.collect::<Vec<_>>())
}

/// As [`caffe_model`], in the form of 2014.
fn v1_caffe_model(graph: &Graph) -> Vec<u8> {
    let layers = graph.nodes().iter().map(|node| {
        let blobs = node.op.parameters().into_iter().map(|(role, shape)| {
            let mut sides = [1; 4];
            for (side, length) in sides.iter_mut().rev().zip(shape.iter().rev()) {
                *side = *length as i64;
            }
            old_blob(sides, &generated::tensor(&format!("{}.{role}", node.name), &shape))
        });
        let number = if kind(&node.op) == "InnerProduct" { 14 } else { 4 };
        v1_layer(&node.name, number, &blobs.collect::<Vec<_>>())
    });
    v1_net(&layers.collect::<Vec<_>>())
}

fn kind(op: &Op) -> &'static str {
    if matches!(op, Op::Linear { .. }) { "InnerProduct" } else { "Convolution" }
}

/// A frozen graph of generated weights.
fn graph_of(part: &Graph) -> Vec<u8> {
    let mut constants = vec![];
    for (name, shape, values) in generated::weights(part) {
        let (layer, role) = name.split_once("_pre_relu.").unwrap();
        constants.push(match (role, &shape[..]) {
            ("weight", [outputs, inputs, height, width]) => {
                let mut turned = vec![];
                for place in 0..height * width {
                    for input in 0..*inputs {
                        for output in 0..*outputs {
                            turned.push(values[(output * inputs + input) * height * width + place]);
                        }
                    }
                }
                let sides = [*height, *width, *inputs, *outputs].map(|side| side as i64);
                constant(&format!("{layer}_w"), &tensor(FLOAT, &sides, &turned))
            }
            (_, [length]) => {
                constant(&format!("{layer}_b"), &tensor(FLOAT, &[*length as i64], &values))
            }
            _ => panic!("{name} is of shape {shape:?}"),
        });
    }
    graph(&constants)
}
