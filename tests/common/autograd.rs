//! A graph computed by libtorch's own operators in float64, with its autograd behind them.
//!
//! Nothing here is shared with the executor but the graph and the names of the weights.

use dreamer::network::{Activation, ChannelOrder, Extent, Graph, Node, Op, Window, truncate};
use dreamer::picture::Planes;
use tch::{Kind, Tensor};

use crate::generated;

/// What a layer of a graph with generated weights makes of a picture.
pub struct Reference {
    pub shape: Vec<usize>,
    pub activation: Vec<f32>,
    /// Of ½·Σa², with respect to the picture.
    pub gradient: Vec<f32>,
}

impl Reference {
    pub fn new(graph: &Graph, layer: &str, picture: &Planes) -> Reference {
        let (part, targets) = truncate(graph, &[graph.find(layer).unwrap()]);
        let size = [1, 3, picture.height() as i64, picture.width() as i64];
        let picture = Tensor::from_slice(picture.data()).to_kind(Kind::Double).view(size);
        let picture = picture.set_requires_grad(true);
        let mut results: Vec<Tensor> = vec![];
        for node in part.nodes() {
            let inputs: Vec<&Tensor> =
                node.inputs.iter().map(|input| &results[input.index()]).collect();
            let result = match node.op {
                Op::Input { channels } => preprocessed(graph, &picture, channels as i64),
                _ => compute(node, &inputs),
            };
            results.push(result);
        }
        let activation = &results[targets[0].index()];
        (activation.square().sum(Kind::Double) * 0.5).backward();
        Reference {
            shape: activation.size().iter().map(|size| *size as usize).collect(),
            activation: numbers(&activation.detach()),
            gradient: numbers(&picture.grad()),
        }
    }
}

fn numbers(tensor: &Tensor) -> Vec<f32> {
    Vec::try_from(tensor.to_kind(Kind::Float).flatten(0, -1)).unwrap()
}

fn preprocessed(graph: &Graph, picture: &Tensor, channels: i64) -> Tensor {
    let preprocessing = graph.preprocessing();
    let colours = match channels {
        1 => picture.mean_dim([1].as_slice(), true, Kind::Double),
        _ => picture.shallow_clone(),
    };
    let constant = |values: &[f32; 3]| {
        Tensor::from_slice(values).to_kind(Kind::Double).narrow(0, 0, channels).view([1, -1, 1, 1])
    };
    let colours = (colours - constant(&preprocessing.mean)) / constant(&preprocessing.std);
    match graph.channel_order() {
        ChannelOrder::Rgb => colours,
        ChannelOrder::Bgr => colours.flip([1]),
    }
}

