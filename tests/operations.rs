//! Every operation on each executor, forward and back, against libtorch's autograd in float64.
#![cfg(feature = "torch")]

#[path = "common/autograd.rs"]
mod autograd;
#[path = "common/cut.rs"]
mod cut;
#[path = "common/generated.rs"]
mod generated;
#[path = "common/invented.rs"]
mod invented;

use autograd::Reference;
use cut::{Cut, Executor, on_each_executor, relative_error};
use dreamer::dream::Shift;
use dreamer::network::{
    Activation, Architecture, Builder, Convolution, Form, Graph, NodeId, Op, Output, Padding,
    PartialConvolution, Preprocessing, Shape, Window,
};

const FUNCTIONS: [Activation; 6] = [
    Activation::Relu,
    Activation::Relu6,
    Activation::Sigmoid,
    Activation::Tanh,
    Activation::ScaledTanh,
    Activation::Softsign,
];

/// Means and deviations that no two channels share.
const PREPROCESSING: Preprocessing = Preprocessing { mean: [0.4, 0.5, 0.6], std: [0.2, 0.3, 0.25] };

/// Largest relative error.
const TOLERANCE: f64 = 1e-4;

on_each_executor! {
    activation_functions_behind_a_convolution
    activation_functions_behind_what_cannot_take_them_in
    activation_functions_whose_input_others_read_too
    activation_functions_of_residual_sums
    softmax_over_the_channels_of_each_pixel
    local_response_normalisation_over_odd_and_even_sizes
    sub_sampling_with_any_window
    partial_convolutions_see_the_maps_of_their_table
    one_channel_is_the_mean_of_red_green_and_blue
    a_strided_convolution_of_one_channel
    weights_that_take_blue_first
    convolutions_with_other_padding_before_than_after
    a_channel_is_one_of_its_layers_and_no_other
    networks_to_train_at_every_layer
    networks_to_train_on_colours_with_any_function
    two_names_of_the_same_values_are_two_layers
    a_fully_convolutional_network_dreams_its_classes_on_a_larger_picture
}

/// Compares the activation of each layer, and the gradient of ½·Σ of its squares, with autograd's.
fn check<E: Executor>(graph: &Graph, width: usize, height: usize, layers: &[&str]) {
    let picture = invented::picture(width, height);
    for layer in layers {
        let name = format!("{layer} of {}", graph.name());
        let cut = Cut::<E>::new(graph, &[layer], invented::weights);
        let expected = Reference::new(graph, layer, &picture);
        let activation = cut.activations(&picture).remove(0);
        assert_eq!(activation.shape(), expected.shape, "{name}");
        let error = relative_error(activation.data(), &expected.activation);
        assert!(error < TOLERANCE, "{name}: the activation is {error} off");
        let gradient = cut.gradient(&picture, Shift::default(), &|_| vec![1.0]);
        let squares: f64 = expected.activation.iter().map(|a| f64::from(*a).powi(2)).sum();
        let error = (gradient.energies[0] / squares - 1.0).abs();
        assert!(error < TOLERANCE, "{name}: Σa² is {error} off");
        let error = relative_error(gradient.planes.data(), &expected.gradient);
        assert!(error < TOLERANCE, "{name}: the gradient is {error} off");
    }
}

/// A convolution, the operations `under_test` as `test`, and another convolution.
fn sandwich(
    name: &str,
    channels: usize,
    under_test: impl FnOnce(&mut Builder, NodeId) -> NodeId,
) -> Graph {
    let (mut net, input) = Builder::with_channels(name, PREPROCESSING, channels);
    let below = net.convolution("below", input, Convolution::square(channels, 8, 3).padding(1));
    let test = under_test(&mut net, below);
    let width = net.channels(test);
    net.convolution("above", test, Convolution::square(width, 5, 3));
    net.finish("test")
}

fn one(name: &str, op: Op) -> Graph {
    sandwich(name, 3, |net, below| net.add("test", op, &[below]))
}

fn activation_functions_behind_a_convolution<E: Executor>() {
    for function in FUNCTIONS {
        check::<E>(&one(function.name(), Op::Activation(function)), 13, 11, &["test", "above"]);
    }
}

fn activation_functions_behind_what_cannot_take_them_in<E: Executor>() {
    for function in FUNCTIONS {
        let graph = sandwich(function.name(), 3, |net, below| {
            let pooled = net.max_pool("pool", below, Window::square(2, 2));
            net.activation("test", pooled, function)
        });
        check::<E>(&graph, 13, 11, &["test", "above"]);
    }
}

