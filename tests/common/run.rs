//! A training run that never was: what a deep network of sigmoids does on ten digits.

use dreamer::train::confusion::Confusion;
use dreamer::train::data::PictureShape;
use dreamer::train::history::{
    ClassDreams, Distribution, Epoch, FeatureMaps, History, Mistake, Score, Snapshot, Tile,
    WatchedLayer,
};
use dreamer::train::tile::Levels;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const LAYERS: usize = 5;

/// Values of each distribution.
const VALUES: usize = 1000;

/// A run of `epochs` epochs whose gradients vanish on their way back through five layers, the
/// last of which is saturated for some epochs.
pub fn of_sigmoids(epochs: usize) -> History {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    History {
        title: "sigmoid network on mnist".into(),
        command: "dreamer train sigmoid5 --data mnist --epochs 30 --seed 7 --report report.html"
            .into(),
        settings: [
            ("network", "784-1000-1000-1000-1000-10"),
            ("optimiser", "stochastic gradient descent, momentum 0.9"),
            ("learning rate", "0.1, a tenth from epoch 21 on"),
            ("examples at a time", "10"),
            ("seed", "7"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into(),
        classes: (0..10).map(|class| class.to_string()).collect(),
        epochs: (1..=epochs).map(|number| epoch(number, &mut random)).collect(),
        layers: (1..=LAYERS).map(|layer| watched(layer, epochs, &mut random)).collect(),
        dreams: [5, 30]
            .map(|epoch| ClassDreams {
                epoch,
                labels: vec![0, 3, 6],
                tiles: (0..3).map(|_| mistake(&mut random).picture).collect(),
            })
            .into(),
        filters: (0..16).map(|_| kernel(&mut random)).collect(),
        feature_maps: vec![
            maps("conv1", 6, 28, &mut random),
            maps("pool1", 6, 14, &mut random),
            maps("conv2", 16, 10, &mut random),
        ],
        confusion: Some(confusion(&mut random)),
        mistakes: (0..24).map(|_| mistake(&mut random)).collect(),
    }
}

fn epoch(number: usize, random: &mut ChaCha8Rng) -> Epoch {
    let time = number as f64;
    let mut noisy = |value: f64| value * random.random_range(0.95..1.05);
    let plateau = 1.0 / (1.0 + (time - 6.0).exp());
    let training = 0.9 * plateau + 0.25 * (-time / 5.0).exp() + 0.0008;
    let test = 0.9 * plateau + 0.2 * (-time / 5.0).exp() + 0.017 + 0.0001 * (time - 20.0).max(0.0);
    Epoch {
        number,
        seconds: noisy(41.0),
        learning_rate: if number <= 20 { 0.1 } else { 0.01 },
        training: Score { loss: noisy(2.4 * training), error: noisy(training).min(1.0) },
        validation: None,
        test: Score { loss: noisy(2.6 * test), error: noisy(test).min(1.0) },
        robust: None,
    }
}

fn watched(layer: usize, epochs: usize, random: &mut ChaCha8Rng) -> WatchedLayer {
    let snapshots = (0..=2 * epochs).map(|half| {
        let epoch = half as f64 / 2.0;
        let is_last = layer == LAYERS;
        let saturation = if is_last { 6.0 * (-((epoch - 3.0) / 4.0).powi(2)).exp() } else { 0.0 };
        let spread = 0.3 + 0.5 * (epoch / 10.0).min(1.5) + 0.1 * layer as f64;
        let vanishing = 10_f64.powi(layer as i32 - LAYERS as i32);
        let gradient = 0.02 * vanishing.powf(1.0 / (1.0 + epoch / 10.0)) / (1.0 + epoch / 4.0);
        let activations = Distribution::of((0..VALUES).map(|_| {
            let sum = spread * bell(random) - saturation;
            1.0 / (1.0 + (-sum).exp()) as f32
        }));
        let gradients =
            Distribution::of((0..VALUES).map(|_| (gradient * bell(random) * bell(random)) as f32));
        Snapshot { epoch, activations, gradients }
    });
    WatchedLayer { name: format!("sigmoid{layer}"), snapshots: snapshots.collect() }
}

/// About normally distributed.
fn bell(random: &mut ChaCha8Rng) -> f64 {
    (0..3).map(|_| random.random_range(-1.0..1.0)).sum()
}

fn kernel(random: &mut ChaCha8Rng) -> Tile {
    let [across, down, phase] = [1.5, 1.5, 3.2].map(|most: f64| random.random_range(-most..most));
    let values: Vec<f32> = (0..49)
        .map(|place| (across * f64::from(place % 7) + down * f64::from(place / 7) + phase).sin())
        .map(|value| value as f32)
        .collect();
    let shape = PictureShape { channels: 1, height: 7, width: 7 };
    Tile::from_planes(&values, shape, Levels::Symmetric)
}

fn maps(layer: &str, number: usize, side: usize, random: &mut ChaCha8Rng) -> FeatureMaps {
    let values: Vec<f32> = (0..number)
        .flat_map(|_| {
            let width = random.random_range(0.08..0.2);
            (0..side * side).map(move |place| stroke(place, side, width)).collect::<Vec<_>>()
        })
        .collect();
    let shape = PictureShape { channels: number, height: side, width: side };
    let maps = Tile::of_each_plane(&values, shape, Levels::LowestToHighest);
    FeatureMaps { layer: layer.into(), maps }
}

/// How near a pixel is to a ring, somewhat like a zero.
fn stroke(place: usize, side: usize, width: f32) -> f32 {
    let [x, y] = [place % side, place / side].map(|at| (at as f32 + 0.5) / side as f32 - 0.5);
    let distance = ((x * 1.4).hypot(y) - 0.32).abs();
    (-(distance / width).powi(2)).exp()
}

fn mistake(random: &mut ChaCha8Rng) -> Mistake {
    let width = random.random_range(0.04..0.12);
    let pixels: Vec<f32> = (0..28 * 28).map(|place| stroke(place, 28, width)).collect();
    let shape = PictureShape { channels: 1, height: 28, width: 28 };
    let label = random.random_range(0..10);
    Mistake {
        picture: Tile::from_planes(&pixels, shape, Levels::LowestToHighest),
        label,
        prediction: (label + random.random_range(1..10)) % 10,
        confidence: random.random_range(0.4..1.0),
    }
}

fn confusion(random: &mut ChaCha8Rng) -> Confusion {
    let mut confusion = Confusion::new(10);
    for example in 0..10_000 {
        let label = example % 10;
        let likely = [(4, 9), (7, 2), (3, 5)].into_iter().find(|pair| pair.0 == label);
        let prediction = match (random.random_range(0.0..1.0), likely) {
            (chance, _) if chance < 0.008 => random.random_range(0..10),
            (chance, Some((_, prediction))) if chance < 0.03 => prediction,
            _ => label,
        };
        confusion.add(label, prediction);
    }
    confusion
}
