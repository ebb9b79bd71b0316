//! The core and libtorch dream the same.
#![cfg(feature = "torch")]

#[path = "common/generated.rs"]
mod generated;
#[path = "common/invented.rs"]
mod invented;
#[path = "common/psnr.rs"]
mod psnr;

use dreamer::Size;
use dreamer::backend::Backend;
use dreamer::backend::core::Core;
use dreamer::backend::torch::Torch;
use dreamer::dream::{Dream, Goal, LayerWeight, ObjectiveKind, Settings, Target, Tiling, octaves};
use dreamer::network::{Architecture, Form, Graph, Shape, select, zoo};
use dreamer::picture::{Planes, resize};
use psnr::psnr;

/// Decibels that two dreams are alike at least: they differ by less than a level of 255.
const ALIKE: f64 = 60.0;

#[test]
fn a_pretrained_networks_dream() {
    let graph = zoo::build("squeezenet1_1").unwrap();
    assert_alike(&graph, &[("features.5", 1.0)], None);
}

#[test]
fn a_dream_of_several_layers_in_tiles() {
    let graph = zoo::build("squeezenet1_1").unwrap();
    assert_alike(&graph, &[("features.4", 1.0), ("features.2", -0.5)], Some(140));
}

#[test]
fn a_dream_of_channels_in_tiles() {
    let graph = zoo::build("squeezenet1_1").unwrap();
    assert_alike(&graph, &[("features.4:3", 1.0), ("features.2:17", 0.5)], Some(140));
}

#[test]
fn the_dream_of_a_network_of_ones_own() {
    let architecture = Architecture::LeNet5;
    let grey = architecture.digits();
    let colour = Form { shape: Shape { channels: 3, ..grey.shape }, ..architecture.digits() };
    for form in [grey, colour] {
        assert_alike(&architecture.graph(&form).unwrap(), &[("c3.activation", 1.0)], None);
    }
}

#[test]
fn a_dream_for_each_objective_whole_and_in_tiles() {
    let graph = zoo::build("squeezenet1_1").unwrap();
    for objective in ObjectiveKind::ALL {
        for tile in [None, Some(140)] {
            assert_alike_for(&graph, &[("features.3.expand3x3", 1.0)], tile, *objective);
        }
    }
}

/// Dreams two octaves on both.
#[track_caller]
fn assert_alike(whole: &Graph, layers: &[(&str, f64)], tile: Option<usize>) {
    assert_alike_for(whole, layers, tile, ObjectiveKind::Energy);
}

#[track_caller]
fn assert_alike_for(
    whole: &Graph,
    layers: &[(&str, f64)],
    tile: Option<usize>,
    objective: ObjectiveKind,
) {
    let names: Vec<&str> = layers.iter().map(|(name, _)| *name).collect();
    let (graph, targets) = select(whole, &names).unwrap();
    let core = Core::new(&graph, invented::weights(&graph), &targets);
    let torch = Torch::new(&graph, invented::weights(&graph), &targets, tch::Device::Cpu).unwrap();

    // Neighbours are alike, as in a photograph.
    let picture = resize(&invented::picture(48, 40), 201, 163);
    let size = Size { height: picture.height(), width: picture.width() };
    let dream = Job {
        settings: Settings {
            layers: layers
                .iter()
                .map(|(name, weight)| LayerWeight { name: (*name).into(), weight: *weight })
                .collect(),
            iterations: 3,
            jitter: 16,
            seed: 5,
            tile,
            smooth: Some(0.8),
            ..Settings::default()
        },
        targets: (layers.iter())
            .map(|(_, weight)| Target { goal: Goal::Layer(objective), weight: *weight })
            .collect(),
        tiling: Tiling::new(&graph, &targets),
        octaves: octaves(&graph, size, 2, 1.4).unwrap().sizes,
        picture: picture.clone(),
    };
    let [ours, theirs] = [dream.run(&core), dream.run(&torch)];
    let [alike, unlike] = [&theirs, &picture].map(|other| psnr(ours.data(), other.data()));
    println!("{}: {alike:.1} dB, and {unlike:.1} dB to the picture", graph.name());
    assert!(alike > ALIKE, "{}: {alike:.1} dB", graph.name());
    assert!(unlike < 40.0, "{}: nothing is dreamed", graph.name());
}

/// A dream, whatever computes it.
struct Job {
    settings: Settings,
    targets: Vec<Target>,
    tiling: Tiling,
    octaves: Vec<Size>,
    picture: Planes,
}

impl Job {
    /// Three iterations in each octave, with jitter.
    fn run(&self, backend: &impl Backend) -> Planes {
        let dream = Dream {
            backend,
            tiling: &self.tiling,
            targets: &self.targets,
            settings: &self.settings,
        };
        dream.run(&self.picture, &self.octaves, &mut ()).unwrap()
    }
}
