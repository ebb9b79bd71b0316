//! The executors against torchvision, and against what Caffe and TensorFlow define: activations and
//! gradients of every network of the zoo.

#[path = "common/cut.rs"]
mod cut;
#[path = "common/fixtures.rs"]
mod fixtures;
#[path = "common/flipped.rs"]
mod flipped;
#[path = "common/generated.rs"]
mod generated;
#[path = "common/invented.rs"]
mod invented;

use cut::{Cut, Executor, on_each_executor, relative_error};
use dreamer::dream::Shift;
use dreamer::network::{Op, zoo};
use dreamer::picture::Planes;
use dreamer::weights::Tensor;
use fixtures::{Fixture, Recorded};

/// Relative error of an activation, and of its norm.
const ACTIVATION: f64 = 1e-4;

/// The tests of each network.
macro_rules! networks {
    ($($network:ident)*) => {
        const TESTED: &[&str] = &[$(stringify!($network)),*];

        $(mod $network {
            const NETWORK: &str = stringify!($network);

            crate::on_each_executor! {
                each_layers_activation_is_the_references
                layers_cut_together_have_the_references_activations
                each_layers_gradient_is_the_references
                a_gradient_of_several_layers_is_the_weighted_sum_of_the_references
                outputs_of_the_convolutions_are_seen_without_changing_the_gradient
            }

            fn each_layers_activation_is_the_references<E: crate::Executor>() {
                super::each_layers_activation_is_the_references::<E>(NETWORK);
            }

            fn layers_cut_together_have_the_references_activations<E: crate::Executor>() {
                super::layers_cut_together_have_the_references_activations::<E>(NETWORK);
            }

            fn each_layers_gradient_is_the_references<E: crate::Executor>() {
                super::each_layers_gradient_is_the_references::<E>(NETWORK);
            }

            fn a_gradient_of_several_layers_is_the_weighted_sum_of_the_references<E: crate::Executor>() {
                super::a_gradient_of_several_layers_is_the_weighted_sum_of_the_references::<E>(NETWORK);
            }

            fn outputs_of_the_convolutions_are_seen_without_changing_the_gradient<E: crate::Executor>() {
                super::outputs_of_the_convolutions_are_seen_without_changing_the_gradient::<E>(NETWORK);
            }
        })*
    };
}

networks! {
    googlenet bvlc_googlenet inception5h inception_v3 vgg16 vgg19 vgg16_caffe resnet50 squeezenet1_0
    squeezenet1_1 mobilenet_v2 alexnet
}

/// Networks that differ from one that is tested in the number of classes, or in their depth alone.
const VARIANTS: [&str; 3] = ["googlenet_places205", "googlenet_places365", "vgg19_caffe"];

#[test]
fn every_network_is_tested() {
    let variant = |name: &&str| !VARIANTS.contains(name);
    assert_eq!(TESTED, zoo::names().filter(variant).collect::<Vec<_>>());
}

fn each_layers_activation_is_the_references<E: Executor>(network: &str) {
    let fixture = fixtures::reference(network);
    for recorded in &fixture.activations {
        let activations = cut::<E>(network, &[&recorded.layer]).activations(&picture(&fixture));
        assert_activation(network, recorded, &activations[0]);
    }
}

fn layers_cut_together_have_the_references_activations<E: Executor>(network: &str) {
    let fixture = fixtures::reference(network);
    // Last layer first: targets may come in any order.
    let recorded: Vec<&Recorded> = fixture.activations.iter().rev().collect();
    let layers: Vec<&str> = recorded.iter().map(|recorded| recorded.layer.as_str()).collect();
    let activations = cut::<E>(network, &layers).activations(&picture(&fixture));
    assert_eq!(activations.len(), recorded.len());
    for (recorded, activation) in recorded.into_iter().zip(&activations) {
        assert_activation(network, recorded, activation);
    }
}

