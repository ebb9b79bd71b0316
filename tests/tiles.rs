//! A picture cut into tiles against the same picture in one piece.

#[path = "common/cut.rs"]
mod cut;
#[path = "common/generated.rs"]
mod generated;
#[path = "common/invented.rs"]
mod invented;
#[path = "common/shared.rs"]
mod shared;

use cut::{Cut, Executor, on_each_executor, relative_error, size, squared_norms, upload};
use dreamer::backend::{Edge, Record};
use dreamer::dream::{Shift, Tile, TileError, Tiling};
use dreamer::network::{Architecture, Graph, zoo};
use dreamer::picture::{self, Input, Limits, Planes};
use dreamer::weights;

/// Tiles wrap around the picture's edges in both directions.
const SHIFT: Shift = Shift { down: 37, right: -29 };

/// A layer of each kind of network: strides, groups, and every pooling before a layer that sees the
/// whole picture.
const LAYERS: [(&str, &str); 12] = [
    ("squeezenet1_0", "features.7"),
    ("googlenet", "inception3b"),
    ("bvlc_googlenet", "inception_3b/output"),
    ("inception5h", "mixed3b"),
    ("inception_v3", "Mixed_5b"),
    ("resnet50", "layer2.0"),
    ("vgg16", "features.13"),
    ("mobilenet_v2", "features.6"),
    ("alexnet", "features.5"),
    ("lenet5", "c3.activation"),
    ("lenet5", "f6"),
    ("lenet", "softmax"),
];

on_each_executor! {
    a_margin_of_a_whole_receptive_field_gives_the_gradient_of_the_whole_picture
    the_default_margin_comes_close_to_the_gradient_of_the_whole_picture
    a_photograph_in_tiles_has_nearly_the_gradient_of_the_whole
    several_layers_in_tiles_have_the_gradient_of_the_whole_picture
    the_cells_of_all_tiles_are_those_of_the_whole_picture
    the_shift_moves_the_borders_but_with_a_whole_margin_not_the_gradient
}

fn a_margin_of_a_whole_receptive_field_gives_the_gradient_of_the_whole_picture<E: Executor>() {
    for (network, layer) in LAYERS {
        let cut = invented_cut::<E>(network, &[layer]);
        let (picture, tiles) = cut_picture(&cut.tiling.clone().with_margin(1.0));
        let whole = cut.gradient(&picture, SHIFT, &own);
        let tiled = cut.tiled_gradient(&picture, SHIFT, &tiles, &own);
        let error = relative_error(tiled.planes.data(), whole.planes.data());
        println!("{network} {layer}, {} tiles: {error:.1e}", tiles.len());
        assert!(error < 1e-5, "{network} {layer}: relative error {error:.1e}");
        assert_energies(&tiled.energies, &whole.energies, 1e-5);
    }
}

fn the_default_margin_comes_close_to_the_gradient_of_the_whole_picture<E: Executor>() {
    for (network, layer) in LAYERS {
        let cut = invented_cut::<E>(network, &[layer]);
        let (picture, tiles) = cut_picture(&cut.tiling);
        let whole = cut.gradient(&picture, SHIFT, &own);
        let tiled = cut.tiled_gradient(&picture, SHIFT, &tiles, &own);
        let error = relative_error(tiled.planes.data(), whole.planes.data());
        println!("{network} {layer}, {} tiles: {error:.1e}", tiles.len());
        assert!(error < 0.01, "{network} {layer}: relative error {error:.1e}");
        assert_energies(&tiled.energies, &whole.energies, 1e-3);
    }
}

fn a_photograph_in_tiles_has_nearly_the_gradient_of_the_whole<E: Executor>() {
    let test = "a_photograph_in_tiles_has_nearly_the_gradient_of_the_whole";
    let Some(photograph) = shared::file(test, "photos/golden_gate.jpg") else { return };
    let Some(trained) = shared::file(test, "models/squeezenet1_0.safetensors") else { return };
    let photograph = picture::read(&Input::Path(photograph), &Limits::default()).unwrap().planes;
    let network = zoo::build("squeezenet1_0").unwrap();
    let cut = Cut::<E>::new(&network, &["features.9"], |needed| {
        weights::read(&trained, needed, &network).unwrap()
    });

    let whole = cut.gradient(&photograph, SHIFT, &own);
    for (margin, greatest_error) in [(0.5, 0.03), (1.0, 1e-5)] {
        let tiling = cut.tiling.clone().with_margin(margin);
        let tiles = tiling.tiles(size(&photograph), 500).unwrap();
        let tiled = cut.tiled_gradient(&photograph, SHIFT, &tiles, &own);
        let error = relative_error(tiled.planes.data(), whole.planes.data());
        println!("margin {margin}, {} tiles: {error:.1e}", tiles.len());
        assert!(error < greatest_error, "margin {margin}: relative error {error:.1e}");
        assert_energies(&tiled.energies, &whole.energies, 1e-5);
    }
}

