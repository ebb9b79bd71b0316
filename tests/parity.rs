//! The torch executor against torchvision: activations and gradients of every network of the zoo.
#![cfg(feature = "torch")]

#[path = "common/cut.rs"]
mod cut;
#[path = "common/fixtures.rs"]
mod fixtures;
#[path = "common/generated.rs"]
mod generated;

use cut::{Cut, relative_error};
use dreamer::backend::Roll;
use dreamer::network::{Graph, Op, zoo};
use dreamer::picture::Planes;
use dreamer::weights::{Tensor, Weights};
use fixtures::{Fixture, Recorded};

/// Relative error of an activation.
const ACTIVATION: f64 = 1e-4;

/// Relative error of a gradient.
const GRADIENT: f64 = 1e-3;

/// The tests of each network.
macro_rules! networks {
    ($($network:ident)*) => {
        const TESTED: &[&str] = &[$(stringify!($network)),*];

        $(mod $network {
            const NETWORK: &str = stringify!($network);

            #[test]
            fn each_layers_activation_is_torchvisions() {
                super::each_layers_activation_is_torchvisions(NETWORK);
            }

            #[test]
            fn layers_cut_together_have_torchvisions_activations() {
                super::layers_cut_together_have_torchvisions_activations(NETWORK);
            }

            #[test]
            fn each_layers_gradient_is_torchvisions() {
                super::each_layers_gradient_is_torchvisions(NETWORK);
            }

            #[test]
            fn a_gradient_of_several_layers_is_the_weighted_sum_of_torchvisions() {
                super::a_gradient_of_several_layers_is_the_weighted_sum_of_torchvisions(NETWORK);
            }

            #[test]
            fn outputs_of_the_convolutions_are_seen_without_changing_the_gradient() {
                super::outputs_of_the_convolutions_are_seen_without_changing_the_gradient(NETWORK);
            }
        })*
    };
}

networks! {
    googlenet inception_v3 vgg16 vgg19 resnet50 squeezenet1_0 squeezenet1_1 mobilenet_v2 alexnet
}

#[test]
fn every_network_is_tested() {
    assert_eq!(TESTED, zoo::names().collect::<Vec<_>>());
}

fn each_layers_activation_is_torchvisions(network: &str) {
    let fixture = fixtures::torchvision(network);
    for recorded in &fixture.activations {
        let activations = cut(network, &[&recorded.layer]).torch.activations(picture(&fixture));
        assert_recorded(network, recorded, &activations.unwrap()[0], ACTIVATION);
    }
}

fn layers_cut_together_have_torchvisions_activations(network: &str) {
    let fixture = fixtures::torchvision(network);
    // Last layer first: targets may come in any order.
    let recorded: Vec<&Recorded> = fixture.activations.iter().rev().collect();
    let layers: Vec<&str> = recorded.iter().map(|recorded| recorded.layer.as_str()).collect();
    let activations = cut(network, &layers).torch.activations(picture(&fixture)).unwrap();
    assert_eq!(activations.len(), recorded.len());
    for (recorded, activation) in recorded.into_iter().zip(&activations) {
        assert_recorded(network, recorded, activation, ACTIVATION);
    }
}

fn each_layers_gradient_is_torchvisions(network: &str) {
    let fixture = fixtures::torchvision(network);
    for recorded in &fixture.gradients {
        let cut = cut(network, &[&recorded.layer]);
        let gradient = cut.gradient(&picture(&fixture), Roll::default(), &|_| vec![1.0]);
        assert_recorded(network, recorded, &as_tensor(gradient.planes), GRADIENT);
    }
}

/// One backward pass serves all layers: Σ w/‖a‖ · gradient of ½·Σa².
fn a_gradient_of_several_layers_is_the_weighted_sum_of_torchvisions(network: &str) {
    const WEIGHTS: [f64; 2] = [0.75, 2.0];
    let fixture = fixtures::torchvision(network);
    let [first, second] = &fixture.gradients[..] else {
        panic!("{network} has {} gradients", fixture.gradients.len());
    };
    let factors = |energies: &[f64]| [0, 1].map(|layer| WEIGHTS[layer] / energies[layer].sqrt());
    let cut = cut(network, &[&first.layer, &second.layer]);
    let gradient =
        cut.gradient(&picture(&fixture), Roll::default(), &|energies| factors(energies).into());

    let factors = factors(&gradient.energies);
    let sum = first.values.iter().zip(&second.values);
    let sum = sum.map(|(first, second)| {
        (factors[0] * f64::from(*first) + factors[1] * f64::from(*second)) as f32
    });
    let expected = Recorded {
        layer: format!("{} and {}", first.layer, second.layer),
        shape: first.shape.clone(),
        values: sum.collect(),
        ..*first
    };
    assert_recorded(network, &expected, &as_tensor(gradient.planes), GRADIENT);
}

/// A convolution that is a target keeps its own output, so that no batch-norm is folded into it and
/// no ReLU is fused with it.
fn outputs_of_the_convolutions_are_seen_without_changing_the_gradient(network: &str) {
    let fixture = fixtures::torchvision(network);
    let recorded = &fixture.gradients[0];
    let graph = zoo::build(network).unwrap();
    let last = graph.find(&recorded.layer).unwrap();
    let before = graph.iter().filter(|(id, _)| *id < last);
    let convolutions =
        before.filter(|(_, node)| matches!(node.op, Op::Convolution(_))).map(|(_, node)| &node.name);

    let mut layers = vec![recorded.layer.as_str()];
    layers.extend(convolutions.map(String::as_str));
    let mut factors = vec![0.0; layers.len()];
    factors[0] = 1.0;
    let cut = cut(network, &layers);
    let gradient = cut.gradient(&picture(&fixture), Roll::default(), &|_| factors.clone());
    assert!(gradient.energies.iter().all(|energy| *energy > 0.0));
    assert_recorded(network, recorded, &as_tensor(gradient.planes), GRADIENT);
}

fn cut(network: &str, layers: &[&str]) -> Cut {
    Cut::new(&zoo::build(network).unwrap(), layers, weights)
}

fn weights(graph: &Graph) -> Weights {
    let tensors = generated::weights(graph).into_iter();
    tensors.map(|(key, shape, values)| (key, Tensor::new(shape, values))).collect()
}

fn picture(fixture: &Fixture) -> Planes {
    let [1, 3, height, width] = fixture.input_shape[..] else {
        panic!("a picture of shape {:?}", fixture.input_shape);
    };
    Planes::new(width, height, generated::tensor("input", &fixture.input_shape))
}

fn as_tensor(planes: Planes) -> (Vec<usize>, Vec<f32>) {
    (vec![1, 3, planes.height(), planes.width()], planes.into_data())
}

#[track_caller]
fn assert_recorded(
    network: &str,
    recorded: &Recorded,
    (shape, values): &(Vec<usize>, Vec<f32>),
    tolerance: f64,
) {
    let mut expected_shape = recorded.shape.clone();
    expected_shape.resize(4, 1);
    assert_eq!(*shape, expected_shape, "{network} {}", recorded.layer);
    let kept: Vec<f32> = values.iter().step_by(recorded.stride).copied().collect();
    let error = relative_error(&kept, &recorded.values);
    println!("{network} {}: {error:.1e}", recorded.layer);
    assert!(error < tolerance, "{network} {}: relative error {error:.1e}", recorded.layer);
}
