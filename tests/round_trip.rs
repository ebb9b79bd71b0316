//! A real network through every format and back, to the bit: SqueezeNet as it was trained on photographs.

#[path = "common/zip.rs"]
mod archives;
#[path = "common/legacy.rs"]
mod legacy;
#[expect(
    dead_code,
    reason = "which damages there are is tested in damaged_weights.rs and protobuf.rs"
)]
#[path = "common/protobuf.rs"]
mod protobuf;
#[path = "common/shared.rs"]
mod shared;

use std::path::Path;

use archives::{Member, archive};
use dreamer::network::zoo;
use dreamer::weights::{Tensor, WeightFile, Weights, encode, read};
use legacy::Parameter;
use protobuf::{caffe, floats, tensorflow};

/// Formats with a file of these tensors in each. Names end in `weight` or `bias`, shapes have four axes
/// or one.
fn files(tensors: &[Parameter]) -> Vec<(&'static str, Vec<u8>)> {
    let storages = tensors.iter().enumerate().map(|(number, (_, _, values))| {
        Member::stored(&format!("archive/data/{number}"), &floats(values))
    });
    let pickle = Member::stored("archive/data.pkl", &legacy::pickle(tensors));
    let arrays = |member: fn(&str, &[u8]) -> Member| {
        let array = |(name, shape, values): &Parameter| {
            member(&format!("{name}.npy"), &[npy_header(shape), floats(values)].concat())
        };
        archive(&tensors.iter().map(array).collect::<Vec<_>>())
    };
    let weights: Weights = tensors
        .iter()
        .map(|(name, shape, values)| (name.clone(), Tensor::new(shape.clone(), values.clone())))
        .collect();
    vec![
        ("safetensors", encode(&weights, "format", "pt".into())),
        ("PyTorch (.pth, .pt)", archive(&[pickle].into_iter().chain(storages).collect::<Vec<_>>())),
        ("PyTorch before 1.6 (.pth)", legacy::state_dict(tensors)),
        ("NumPy (.npz)", arrays(Member::stored)),
        ("NumPy (.npz)", arrays(Member::deflated)),
        (
            "Caffe (.caffemodel)",
            caffe::net(&layers(tensors, |name, blobs| caffe::layer(name, "Convolution", blobs))),
        ),
        (
            "Caffe (.caffemodel)",
            caffe::v1_net(&layers(tensors, |name, blobs| {
                const CONVOLUTION: i64 = 4;
                caffe::v1_layer(name, CONVOLUTION, blobs)
            })),
        ),
        ("TensorFlow (.pb)", tensorflow::graph(&tensors.iter().map(constant).collect::<Vec<_>>())),
    ]
}

/// The header of an array (NumPy's format 1.0).
fn npy_header(shape: &[usize]) -> Vec<u8> {
    let shape: String = shape.iter().map(|length| format!("{length}, ")).collect();
    let text = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({shape}), }}\n");
    [b"\x93NUMPY\x01\0", &(text.len() as u16).to_le_bytes()[..], text.as_bytes()].concat()
}

/// Caffe's layers, of which each has its weights and its bias.
fn layers(tensors: &[Parameter], layer: impl Fn(&str, &[Vec<u8>]) -> Vec<u8>) -> Vec<Vec<u8>> {
    let blob = |(_, shape, values): &Parameter| {
        let sides: Vec<i64> = shape.iter().map(|length| *length as i64).collect();
        caffe::blob(&sides, values)
    };
    let weights =
        tensors.iter().filter_map(|weight| Some((weight.0.strip_suffix(".weight")?, weight)));
    weights
        .map(|(name, weight)| {
            let bias = tensors.iter().find(|(other, ..)| *other == format!("{name}.bias")).unwrap();
            layer(name, &[blob(weight), blob(bias)])
        })
        .collect()
}

/// TensorFlow's constant of a parameter, whose axes are height, width, inputs and outputs.
fn constant((name, shape, values): &Parameter) -> Vec<u8> {
    let (layer, parameter) = name.rsplit_once('.').unwrap();
    let (sides, values) = match shape[..] {
        [outputs, inputs, height, width] => {
            let place = |place: usize| {
                let (output, place) = (place % outputs, place / outputs);
                let (input, place) = (place % inputs, place / inputs);
                (output * inputs + input) * height * width + place
            };
            let turned = (0..values.len()).map(|at| values[place(at)]).collect();
            (vec![height, width, inputs, outputs], turned)
        }
        _ => (shape.clone(), values.clone()),
    };
    let sides: Vec<i64> = sides.into_iter().map(|side| side as i64).collect();
    let tensor = tensorflow::tensor(tensorflow::FLOAT, &sides, &values);
    tensorflow::constant(&format!("{layer}_{}", &parameter[..1]), &tensor)
}

#[test]
fn a_trained_squeezenet_comes_back_from_every_format_to_the_bit() {
    let test = "a_trained_squeezenet_comes_back_from_every_format_to_the_bit";
    let Some(path) = shared::file(test, "models/squeezenet1_0.safetensors") else { return };
    let graph = zoo::build("squeezenet1_0").unwrap();
    let weights = read(&path, &graph, &graph).unwrap();
    let tensors: Vec<Parameter> = weights
        .iter()
        .map(|(name, tensor)| (name.to_owned(), tensor.shape().to_vec(), tensor.data().to_vec()))
        .collect();
    assert_eq!(tensors.len(), 52);
    for (format, bytes) in files(&tensors) {
        let file = WeightFile::new(&bytes, Path::new(format)).unwrap();
        assert_eq!(file.format().name, format);
        assert_eq!(file.views().count(), tensors.len(), "{format}");
        for (name, shape, values) in &tensors {
            // TensorFlow's layers are called after what comes behind their activation function.
            let behind = name.replacen(".weight", "_pre_relu.weight", 1);
            let behind = behind.replacen(".bias", "_pre_relu.bias", 1);
            let tensor = file.tensor(name).or_else(|| file.tensor(&behind)).unwrap().unwrap();
            assert_eq!(tensor.shape(), shape, "{name} of {format}");
            let same = tensor
                .data()
                .iter()
                .zip(values)
                .all(|(one, other)| one.to_bits() == other.to_bits());
            assert!(same && tensor.data().len() == values.len(), "{name} of {format}");
        }
    }
}