/// Their norms are those of the whole picture, and must be known before any tile's gradient.
fn several_layers_in_tiles_have_the_gradient_of_the_whole_picture<E: Executor>() {
    let factors = |energies: &[f64]| {
        let weighted = [1.0, 0.25, 3.0].into_iter().zip(energies);
        weighted.map(|(weight, energy)| weight / energy.sqrt()).collect()
    };
    let cut = invented_cut::<E>("googlenet", &["inception3a", "conv1", "maxpool2"]);
    let (picture, tiles) = cut_picture(&cut.tiling.clone().with_margin(1.0));
    let whole = cut.gradient(&picture, SHIFT, &factors);

    let energies = energies(&cut, &picture, SHIFT, &tiles);
    assert_energies(&energies, &whole.energies, 1e-5);
    let tiled = cut.tiled_gradient(&picture, SHIFT, &tiles, &|_| factors(&energies));
    assert_energies(&tiled.energies, &whole.energies, 1e-5);
    let error = relative_error(tiled.planes.data(), whole.planes.data());
    assert!(error < 1e-5, "relative error {error:.1e}");
}

fn the_cells_of_all_tiles_are_those_of_the_whole_picture<E: Executor>() {
    let cut = invented_cut::<E>("mobilenet_v2", &["features.4", "features.2"]);
    let (picture, tiles) = cut_picture(&cut.tiling.clone().with_margin(1.0));
    let squares: Vec<f64> = (cut.activations(&picture).iter())
        .map(|activation| activation.data().iter().map(|a| f64::from(*a).powi(2)).sum())
        .collect();
    let energies = energies(&cut, &picture, Shift::default(), &tiles);
    assert_energies(&energies, &squares, 1e-5);
}

fn the_shift_moves_the_borders_but_with_a_whole_margin_not_the_gradient<E: Executor>() {
    let cut = invented_cut::<E>("squeezenet1_1", &["features.5"]);
    let (picture, tiles) = cut_picture(&cut.tiling.clone().with_margin(1.0));
    let (height, width) = (picture.height() as isize, picture.width() as isize);
    for (down, right) in [(0, 0), (1, 0), (0, -1), (-32, 32), (height, -width), (3 * height, 5)] {
        let shift = Shift { down, right };
        let whole = cut.gradient(&picture, shift, &own);
        let tiled = cut.tiled_gradient(&picture, shift, &tiles, &own);
        let error = relative_error(tiled.planes.data(), whole.planes.data());
        assert!(error < 1e-5, "{shift:?}: relative error {error:.1e}");
    }
}

/// Σa² of each target over the cells of all tiles, by forward passes alone.
fn energies<E: Executor>(cut: &Cut<E>, picture: &Planes, shift: Shift, tiles: &[Tile]) -> Vec<f64> {
    let image = upload(&cut.executor, picture);
    let mut energies = vec![0.0; tiles[0].cells.len()];
    for tile in tiles {
        let trace = cut
            .executor
            .forward(&image, tile.view(shift, [Edge::Wrap; 2]), Record::Nothing)
            .unwrap();
        let own = squared_norms(&cut.executor, &trace, tile);
        energies.iter_mut().zip(own).for_each(|(energy, own)| *energy += own);
    }
    energies
}

/// ½·Σa² of one layer.
fn own(_: &[f64]) -> Vec<f64> {
    vec![1.0]
}

fn graph(network: &str) -> Graph {
    zoo::build(network).unwrap_or_else(|| {
        let architecture: Architecture = network.parse().unwrap();
        architecture.graph(&architecture.digits()).unwrap()
    })
}

fn invented_cut<E: Executor>(network: &str, layers: &[&str]) -> Cut<E> {
    Cut::new(&graph(network), layers, invented::weights)
}

/// A picture that is cut along both axes, into tiles a little larger than the least.
fn cut_picture(tiling: &Tiling) -> (Planes, Vec<Tile>) {
    let Err(TileError::TooSmall { least, .. }) = tiling.tiles(size(&Planes::filled(2, 2, 0.0)), 1)
    else {
        panic!("a pixel is too small a tile");
    };
    let side = least + 64;
    let picture = invented::picture(side + 43, side + 91);
    let tiles = tiling.tiles(size(&picture), side).unwrap();
    assert!(tiles.len() >= 4, "{} tiles of {side} pixels", tiles.len());
    (picture, tiles)
}

#[track_caller]
fn assert_energies(ours: &[f64], theirs: &[f64], tolerance: f64) {
    assert_eq!(ours.len(), theirs.len());
    for (ours, theirs) in ours.iter().zip(theirs) {
        let error = (ours / theirs - 1.0).abs();
        assert!(error < tolerance, "Σa² is {ours}, not {theirs}: relative error {error:.1e}");
    }
}