fn activation_functions_whose_input_others_read_too<E: Executor>() {
    for function in FUNCTIONS {
        let graph = sandwich(function.name(), 3, |net, below| {
            let first = net.activation("first", below, function);
            let second = net.activation("second", first, Activation::Tanh);
            net.concat("test", &[below, first, second])
        });
        check::<E>(&graph, 13, 11, &["first", "second", "test", "above"]);
    }
}

fn activation_functions_of_residual_sums<E: Executor>() {
    for function in FUNCTIONS {
        let graph = sandwich(function.name(), 3, |net, below| {
            let function_of_below = net.activation("branch", below, function);
            let sum = net.add("sum", Op::Add, &[below, function_of_below]);
            net.activation("test", sum, function)
        });
        check::<E>(&graph, 13, 11, &["sum", "test", "above"]);
    }
}

fn softmax_over_the_channels_of_each_pixel<E: Executor>() {
    check::<E>(&one("softmax", Op::Softmax), 13, 11, &["test", "above"]);
}

/// Behind each kind of layer that a channel can be taken of: one that is computed, one with a function
/// inside it, one that others read too, one that is joined from parts.
fn a_channel_is_one_of_its_layers_and_no_other<E: Executor>() {
    for index in [0, 2, 6] {
        let graph = sandwich("channel", 3, |net, below| {
            let first = net.add("first", Op::Channels { first: index, count: 2 }, &[below]);
            let relu = net.activation("relu", below, Activation::Relu);
            let second = net.add("second", Op::Channels { first: index, count: 1 }, &[relu]);
            let pooled = net.max_pool("pool", relu, Window::square(3, 1).padding(1));
            let joined = net.concat("joined", &[below, pooled, relu]);
            let third = net.add("third", Op::Channels { first: index + 9, count: 1 }, &[joined]);
            net.concat("test", &[first, second, third])
        });
        check::<E>(&graph, 13, 11, &["first", "second", "third", "test", "above"]);
    }
}

/// AlexNet's and GoogLeNet's constants, and larger ones that matter more.
fn local_response_normalisation_over_odd_and_even_sizes<E: Executor>() {
    for (size, alpha, beta, k) in [
        (5, 1e-4, 0.75, 2.0),
        (5, 0.9, 0.75, 1.0),
        (4, 0.9, 0.5, 1.0),
        (1, 2.0, 1.0, 0.5),
        (2, 2.0, 1.0, 0.5),
        // Wider than the channels there are.
        (31, 3.0, 0.75, 1.0),
    ] {
        let name = format!("size {size}, alpha {alpha}");
        let op = Op::LocalResponseNorm { size, alpha, beta, k };
        check::<E>(&one(&name, op), 13, 11, &["test", "above"]);
    }
}

fn sub_sampling_with_any_window<E: Executor>() {
    for (name, window) in [
        ("2×2", Window::square(2, 2)),
        ("3×3, overlapping and padded", Window::square(3, 2).padding(1)),
        ("3×3, partial windows kept", Window::square(3, 3).ceil()),
        ("2×3", Window { kernel: [2, 3], stride: [1, 2], padding: [0, 1], ceil: false }),
    ] {
        let graph = sandwich(name, 3, |net, below| {
            let sum = net.add("sum", Op::Subsample { channels: 8, window }, &[below]);
            net.activation("test", sum, Activation::ScaledTanh)
        });
        check::<E>(&graph, 17, 14, &["sum", "test", "above"]);
    }
}

fn partial_convolutions_see_the_maps_of_their_table<E: Executor>() {
    let table = vec![vec![0, 1, 2], vec![7], vec![], vec![6, 3, 0], (0..8).collect()];
    let convolution = PartialConvolution { input: 8, kernel: [3, 2], table };
    check::<E>(&one("partial", Op::PartialConvolution(convolution)), 13, 11, &["test", "above"]);
}

fn one_channel_is_the_mean_of_red_green_and_blue<E: Executor>() {
    let graph = sandwich("grey", 1, |net, below| net.relu("test", below));
    check::<E>(&graph, 13, 11, &["below", "test", "above"]);
}

