//! Clones of a network share its weights, and compute side by side what one computes alone.
//!
//! This is a program of its own with one test in it, since the memory is the whole process's.
#![cfg(target_os = "linux")]

use std::fs;
use std::thread;

use dreamer::backend::core::{Core, ParameterLayout};
#[cfg(feature = "torch")]
use dreamer::backend::torch::Torch;
use dreamer::backend::{Backend, Record, Rectangle, Seed, View};
use dreamer::network::{Graph, Shape, find_layer, truncate, zoo};
use dreamer::weights::Weights;

/// Clones that compute at once.
const CLONES: usize = 4;

/// Sides of the pictures: each is a program of its own on the core.
const SIDES: [usize; 3] = [32, 48, 40];

#[test]
fn clones_share_the_weights_and_compute_the_same() {
    let graph = zoo::build("vgg16").unwrap();
    let target = find_layer(&graph, "features.28").unwrap();
    let (graph, targets) = truncate(&graph, &[target]);
    share("core", &Core::new(&graph, weights(&graph), &targets), &graph);
    #[cfg(feature = "torch")]
    {
        let torch = Torch::new(&graph, weights(&graph), &targets, tch::Device::Cpu).unwrap();
        share("torch", &torch, &graph);
    }
}

fn share<B: Backend + Clone + Send>(name: &str, network: &B, graph: &Graph) {
    let alone = energies(network);
    let before = resident();
    let clones: Vec<B> = (0..CLONES).map(|_| network.clone()).collect();
    let computed: Vec<(Vec<f64>, B)> = thread::scope(|scope| {
        let compute = |clone: B| scope.spawn(|| (energies(&clone), clone));
        let running: Vec<_> = clones.into_iter().map(compute).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for (energies, _) in &computed {
        assert_eq!(*energies, alone, "{name}");
    }
    let taken = resident().saturating_sub(before) as f64;
    let weights = (ParameterLayout::new(graph).len() * size_of::<f32>()) as f64;
    println!("{name}: {CLONES} clones take {:.0} MB, weights {:.0} MB", taken / 1e6, weights / 1e6);
    // A copy of the weights for each would be four times as much, and packed ones even more.
    assert!(taken < 2.0 * weights, "{name}: {:.0} MB of {:.0} MB", taken / 1e6, weights / 1e6);
}

/// The target's energy for pictures of every size, each after a whole gradient step.
fn energies<B: Backend>(network: &B) -> Vec<f64> {
    // As in a lane; on a machine of many cores their threads' memory would be more than the weights.
    #[cfg(feature = "torch")]
    Torch::set_threads(Some(1));
    let energy = |side: usize| {
        let values: Vec<f32> =
            (0..3 * side * side).map(|index| (index % 251) as f32 / 250.0).collect();
        let shape = Shape { channels: 3, height: side, width: side };
        let mut picture = network.upload(shape, values).unwrap();
        let mut gradient = network.upload(shape, vec![0.0; shape.volume()]).unwrap();
        let view = View::whole(side, side);
        let trace = network.forward(&picture, view, Record::Gradient).unwrap();
        let seeds = vec![Seed::Activation { factor: 1.0 }];
        network.backward(trace, seeds, Rectangle::whole(side, side), &mut gradient).unwrap();
        network.add_scaled(&mut picture, &gradient, 0.01).unwrap();
        let trace = network.forward(&picture, view, Record::Nothing).unwrap();
        let activation = &network.activations(&trace)[0];
        network.dot(activation, activation, None).unwrap()
    };
    SIDES.map(energy).to_vec()
}

/// Small weights of both signs.
fn weights(graph: &Graph) -> Weights {
    let layout = ParameterLayout::new(graph);
    let value = |index: usize| ((index * 7919 % 1009) as f32 / 1009.0 - 0.45) * 0.05;
    layout.tensors(&(0..layout.len()).map(value).collect::<Vec<_>>())
}

/// Bytes of this process in memory.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    let kilobytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    1024 * kilobytes
}
