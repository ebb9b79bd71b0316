//! A trained SqueezeNet on a photograph, against what PyTorch computed: activations, gradients and
//! whole dreams.

#[path = "common/cut.rs"]
mod cut;
#[path = "common/flipped.rs"]
mod flipped;
#[path = "common/goldens.rs"]
mod goldens;
#[path = "common/psnr.rs"]
mod psnr;
#[path = "common/shared.rs"]
mod shared;
#[path = "common/targets.rs"]
mod targets;

use cut::{Cut, Executor, on_each_executor, relative_error, size};
use dreamer::dream::{Dream, Settings, Shift, octaves};
use dreamer::network::zoo;
use goldens::Goldens;
use psnr::psnr;
use targets::energies;

const NETWORK: &str = "squeezenet1_0";

/// Relative error of an activation.
const ACTIVATION: f64 = 1e-4;

on_each_executor! {
    activations_are_pytorchs
    gradients_are_pytorchs
    a_dream_of_one_octave_is_pytorchs
    a_dream_of_three_octaves_is_pytorchs
}

fn activations_are_pytorchs<E: Executor>() {
    let Some(goldens) = Goldens::read("activations_are_pytorchs", NETWORK) else { return };
    for (layer, golden) in goldens.named("activation/") {
        let activations = goldens.cut::<E>(layer).activations(&goldens.picture("input"));
        assert_eq!(activations[0].shape(), golden.shape(), "{layer}");
        let error = relative_error(activations[0].data(), golden.data());
        println!("activation of {layer}: {error:.1e}");
        assert!(error < ACTIVATION, "{layer}: relative error {error:.1e}");
    }
}

fn gradients_are_pytorchs<E: Executor>() {
    let Some(goldens) = Goldens::read("gradients_are_pytorchs", NETWORK) else { return };
    for (layer, golden) in goldens.named("gradient/") {
        let cut = goldens.cut::<E>(layer);
        let gradient = cut.gradient(&goldens.picture("input"), Shift::default(), &|_| vec![1.0]);
        flipped::assert_gradient(layer, gradient.planes.data(), golden.data());

        let activation = goldens.tensor(&format!("activation/{layer}"));
        let energy: f64 = activation.data().iter().map(|value| f64::from(*value).powi(2)).sum();
        let error = (gradient.energies[0] / energy - 1.0).abs();
        assert!(error < ACTIVATION, "{layer}: relative error of Σa² {error:.1e}");
    }
}

fn a_dream_of_one_octave_is_pytorchs<E: Executor>() {
    let Some(goldens) = Goldens::read("a_dream_of_one_octave_is_pytorchs", NETWORK) else { return };
    assert_dream::<E>(&goldens, "features.7", 1, "dream/features.7/octaves=1,", 40.0);
}

fn a_dream_of_three_octaves_is_pytorchs<E: Executor>() {
    let Some(goldens) = Goldens::read("a_dream_of_three_octaves_is_pytorchs", NETWORK) else {
        return;
    };
    assert_dream::<E>(&goldens, "features.7", 3, "dream/features.7/octaves=3,scale=1.4,", 30.0);
}

/// Dreams as the golden of that name was: five iterations, step 1.5, no jitter.
#[track_caller]
fn assert_dream<E: Executor>(
    goldens: &Goldens,
    layer: &str,
    count: usize,
    golden: &str,
    least: f64,
) {
    let golden = goldens.tensor(&format!("{golden}iterations=5,step=1.5,jitter=0"));
    let (input, Cut { executor, tiling }) = (goldens.picture("input"), goldens.cut::<E>(layer));
    let settings = Settings {
        layers: vec![layer.into()],
        iterations: 5,
        step: 1.5,
        jitter: 0,
        ..Settings::default()
    };
    let dream = Dream {
        backend: &executor,
        tiling: &tiling,
        targets: &energies(&settings),
        settings: &settings,
    };
    let graph = zoo::build(NETWORK).unwrap();
    let sizes = octaves(&graph, size(&input), count, 1.4).unwrap().sizes;
    assert_eq!(sizes.len(), count);
    let dreamed = dream.run(&input, &sizes, &mut ()).unwrap();
    let psnr = psnr(dreamed.data(), golden.data());
    println!("dream of {layer} in {count} octaves: {psnr:.1} dB");
    assert!(psnr > least, "{psnr:.1} dB");
}