fn a_strided_convolution_of_one_channel<E: Executor>() {
    let (mut net, input) = Builder::with_channels("strided grey", PREPROCESSING, 1);
    let sum = net.convolution("conv", input, Convolution::square(1, 6, 5).stride(2).padding(2));
    net.activation("test", sum, Activation::Softsign);
    check::<E>(&net.finish("test"), 14, 17, &["conv", "test"]);
}

/// Whether they read the input alone or beside others.
fn weights_that_take_blue_first<E: Executor>() {
    let (mut net, input) = Builder::new("blue first", PREPROCESSING);
    net.in_bgr();
    let first = net.convolution("first", input, Convolution::square(3, 4, 3).padding(1));
    let second = net.convolution("second", input, Convolution::square(3, 5, 1));
    let joined = net.concat("joined", &[first, second]);
    net.convolution("above", joined, Convolution::square(9, 3, 3));
    check::<E>(&net.finish("above"), 13, 11, &["first", "joined", "above"]);
}

fn convolutions_with_other_padding_before_than_after<E: Executor>() {
    let uneven = Padding { before: [2, 0], after: [1, 4] };
    for (name, first, second) in [
        (
            "as TensorFlow pads",
            Convolution::square(3, 6, 7).stride(2).same(),
            Convolution::square(6, 5, 3).stride(2).same(),
        ),
        (
            "uneven",
            Convolution { padding: uneven, ..Convolution::square(3, 6, 5) },
            Convolution { padding: uneven, ..Convolution::square(6, 4, 5).groups(2) },
        ),
        (
            "uneven, with strides",
            Convolution { padding: uneven, ..Convolution::square(3, 6, 5).stride(3) },
            Convolution { padding: uneven, stride: [1, 2], ..Convolution::square(6, 4, 5) },
        ),
    ] {
        let (mut net, input) = Builder::new(name, PREPROCESSING);
        let below = net.convolution("below", input, first);
        net.convolution("test", below, second);
        let graph = net.finish("test");
        check::<E>(&graph, 18, 16, &["below", "test"]);
        check::<E>(&graph, 17, 19, &["below", "test"]);
    }
}

fn networks_to_train_at_every_layer<E: Executor>() {
    for (text, layers) in [
        (
            "lenet5",
            &["c1", "c1.activation", "s2", "s4.activation", "c5", "f6", "output", "softmax"][..],
        ),
        ("lenet:maps=4-6", &["conv1.activation", "pool2", "hidden1.activation", "softmax"]),
        ("mlp:784-30-20-10", &["hidden1", "hidden2.activation", "output", "softmax"]),
    ] {
        let architecture: Architecture = text.parse().unwrap();
        check::<E>(&architecture.graph(&architecture.digits()).unwrap(), 28, 28, layers);
    }
}

fn networks_to_train_on_colours_with_any_function<E: Executor>() {
    for function in FUNCTIONS {
        let architecture = Architecture::LeNet5;
        let form = Form {
            shape: Shape { channels: 3, height: 32, width: 32 },
            activation: function,
            output: Output::Activation(Activation::Sigmoid),
            preprocessing: PREPROCESSING,
            ..architecture.digits()
        };
        let graph = architecture.graph(&form).unwrap();
        check::<E>(&graph, 32, 32, &["s2.activation", "c5.activation", "output.activation"]);
    }
}

fn a_fully_convolutional_network_dreams_its_classes_on_a_larger_picture<E: Executor>() {
    for text in ["lenet5", "lenet"] {
        let architecture: Architecture = text.parse().unwrap();
        let graph = architecture.graph(&architecture.digits()).unwrap();
        check::<E>(&graph, 52, 41, &["output", "softmax"]);
    }
}

fn two_names_of_the_same_values_are_two_layers<E: Executor>() {
    let (mut net, input) = Builder::with_channels("flatten", PREPROCESSING, 3);
    let below = net.convolution("below", input, Convolution::square(3, 8, 3));
    let pooled = net.max_pool("pool", below, Window::square(2, 2));
    net.flatten("test", pooled);
    let graph = net.finish("test");
    let picture = invented::picture(13, 11);
    let expected = Reference::new(&graph, "test", &picture);
    let cut = Cut::<E>::new(&graph, &["pool", "test"], invented::weights);
    let gradient = cut.gradient(&picture, Shift::default(), &|_| vec![0.25, 0.75]);
    assert!((gradient.energies[0] / gradient.energies[1] - 1.0).abs() < TOLERANCE);
    let error = relative_error(gradient.planes.data(), &expected.gradient);
    assert!(error < TOLERANCE, "the gradient is {error} off");
}
