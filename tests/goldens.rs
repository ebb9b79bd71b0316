//! A trained SqueezeNet on a photograph, against what PyTorch computed: activations, gradients and
//! whole dreams.

#[path = "common/cut.rs"]
mod cut;
#[path = "common/flipped.rs"]
mod flipped;
#[path = "common/psnr.rs"]
mod psnr;
#[path = "common/shared.rs"]
mod shared;

use std::fs;
use std::path::PathBuf;

use cut::{Cut, Executor, on_each_executor, relative_error, size};
use dreamer::dream::{Dream, Settings, Shift, octaves};
use dreamer::network::zoo;
use dreamer::picture::Planes;
use dreamer::weights::{self, Tensor};
use psnr::psnr;
use safetensors::SafeTensors;

/// Relative error of an activation.
const ACTIVATION: f64 = 1e-4;

on_each_executor! {
    activations_are_pytorchs
    gradients_are_pytorchs
    a_dream_of_one_octave_is_pytorchs
    a_dream_of_three_octaves_is_pytorchs
}

/// What PyTorch computed, and the weights it had.
struct Goldens {
    tensors: Vec<(String, Tensor)>,
    weights: PathBuf,
}

fn activations_are_pytorchs<E: Executor>() {
    let Some(goldens) = Goldens::read("activations_are_pytorchs") else { return };
    for (layer, golden) in goldens.named("activation/") {
        let activations = goldens.cut::<E>(layer).activations(&goldens.input());
        assert_eq!(activations[0].shape(), golden.shape(), "{layer}");
        let error = relative_error(activations[0].data(), golden.data());
        println!("activation of {layer}: {error:.1e}");
        assert!(error < ACTIVATION, "{layer}: relative error {error:.1e}");
    }
}

fn gradients_are_pytorchs<E: Executor>() {
    let Some(goldens) = Goldens::read("gradients_are_pytorchs") else { return };
    for (layer, golden) in goldens.named("gradient/") {
        let cut = goldens.cut::<E>(layer);
        let gradient = cut.gradient(&goldens.input(), Shift::default(), &|_| vec![1.0]);
        flipped::assert_gradient(layer, gradient.planes.data(), golden.data());

        let activation = goldens.tensor(&format!("activation/{layer}"));
        let energy: f64 = activation.data().iter().map(|value| f64::from(*value).powi(2)).sum();
        let error = (gradient.energies[0] / energy - 1.0).abs();
        assert!(error < ACTIVATION, "{layer}: relative error of Σa² {error:.1e}");
    }
}

fn a_dream_of_one_octave_is_pytorchs<E: Executor>() {
    let Some(goldens) = Goldens::read("a_dream_of_one_octave_is_pytorchs") else { return };
    assert_dream::<E>(&goldens, "features.7", 1, "dream/features.7/octaves=1,", 40.0);
}

fn a_dream_of_three_octaves_is_pytorchs<E: Executor>() {
    let Some(goldens) = Goldens::read("a_dream_of_three_octaves_is_pytorchs") else { return };
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
    let (input, Cut { executor, tiling }) = (goldens.input(), goldens.cut::<E>(layer));
    let settings = Settings {
        layers: vec![layer.into()],
        iterations: 5,
        step: 1.5,
        jitter: 0,
        ..Settings::default()
    };
    let dream = Dream { backend: &executor, tiling: &tiling, settings: &settings };
    let graph = zoo::build("squeezenet1_0").unwrap();
    let sizes = octaves(&graph, size(&input), count, 1.4).unwrap().sizes;
    assert_eq!(sizes.len(), count);
    let dreamed = dream.run(&input, &sizes, &mut ()).unwrap();
    let psnr = psnr(dreamed.data(), golden.data());
    println!("dream of {layer} in {count} octaves: {psnr:.1} dB");
    assert!(psnr > least, "{psnr:.1} dB");
}

impl Goldens {
    /// `None` where the shared folder is not there and `test` must be skipped.
    fn read(test: &str) -> Option<Goldens> {
        let bytes =
            fs::read(shared::file(test, "goldens/squeezenet1_0_golden_gate.safetensors")?).unwrap();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let tensors = tensors.iter().map(|(name, view)| {
            let (numbers, _) = view.data().as_chunks();
            let data = numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
            (name.to_owned(), Tensor::new(view.shape().to_vec(), data))
        });
        let weights = shared::file(test, "models/squeezenet1_0.safetensors")?;
        Some(Goldens { tensors: tensors.collect(), weights })
    }

    fn tensor(&self, name: &str) -> &Tensor {
        let found = self.tensors.iter().find(|(found, _)| found == name);
        &found.unwrap_or_else(|| panic!("there is no golden {name}")).1
    }

    /// The rest of the name, and the tensor, of each that begins so.
    fn named(&self, start: &str) -> Vec<(&str, &Tensor)> {
        let tensors = self.tensors.iter();
        let named: Vec<_> = tensors
            .filter_map(|(name, tensor)| Some((name.strip_prefix(start)?, tensor)))
            .collect();
        assert!(!named.is_empty(), "there are no goldens {start}");
        named
    }

    fn input(&self) -> Planes {
        let input = self.tensor("input");
        Planes::new(input.shape()[3], input.shape()[2], input.data().to_vec())
    }

    fn cut<E: Executor>(&self, layer: &str) -> Cut<E> {
        let whole = zoo::build("squeezenet1_0").unwrap();
        Cut::new(&whole, &[layer], |needed| weights::read(&self.weights, needed, &whole).unwrap())
    }
}
