//! Every operation's backward pass against finite differences in float64, over random shapes.

use dreamer::Size;
use dreamer::backend::Seed;
use dreamer::backend::core::{ParameterLayout, Plan, Program, Use};
use dreamer::network::{
    Activation, Builder, Convolution, Graph, NodeId, Op, Padding, PartialConvolution,
    Preprocessing, Window,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const TOLERANCE: f64 = 1e-6;
const STEP: f64 = 1e-6;
const BATCH: usize = 3;

/// Shapes and values of one random case.
struct Case {
    random: ChaCha8Rng,
}

impl Case {
    fn below(&mut self, limit: usize) -> usize {
        self.random.random_range(0..limit)
    }

    fn values(&mut self, count: usize) -> Vec<f64> {
        (0..count).map(|_| self.random.random_range(-1.0..1.0)).collect()
    }

    fn window(&mut self) -> Window {
        let mut extent = |low: usize| [low + self.below(3), low + self.below(3)];
        let (kernel, stride) = (extent(1), extent(1));
        let padding = kernel.map(|kernel| kernel / 2 * self.below(2));
        Window { kernel, stride, padding, ceil: self.below(2) == 1 }
    }
}

/// Checks twenty random networks that `build` makes of an input of some channels.
fn check(name: &str, build: impl Fn(&mut Case, &mut Builder, NodeId, [usize; 2]) -> NodeId) {
    for seed in 0..20 {
        let mut case = Case { random: ChaCha8Rng::seed_from_u64(seed) };
        let channels = 1 + case.below(4);
        let size = [4 + case.below(8), 4 + case.below(8)];
        let (mut net, input) = Builder::with_channels("case", Preprocessing::SYMMETRIC, channels);
        let last = build(&mut case, &mut net, input, size);
        net.alias("last", last);
        let graph = net.finish("last");
        check_input(
            &format!("{name}, seed {seed}"),
            &mut case,
            &graph,
            last,
            Size { height: size[0], width: size[1] },
        );
        check_parameters(
            &format!("{name}, seed {seed}"),
            &mut case,
            &graph,
            Size { height: size[0], width: size[1] },
        );
    }
}

/// The gradient of ½·Σa² of the last node with respect to the input, as a dream takes it.
fn check_input(name: &str, case: &mut Case, graph: &Graph, last: NodeId, size: Size) {
    let targets = [last];
    for parallel in [false, true] {
        let plan = Plan { batch: 1, size, purpose: Use::Dreaming(&targets), parallel };
        let mut program = Program::<f64>::new(graph, plan).expect("the picture fits");
        let parameters = case.values(ParameterLayout::new(graph).len());
        let parameters = positive_variances(graph, parameters);
        program.load(&parameters);
        let mut input = case.values(program.input().len());
        let mut score = |input: &[f64]| {
            program.input().copy_from_slice(input);
            program.forward(&parameters, 1, None);
            program.target(0).iter().map(|a| 0.5 * a * a).sum::<f64>()
        };
        let wanted = differences(&mut input, &mut score);
        score(&input);
        program.seed_targets::<Vec<f64>>(&[Seed::Activation { factor: 1.0 }]);
        program.backward(&parameters, 1, None, false, None);
        compare(name, "input", program.input_gradient(0), &wanted);
    }
}

/// The gradient of Σ r·a of the last node, for random r, with respect to the parameters, over a
/// mini-batch.
fn check_parameters(name: &str, case: &mut Case, graph: &Graph, size: Size) {
    let layout = ParameterLayout::new(graph);
    let plan = Plan { batch: BATCH, size, purpose: Use::Training { input: true }, parallel: false };
    let mut program = Program::<f64>::new(graph, plan).expect("the picture fits");
    let input = case.values(program.input().len());
    program.input().copy_from_slice(&input);
    let answers: Vec<Vec<f64>> = (0..BATCH).map(|n| program.answer(n).0.to_vec()).collect();
    let factors: Vec<Vec<f64>> = answers.iter().map(|answer| case.values(answer.len())).collect();
    let seed = Some(5);
    let mut parameters = positive_variances(graph, case.values(layout.len()));
    let pass = |program: &mut Program<f64>, parameters: &[f64], input: &[f64]| {
        program.input().copy_from_slice(input);
        program.load(parameters);
        program.forward(parameters, BATCH, seed);
        let scores = factors.iter().enumerate().map(|(n, factors)| {
            let (values, gradient) = program.answer(n);
            gradient.copy_from_slice(factors);
            values.iter().zip(factors).map(|(a, r)| a * r).sum::<f64>()
        });
        scores.sum::<f64>()
    };
    let wanted =
        differences(&mut parameters, &mut |parameters| pass(&mut program, parameters, &input));
    pass(&mut program, &parameters, &input);
    let mut gradients = vec![f64::NAN; layout.len()];
    program.backward(&parameters, BATCH, seed, false, Some(&mut gradients));
    for parameter in layout.iter().filter(|parameter| !parameter.is_running()) {
        let range = parameter.range.clone();
        compare(name, &parameter.name, &gradients[range.clone()], &wanted[range]);
    }

    // The gradient of the pictures, from another pass back.
    let mut input = input;
    let wanted = differences(&mut input, &mut |input| pass(&mut program, &parameters, input));
    pass(&mut program, &parameters, &input);
    program.backward(&parameters, BATCH, seed, false, None);
    let found: Vec<f64> = (0..BATCH).flat_map(|n| program.input_gradient(n).to_vec()).collect();
    compare(name, "input of a mini-batch", &found, &wanted);
}

/// A running variance is positive.
fn positive_variances(graph: &Graph, mut parameters: Vec<f64>) -> Vec<f64> {
    for parameter in ParameterLayout::new(graph).iter() {
        if parameter.name.ends_with("running_var") {
            parameters[parameter.range.clone()]
                .iter_mut()
                .for_each(|value| *value = 0.5 + value.abs());
        }
    }
    parameters
}

/// Central differences of a function.
fn differences(at: &mut [f64], function: &mut impl FnMut(&[f64]) -> f64) -> Vec<f64> {
    (0..at.len())
        .map(|index| {
            let value = at[index];
            at[index] = value + STEP;
            let above = function(at);
            at[index] = value - STEP;
            let below = function(at);
            at[index] = value;
            (above - below) / (2.0 * STEP)
        })
        .collect()
}

fn compare(name: &str, what: &str, found: &[f64], wanted: &[f64]) {
    assert_eq!(found.len(), wanted.len());
    let scale = wanted.iter().fold(1.0f64, |scale, value| scale.max(value.abs()));
    for (index, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        let error = (found - wanted).abs() / scale;
        assert!(
            error < TOLERANCE,
            "{name}: gradient {index} of {what} is {found}, and by differences {wanted}"
        );
    }
}

#[test]
fn convolutions_of_any_kernel_stride_padding_and_groups() {
    check("convolution", |case, net, input, _| {
        let groups = 1 + case.below(net.channels(input));
        let channels = groups * (1 + case.below(3));
        let widen = Convolution::square(net.channels(input), channels, 1);
        let top = net.convolution("widen", input, widen);
        let mut extent = || [1 + case.below(3), 1 + case.below(3)];
        let (kernel, stride) = (extent(), extent());
        let mut zeros = || kernel.map(|kernel| case.below(kernel));
        let padding = Padding { before: zeros(), after: zeros() };
        let convolution = Convolution {
            input: channels,
            output: groups * (1 + case.below(9)),
            kernel,
            stride,
            padding,
            groups,
            bias: case.below(2) == 1,
        };
        net.convolution("convolution", top, convolution)
    });
}

#[test]
fn convolutions_that_cover_their_input() {
    check("covering convolution", |case, net, input, size| {
        let convolution = Convolution {
            kernel: size,
            ..Convolution::square(net.channels(input), 1 + case.below(5), 1)
        };
        let top = net.convolution("first", input, convolution);
        let next = Convolution::square(net.channels(top), 1 + case.below(5), 1);
        net.convolution("second", top, next)
    });
}

#[test]
fn partial_convolutions() {
    check("partial convolution", |case, net, input, _| {
        let maps = 1 + case.below(5);
        let widen = Convolution::square(net.channels(input), 3, 1);
        let top = net.convolution("widen", input, widen);
        let mut table: Vec<Vec<usize>> =
            (0..maps).map(|_| (0..3).filter(|_| case.below(2) == 1).collect()).collect();
        table[0] = vec![0, 2];
        let kernel = [1 + case.below(3), 1 + case.below(3)];
        let op = PartialConvolution { input: 3, kernel, table };
        net.add("partial", Op::PartialConvolution(op), &[top])
    });
}

#[test]
fn linear_layers() {
    check("linear", |case, net, input, [height, width]| {
        let volume = net.channels(input) * height * width;
        let flat = net.flatten("flatten", input);
        let top = net.linear("first", flat, [volume, 2 + case.below(5)]);
        let top = net.activation("tanh", top, Activation::Tanh);
        let widths = [net.channels(top), 1 + case.below(5)];
        net.linear("second", top, widths)
    });
}

#[test]
fn max_pooling() {
    check("max pool", |case, net, input, _| {
        let window = case.window();
        net.max_pool("pool", input, window)
    });
}

#[test]
fn average_pooling() {
    check("average pool", |case, net, input, _| {
        let (window, count_padding) = (case.window(), case.below(2) == 1);
        net.add("pool", Op::AveragePool { window, count_padding }, &[input])
    });
}

#[test]
fn adaptive_average_pooling() {
    check("adaptive average pool", |case, net, input, _| {
        let output = [1 + case.below(3), 1 + case.below(3)];
        net.add("pool", Op::AdaptiveAveragePool { output }, &[input])
    });
}

#[test]
fn trainable_sub_sampling() {
    check("sub-sampling", |case, net, input, _| {
        let (channels, window) = (net.channels(input), case.window());
        net.add("subsample", Op::Subsample { channels, window }, &[input])
    });
}

#[test]
fn local_response_normalisation() {
    check("local response norm", |case, net, input, _| {
        let widen = Convolution::square(net.channels(input), 6, 1);
        let top = net.convolution("widen", input, widen);
        let op = Op::LocalResponseNorm { size: 1 + case.below(6), alpha: 0.7, beta: 0.75, k: 1.5 };
        net.add("norm", op, &[top])
    });
}

#[test]
fn batch_normalisation() {
    check("batch norm", |_, net, input, _| net.batch_norm("norm", input, 1e-3));
    check("batch norm behind a convolution", |case, net, input, _| {
        let channels = net.channels(input);
        let convolution = Convolution::square(channels, 1 + case.below(4), 1 + case.below(3));
        let convolution = net.convolution("convolution", input, convolution);
        let norm = net.batch_norm("norm", convolution, 1e-3);
        net.activation("activation", norm, Activation::Tanh)
    });
}

#[test]
fn concatenations_whose_parts_are_read_elsewhere_or_not() {
    check("concat", |case, net, input, _| {
        let channels = net.channels(input);
        let a = net.convolution("a", input, Convolution::square(channels, 2, 3).padding(1));
        let a = net.activation("a.tanh", a, Activation::Tanh);
        let b = net.convolution("b", input, Convolution::square(channels, 3, 1));
        let inner = net.concat("inner", &[a, b]);
        let c = net.convolution("c", input, Convolution::square(channels, 1, 1));
        let top = net.concat("outer", &[c, inner]);
        let top = match case.below(3) {
            0 => net.concat("again", &[top, c]),
            1 => net.concat("twice", &[input, top, input]),
            _ => top,
        };
        let channels = net.channels(top);
        net.convolution("end", top, Convolution::square(channels, 2, 3))
    });
}

#[test]
fn channels_of_layers_that_others_read_or_not() {
    check("channel", |case, net, input, _| {
        let branch =
            net.convolution("a", input, Convolution::square(net.channels(input), 4, 3).padding(1));
        let function = net.activation("a.relu", branch, Activation::Relu);
        let op = Op::Channels { first: case.below(3), count: 2 };
        let first = net.add("first", op, &[function]);
        if case.below(2) == 0 {
            return first;
        }
        let op = Op::Channels { first: case.below(4), count: 1 };
        let second = net.add("second", op, &[function]);
        net.concat("both", &[first, function, second])
    });
}

#[test]
fn sums_with_a_shortcut() {
    check("add", |_, net, input, _| {
        let channels = net.channels(input);
        let branch =
            net.convolution("a", input, Convolution::square(channels, channels, 3).padding(1));
        let squashed = net.activation("a.softsign", branch, Activation::Softsign);
        let sum = net.add("add", Op::Add, &[squashed, input, branch]);
        net.activation("sigmoid", sum, Activation::Sigmoid)
    });
}

#[test]
fn softmax() {
    check("softmax", |_, net, input, _| {
        let channels = net.channels(input);
        let top = net.convolution("a", input, Convolution::square(channels, 5, 1));
        net.add("softmax", Op::Softmax, &[top])
    });
}

#[test]
fn dropout_with_the_same_draw() {
    check("dropout", |_, net, input, _| {
        let channels = net.channels(input);
        let top = net.convolution("a", input, Convolution::square(channels, 4, 3));
        let top = net.add("dropout", Op::Dropout { rate: 0.4 }, &[top]);
        net.convolution("b", top, Convolution::square(4, 2, 1))
    });
}

#[test]
fn functions_of_functions() {
    check("chain", |case, net, input, _| {
        let channels = net.channels(input);
        let top = net.convolution("a", input, Convolution::square(channels, 4, 3));
        let top = net.activation("sigmoid", top, Activation::Sigmoid);
        let top = match case.below(3) {
            0 => net.add("dropout", Op::Dropout { rate: 0.4 }, &[top]),
            1 => net.activation("tanh", top, Activation::Tanh),
            _ => net.add("softmax", Op::Softmax, &[top]),
        };
        let top = net.activation("softsign", top, Activation::Softsign);
        net.convolution("b", top, Convolution::square(4, 2, 1))
    });
}

#[test]
fn functions_of_concatenated_functions() {
    check("concat of functions", |case, net, input, _| {
        let channels = net.channels(input);
        let parts = [Activation::Sigmoid, Activation::Softsign].map(|activation| {
            let part =
                net.convolution(activation.name(), input, Convolution::square(channels, 2, 3));
            net.activation(format!("{} of it", activation.name()), part, activation)
        });
        let top = net.concat("concat", &parts);
        let top = match case.below(2) {
            0 => net.add("dropout", Op::Dropout { rate: 0.4 }, &[top]),
            _ => net.activation("tanh", top, Activation::Tanh),
        };
        net.convolution("b", top, Convolution::square(4, 2, 1))
    });
}

#[test]
fn every_activation_function_in_place_and_on_a_copy() {
    for activation in [
        Activation::Relu,
        Activation::Relu6,
        Activation::Sigmoid,
        Activation::Tanh,
        Activation::ScaledTanh,
        Activation::Softsign,
    ] {
        check(activation.name(), |_, net, input, _| {
            let channels = net.channels(input);
            let on_a_copy = net.activation("copied", input, activation);
            let top = net.convolution("a", on_a_copy, Convolution::square(channels, 3, 2));
            let top = net.activation("in place", top, activation);
            net.convolution("b", top, Convolution::square(3, 2, 1))
        });
    }
}
