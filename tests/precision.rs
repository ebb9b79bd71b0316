//! Gradients in float32, on this processor's own kernels, against those in float64.

use dreamer::backend::core::{Kernels, ParameterLayout, Plan, Program, Scalar, Use};
use dreamer::network::{Activation, Architecture, Builder, Convolution, Graph, Preprocessing};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Of the largest value. Rounding sums of some thousand float32 terms comes to 6e-6 here; a wrong term
/// is a thousand times that.
const TOLERANCE: f64 = 2e-5;
/// More than one replica's share, and no multiple of anything.
const BATCH: usize = 5;

/// The gradients, with respect to all parameters, of Σ r·a of the last node over a mini-batch.
fn gradients<T: Scalar + Kernels>(graph: &Graph) -> Vec<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut values = |count: usize, half: f64| -> Vec<T> {
        (0..count)
            .map(|_| T::from_f64(f64::from(random.random_range(-half..half) as f32)))
            .collect()
    };
    let layout = ParameterLayout::new(graph);
    let size = graph.picture_size();
    let plan =
        Plan { batch: BATCH, size, purpose: Use::Training { input: false }, parallel: false };
    let mut program = Program::<T>::new(graph, plan).expect("the picture fits");
    let parameters = values(layout.len(), 0.3);
    program.load(&parameters);
    let input = values(program.input().len(), 1.0);
    program.input().copy_from_slice(&input);
    program.forward(&parameters, BATCH, None);
    for n in 0..BATCH {
        let factors = values(program.answer(n).0.len(), 1.0);
        program.answer(n).1.copy_from_slice(&factors);
    }
    let mut gradients = vec![T::ZERO; layout.len()];
    program.backward(&parameters, BATCH, None, false, Some(&mut gradients));
    gradients.into_iter().map(T::to_f64).collect()
}

#[track_caller]
fn check(name: &str, graph: &Graph) {
    let (found, wanted) = (gradients::<f32>(graph), gradients::<f64>(graph));
    for parameter in ParameterLayout::new(graph).iter() {
        let (found, wanted) = (&found[parameter.range.clone()], &wanted[parameter.range.clone()]);
        let scale = wanted.iter().fold(0.0, |scale: f64, value| scale.max(value.abs()));
        assert!(scale > 0.0, "{name}: {} has no gradient", parameter.name);
        for (index, (found, wanted)) in found.iter().zip(wanted).enumerate() {
            let error = (found - wanted).abs() / scale;
            assert!(error < TOLERANCE, "{name}, {} {index}: {found}, not {wanted}", parameter.name);
        }
    }
}

#[test]
fn networks_for_digits_have_the_same_gradients() {
    for name in ["lenet", "lenet5", "mlp:784-30-10"] {
        let architecture: Architecture = name.parse().expect("there is such a network");
        let graph = architecture.graph(&architecture.digits()).expect("it takes digits");
        check(name, &graph);
    }
}

#[test]
fn convolutions_of_any_number_of_maps_have_the_same_gradients() {
    for maps in 1..=19 {
        let (mut net, input) = Builder::new("maps", Preprocessing::SYMMETRIC);
        net.picture_size(dreamer::Size { height: 13, width: 17 });
        let first = net.convolution("first", input, Convolution::square(3, maps, 3));
        let first = net.activation("curve", first, Activation::Tanh);
        net.convolution("second", first, Convolution::square(maps, 20 - maps, 5));
        check(&format!("{maps} maps"), &net.finish("second"));
    }
}