fn each_layers_gradient_is_the_references<E: Executor>(network: &str) {
    let fixture = fixtures::reference(network);
    for recorded in &fixture.gradients {
        let cut = cut::<E>(network, &[&recorded.layer]);
        let gradient = cut.gradient(&picture(&fixture), Shift::default(), &|_| vec![1.0]);
        assert_gradient(network, recorded, &gradient.planes);
    }
}

/// One backward pass serves all layers: Σ w/‖a‖ · gradient of ½·Σa².
fn a_gradient_of_several_layers_is_the_weighted_sum_of_the_references<E: Executor>(network: &str) {
    const WEIGHTS: [f64; 2] = [0.75, 2.0];
    let fixture = fixtures::reference(network);
    let [first, second] = &fixture.gradients[..] else {
        panic!("{network} has {} gradients", fixture.gradients.len());
    };
    let factors = |energies: &[f64]| {
        WEIGHTS.iter().zip(energies).map(|(weight, energy)| weight / energy.sqrt()).collect()
    };
    let cut = cut::<E>(network, &[&first.layer, &second.layer]);
    let gradient = cut.gradient(&picture(&fixture), Shift::default(), &factors);

    let factors = [0, 1].map(|layer| WEIGHTS[layer] / gradient.energies[layer].sqrt());
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
    assert_gradient(network, &expected, &gradient.planes);
}

/// A convolution that is a target keeps its own output, so that no batch-norm is folded into it and
/// no ReLU is fused with it.
fn outputs_of_the_convolutions_are_seen_without_changing_the_gradient<E: Executor>(network: &str) {
    let fixture = fixtures::reference(network);
    let recorded = &fixture.gradients[0];
    let graph = zoo::build(network).unwrap();
    let last = graph.find(&recorded.layer).unwrap();
    let before = graph.iter().filter(|(id, _)| *id < last);
    let convolutions = before
        .filter(|(_, node)| matches!(node.op, Op::Convolution(_)))
        .map(|(_, node)| &node.name);

    let mut layers = vec![recorded.layer.as_str()];
    layers.extend(convolutions.map(String::as_str));
    let mut factors = vec![0.0; layers.len()];
    factors[0] = 1.0;
    let cut = cut::<E>(network, &layers);
    let gradient = cut.gradient(&picture(&fixture), Shift::default(), &|_| factors.clone());
    assert!(gradient.energies.iter().all(|energy| *energy > 0.0));
    assert_gradient(network, recorded, &gradient.planes);
}

fn cut<E: Executor>(network: &str, layers: &[&str]) -> Cut<E> {
    Cut::new(&zoo::build(network).unwrap(), layers, invented::weights)
}

fn picture(fixture: &Fixture) -> Planes {
    let [1, 3, height, width] = fixture.input_shape[..] else {
        panic!("a picture of shape {:?}", fixture.input_shape);
    };
    invented::picture(width, height)
}

#[track_caller]
fn assert_activation(network: &str, recorded: &Recorded, activation: &Tensor) {
    let mut expected_shape = recorded.shape.clone();
    expected_shape.resize(4, 1);
    assert_eq!(activation.shape(), expected_shape, "{network} {}", recorded.layer);
    let kept = subsample(activation.data(), recorded);
    let error = relative_error(&kept, &recorded.values);
    println!("{network} activation of {}: {error:.1e}", recorded.layer);
    let norm = activation.data().iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
    assert!((norm / recorded.norm - 1.0).abs() < ACTIVATION, "{network} {}", recorded.layer);
    assert!(error < ACTIVATION, "{network} {}: relative error {error:.1e}", recorded.layer);
}

#[track_caller]
fn assert_gradient(network: &str, recorded: &Recorded, gradient: &Planes) {
    let shape = [1, 3, gradient.height(), gradient.width()];
    assert_eq!(shape[..], recorded.shape, "{network} {}", recorded.layer);
    let kept = subsample(gradient.data(), recorded);
    flipped::assert_gradient(&format!("{network} {}", recorded.layer), &kept, &recorded.values);
}

fn subsample(values: &[f32], recorded: &Recorded) -> Vec<f32> {
    values.iter().step_by(recorded.stride).copied().collect()
}