fn compute(node: &Node, inputs: &[&Tensor]) -> Tensor {
    let input = inputs[0];
    let parameter = |name: &str| {
        let (_, shape) = node.op.parameters().into_iter().find(|(own, _)| *own == name).unwrap();
        let values = generated::tensor(&format!("{}.{name}", node.name), &shape);
        let shape: Vec<i64> = shape.iter().map(|size| *size as i64).collect();
        Tensor::from_slice(&values).to_kind(Kind::Double).view(shape.as_slice())
    };
    match &node.op {
        Op::Convolution(c) => {
            let ([top, left], [bottom, right]) =
                (signed(c.padding.before), signed(c.padding.after));
            input.constant_pad_nd([left, right, top, bottom]).conv2d(
                &parameter("weight"),
                Some(parameter("bias")),
                signed(c.stride),
                [0, 0],
                [1, 1],
                c.groups as i64,
            )
        }
        Op::PartialConvolution(c) => {
            let (weight, bias) = (parameter("weight"), parameter("bias"));
            let mut connections = 0;
            let maps: Vec<Tensor> = c
                .table
                .iter()
                .enumerate()
                .map(|(output, seen)| {
                    let place = [input.size()[2], input.size()[3]];
                    let [rows, columns] =
                        [0, 1].map(|axis| place[axis] - c.kernel[axis] as i64 + 1);
                    let zeros =
                        Tensor::zeros([1, 1, rows, columns], (Kind::Double, input.device()));
                    let bias = bias.narrow(0, output as i64, 1).view([1, 1, 1, 1]);
                    seen.iter().fold(zeros + bias, |sum, map| {
                        let kernel = weight.narrow(0, connections, 1).unsqueeze(1);
                        connections += 1;
                        let map = input.narrow(1, *map as i64, 1);
                        sum + map.conv2d(&kernel, None::<Tensor>, [1, 1], [0, 0], [1, 1], 1)
                    })
                })
                .collect();
            Tensor::cat(&maps, 1)
        }
        Op::Linear { .. } => {
            let sum = input.flatten(1, -1).linear(&parameter("weight"), Some(parameter("bias")));
            sum.unsqueeze(-1).unsqueeze(-1)
        }
        Op::Activation(activation) => match activation {
            Activation::Relu => input.relu(),
            Activation::Relu6 => input.clamp(0.0, 6.0),
            Activation::Sigmoid => input.sigmoid(),
            Activation::Tanh => input.tanh(),
            Activation::ScaledTanh => (input * (2.0 / 3.0)).tanh() * 1.7159,
            Activation::Softsign => input / (input.abs() + 1.0),
        },
        Op::Softmax => input.softmax(1, Kind::Double),
        // As `torch.nn.functional.local_response_norm` is written.
        Op::LocalResponseNorm { size, alpha, beta, k } => {
            let size = *size as i64;
            let squares = input.square().unsqueeze(1);
            let padded = squares.constant_pad_nd([0, 0, 0, 0, size / 2, (size - 1) / 2]);
            let mean = padded.avg_pool3d([size, 1, 1], [1, 1, 1], [0, 0, 0], false, true, None);
            input / (mean.squeeze_dim(1) * *alpha + *k).pow_tensor_scalar(*beta)
        }
        Op::Subsample { window, .. } => {
            let [weight, bias] = ["weight", "bias"].map(|name| parameter(name).view([1, -1, 1, 1]));
            summed(input, window) * weight + bias
        }
        Op::MaxPool(window) => input.max_pool2d(
            signed(window.kernel),
            signed(window.stride),
            signed(window.padding),
            [1, 1],
            window.ceil,
        ),
        Op::Concat => Tensor::cat(inputs, 1),
        Op::Channels { first, count } => input.narrow(1, *first as i64, *count as i64),
        Op::Add => inputs[1..].iter().fold(input.shallow_clone(), |sum, other| sum + *other),
        Op::Flatten => input.flatten(1, -1).unsqueeze(-1).unsqueeze(-1),
        op => panic!("{} is compared with torchvision's elsewhere", op.kind()),
    }
}

/// Sums over a window, as a convolution with ones; a partial window at the end reads zeros.
fn summed(input: &Tensor, window: &Window) -> Tensor {
    let extent = [input.size()[2], input.size()[3]];
    let output = window.output_extent(extent.map(|size| size as usize)).unwrap();
    let beyond = [0, 1].map(|axis| {
        let end = (output[axis] - 1) * window.stride[axis] + window.kernel[axis];
        (end as i64 - window.padding[axis] as i64 - extent[axis]).max(0)
    });
    let [top, left] = signed(window.padding);
    let padded = input.constant_pad_nd([left, beyond[1], top, beyond[0]]);
    let channels = input.size()[1];
    let [height, width] = signed(window.kernel);
    let ones = Tensor::ones([channels, 1, height, width], (Kind::Double, input.device()));
    let sums =
        padded.conv2d(&ones, None::<Tensor>, signed(window.stride), [0, 0], [1, 1], channels);
    sums.narrow(2, 0, output[0] as i64).narrow(3, 0, output[1] as i64)
}

fn signed(extent: Extent) -> [i64; 2] {
    extent.map(|size| size as i64)
}
