//! What a dream is composed of beside its layer: guides, pyramids and masks, on each executor, whole and
//! in tiles.

#[path = "common/cut.rs"]
mod cut;
#[path = "common/generated.rs"]
mod generated;
#[path = "common/goldens.rs"]
mod goldens;
#[path = "common/invented.rs"]
mod invented;
#[path = "common/shared.rs"]
mod shared;
#[path = "common/targets.rs"]
mod targets;

use cut::{Cut, Executor, on_each_executor, relative_error, size};
use dreamer::Size;
use dreamer::dream::{Dream, Error, LayerWeight, Normalize, Settings, Shift, octaves};
use dreamer::network::{Shape, zoo};
use dreamer::picture::{Depth, Picture, PictureFile, Planes, resize};
use goldens::Goldens;
use targets::energies;

const NETWORK: &str = "squeezenet1_1";
const LAYER: &str = "features.4";

on_each_executor! {
    a_step_without_options_is_along_the_gradient_of_the_energy
    a_guides_seeds_are_the_references
    a_guides_gradients_are_the_references
    each_place_follows_the_column_with_the_largest_dot_product
    a_guide_in_tiles_gives_the_step_of_the_whole
    guides_of_several_layers_in_tiles_give_the_step_of_the_whole
    a_guide_larger_than_the_photograph_is_shrunk_first
    a_guide_too_small_for_the_layer_is_an_error
    a_pyramid_keeps_the_size_of_a_step
    a_pyramid_in_tiles_gives_the_step_of_the_whole
    a_pyramid_makes_coarse_patterns_grow_more
    a_white_mask_changes_nothing
    pixels_where_a_mask_is_black_never_change
    where_a_mask_is_grey_a_step_is_as_much_smaller
    a_mask_of_another_size_is_resized
    everything_at_once_in_tiles_gives_the_step_of_the_whole
}

fn a_step_without_options_is_along_the_gradient_of_the_energy<E: Executor>() {
    let cut = cut::<E>(&[LAYER]);
    let gradient = cut.gradient(&calm_photograph(), Shift::default(), &|_| vec![1.0]);
    assert!(gradient.energies[0] > 0.0);
    let change: Vec<f32> =
        change(&cut, &one_step()).into_iter().map(|change| change as f32).collect();
    let gradient = gradient.planes.data();
    let mean = gradient.iter().map(|value| f64::from(value.abs())).sum::<f64>();
    let rate = one_step().step / 255.0 * gradient.len() as f64 / mean;
    let expected: Vec<f32> = gradient.iter().map(|value| value * rate as f32).collect();
    assert!(relative_error(&change, &expected) < 1e-3);
}

fn a_guides_seeds_are_the_references<E: Executor>() {
    let test = "a_guides_seeds_are_the_references";
    let Some(goldens) = Goldens::read(test, "bvlc_googlenet") else { return };
    for (layer, golden) in goldens.named("guide/seed/") {
        let cut = goldens.cut::<E>(layer);
        let seed = strongest(&cut, &goldens.picture("input"), &goldens.picture("guide"));
        let error = relative_error(&seed, golden.data());
        println!("seed of {layer}: {error:.1e}");
        assert!(error < 1e-4, "{layer}: relative error {error:.1e}");
    }
}

/// A step without normalisation is the gradient times the step's levels.
fn a_guides_gradients_are_the_references<E: Executor>() {
    let test = "a_guides_gradients_are_the_references";
    let Some(goldens) = Goldens::read(test, "bvlc_googlenet") else { return };
    for (layer, golden) in goldens.named("guide/gradient/") {
        let cut = goldens.cut::<E>(layer);
        let input = goldens.picture("input");
        let largest = golden.data().iter().fold(0.0f32, |max, value| max.max(value.abs()));
        let rate = 0.1 / largest;
        let settings = Settings {
            layers: vec![layer.into()],
            guide: Some(picture(&goldens.picture("guide"))),
            normalize: Normalize::None,
            step: f64::from(rate) * 255.0,
            ..one_step()
        };
        let dreamed = run(&cut, &input, &settings).unwrap();
        let values = input.data().iter().zip(dreamed.data()).zip(golden.data());
        // What the step would carry out of 0..1 is cut off.
        let (ours, theirs): (Vec<f32>, Vec<f32>) = values
            .filter(|((_, after), _)| (0.001..0.999).contains(*after))
            .map(|((before, after), golden)| ((after - before) / rate, *golden))
            .unzip();
        let error = relative_error(&ours, &theirs);
        println!("gradient of {layer}: {error:.1e} over {} values", ours.len());
        assert!(ours.len() > golden.data().len() * 9 / 10);
        assert!(error < 1e-3, "{layer}: relative error {error:.1e}");
    }
}

fn each_place_follows_the_column_with_the_largest_dot_product<E: Executor>() {
    let cut = cut::<E>(&[LAYER]);
    let (photograph, guide) = (photograph(), invented::picture(70, 50));
    let [activation, columns] = [&photograph, &guide].map(|of| cut.activations(of).remove(0));
    let channels = activation.shape()[1];
    let [places, choices] = [&activation, &columns].map(|of| of.data().len() / channels);
    let column = |of: &[f32], count: usize, place: usize| -> Vec<f32> {
        (0..channels).map(|channel| of[channel * count + place]).collect()
    };
    let mut expected = vec![0.0; channels * places];
    for place in 0..places {
        let own = column(activation.data(), places, place);
        let product = |choice: &usize| -> f64 {
            let other = column(columns.data(), choices, *choice);
            own.iter().zip(other).map(|(a, y)| f64::from(*a) * f64::from(y)).sum()
        };
        let best = (0..choices).max_by(|a, b| product(a).total_cmp(&product(b))).unwrap();
        for (channel, value) in column(columns.data(), choices, best).into_iter().enumerate() {
            expected[channel * places + place] = value;
        }
    }
    let error = relative_error(&strongest(&cut, &photograph, &guide), &expected);
    assert!(error < 1e-6, "relative error {error:.1e}");
}

fn a_guide_in_tiles_gives_the_step_of_the_whole<E: Executor>() {
    let settings = Settings { guide: Some(picture(&invented::picture(170, 190))), ..one_step() };
    assert_tiled::<E>(&[LAYER], settings);
}

fn guides_of_several_layers_in_tiles_give_the_step_of_the_whole<E: Executor>() {
    let settings = Settings { guide: Some(picture(&invented::picture(90, 70))), ..one_step() };
    assert_tiled::<E>(&[LAYER, "features.2:17"], settings);
}

fn a_guide_larger_than_the_photograph_is_shrunk_first<E: Executor>() {
    let cut = cut::<E>(&[LAYER]);
    let photograph = photograph();
    let guide = resize(&invented::picture(60, 40), 480, 320);
    let with = |guide: &Planes| {
        run(&cut, &photograph, &Settings { guide: Some(picture(guide)), ..one_step() }).unwrap()
    };
    // As wide as the photograph, and less high.
    let (width, height) = (photograph.width(), photograph.width() * 320 / 480);
    assert!(height < photograph.height());
    assert!(with(&guide) == with(&resize(&guide, width, height)));
    assert!(with(&guide) != with(&resize(&guide, width / 2, height / 2)));
}

fn a_guide_too_small_for_the_layer_is_an_error<E: Executor>() {
    let guide = Some(picture(&Planes::filled(2, 2, 0.5)));
    let error = run(&cut::<E>(&[LAYER]), &photograph(), &Settings { guide, ..one_step() });
    assert!(matches!(error, Err(Error::Guide(_))));
}

fn a_pyramid_keeps_the_size_of_a_step<E: Executor>() {
    for normalize in [Normalize::Mean, Normalize::Std] {
        let settings = Settings { laplacian: Some(3), normalize, ..one_step() };
        let change = change(&cut::<E>(&[LAYER]), &settings);
        let count = change.len() as f64;
        let mean = change.iter().sum::<f64>() / count;
        let size = match normalize {
            Normalize::Mean => change.iter().map(|change| change.abs()).sum::<f64>() / count,
            _ => (change.iter().map(|change| (change - mean).powi(2)).sum::<f64>() / (count - 1.0))
                .sqrt(),
        };
        assert!((size * 255.0 / settings.step - 1.0).abs() < 1e-4, "{} levels", size * 255.0);
    }
}

fn a_pyramid_in_tiles_gives_the_step_of_the_whole<E: Executor>() {
    assert_tiled::<E>(&[LAYER], Settings { laplacian: Some(4), ..one_step() });
}

/// A gradient is mostly fine, so that bands of one size give it more of what is coarse.
fn a_pyramid_makes_coarse_patterns_grow_more<E: Executor>() {
    let cut = cut::<E>(&[LAYER]);
    let coarse = |laplacian| {
        let change = change(&cut, &Settings { laplacian, ..one_step() });
        let Size { height, width } = size(&calm_photograph());
        let change = change.into_iter().map(|value| value as f32).collect();
        let shrunk = resize(&Planes::new(width, height, change), width / 8, height / 8);
        shrunk.data().iter().map(|value| value.abs()).sum::<f32>()
    };
    assert!(coarse(Some(4)) > 1.5 * coarse(None));
}

fn a_white_mask_changes_nothing<E: Executor>() {
    let cut = cut::<E>(&[LAYER]);
    let white = Some(picture(&Planes::filled(9, 7, 1.0)));
    let dreams = [white, None].map(|mask| dream(&cut, &Settings { mask, ..three_octaves() }));
    assert!(dreams[0] == dreams[1]);
}

fn pixels_where_a_mask_is_black_never_change<E: Executor>() {
    let photograph = photograph();
    let (width, height) = (photograph.width(), photograph.height());
    // A white disc with a soft edge on black.
    let value = |x: usize, y: usize| {
        let (x, y) = (x as f32 - width as f32 / 2.0, y as f32 - height as f32 / 3.0);
        ((20.0 - (x * x + y * y).sqrt()) / 6.0).clamp(0.0, 1.0)
    };
    let plane: Vec<f32> = (0..height).flat_map(|y| (0..width).map(move |x| value(x, y))).collect();
    let mask = Planes::new(width, height, plane.repeat(3));
    let settings = Settings { mask: Some(picture(&mask)), ..three_octaves() };
    let dreamed = dream(&cut::<E>(&[LAYER]), &settings);
    let mut changed = 0;
    for ((before, after), mask) in photograph.data().iter().zip(dreamed.data()).zip(mask.data()) {
        assert!(*mask > 0.0 || before.to_bits() == after.to_bits());
        changed += usize::from(before != after);
    }
    let white = mask.data().iter().filter(|value| **value > 0.0).count();
    assert!(changed > white * 9 / 10, "{changed} of {white} values");
}

fn where_a_mask_is_grey_a_step_is_as_much_smaller<E: Executor>() {
    let cut = cut::<E>(&[LAYER]);
    let [whole, quarter] = [1.0, 0.25].map(|value| {
        let mask = Some(picture(&Planes::filled(4, 4, value)));
        change(&cut, &Settings { mask, ..one_step() })
    });
    let expected: Vec<f32> = whole.iter().map(|change| (change * 0.25) as f32).collect();
    let quarter: Vec<f32> = quarter.iter().map(|change| *change as f32).collect();
    assert!(relative_error(&quarter, &expected) < 1e-4);
}

fn a_mask_of_another_size_is_resized<E: Executor>() {
    let photograph = photograph();
    let half = Planes::new(2, 1, [0.0, 1.0].repeat(3));
    let settings = Settings { mask: Some(picture(&half)), ..one_step() };
    let dreamed = run(&cut::<E>(&[LAYER]), &photograph, &settings).unwrap();
    let width = photograph.width();
    let changed = |column: usize| {
        let columns = |of: &Planes| {
            let lines = of.data().chunks(width);
            lines.map(|line| line[column].to_bits()).collect::<Vec<_>>()
        };
        columns(&photograph) != columns(&dreamed)
    };
    assert!((0..width / 5).all(|column| !changed(column)));
    assert!((width * 4 / 5..width).all(changed));
}

fn everything_at_once_in_tiles_gives_the_step_of_the_whole<E: Executor>() {
    let settings = Settings {
        guide: Some(picture(&invented::picture(90, 70))),
        laplacian: Some(3),
        mask: Some(picture(&invented::picture(31, 17))),
        jitter: 20,
        ..one_step()
    };
    assert_tiled::<E>(&[LAYER, "features.2"], settings);
}

/// The columns of a guide that the places of a picture follow.
fn strongest<E: Executor>(cut: &Cut<E>, photograph: &Planes, guide: &Planes) -> Vec<f32> {
    let executor = &cut.executor;
    let array = |of: &Planes| {
        let tensor = cut.activations(of).remove(0);
        let [_, channels, height, width] = tensor.shape()[..] else { panic!("four axes") };
        let shape = Shape { channels, height, width };
        executor.upload(shape, tensor.data().to_vec()).unwrap()
    };
    let columns = executor.columns(&[(array(guide), None)]).unwrap();
    let seed = executor.strongest_columns(&array(photograph), &columns).unwrap();
    executor.download(&seed).unwrap()
}

/// Compares one step in tiles, which reach beyond what is kept by a whole receptive field, with that of
/// the whole picture.
#[track_caller]
fn assert_tiled<E: Executor>(layers: &[&str], settings: Settings) {
    let layers_with_weights = layers
        .iter()
        .zip([1.0, 0.5])
        .map(|(name, weight)| LayerWeight { weight, ..(*name).into() });
    let settings = Settings { layers: layers_with_weights.collect(), ..settings };
    let mut cut = cut::<E>(layers);
    cut.tiling = cut.tiling.with_margin(1.0);
    let picture = calm(&invented::picture(230, 210));
    let [whole, tiled] = [None, Some(160)].map(|tile| {
        let dreamed = run(&cut, &picture, &Settings { tile, ..settings.clone() }).unwrap();
        difference(&dreamed, &picture)
    });
    let error = relative_error(&tiled, &whole);
    println!("{layers:?}: {error:.1e}");
    assert!(error < 1e-4, "{layers:?}: relative error {error:.1e}");
}

fn one_step() -> Settings {
    Settings {
        layers: vec![LAYER.into()],
        octaves: 1,
        iterations: 1,
        jitter: 0,
        ..Settings::default()
    }
}

fn three_octaves() -> Settings {
    Settings { octaves: 3, iterations: 2, jitter: 9, ..one_step() }
}

fn cut<E: Executor>(layers: &[&str]) -> Cut<E> {
    Cut::new(&zoo::build(NETWORK).unwrap(), layers, invented::weights)
}

/// Dreams on the photograph.
fn dream<E: Executor>(cut: &Cut<E>, settings: &Settings) -> Planes {
    run(cut, &photograph(), settings).unwrap()
}

/// What a step adds to a picture far from black and white.
fn change<E: Executor>(cut: &Cut<E>, settings: &Settings) -> Vec<f64> {
    let picture = calm_photograph();
    let dreamed = run(cut, &picture, settings).unwrap();
    difference(&dreamed, &picture).into_iter().map(f64::from).collect()
}

fn run<E: Executor>(cut: &Cut<E>, original: &Planes, settings: &Settings) -> Result<Planes, Error> {
    let graph = zoo::build(NETWORK).unwrap();
    let sizes = octaves(&graph, size(original), settings.octaves, 1.3).unwrap().sizes;
    Dream { backend: &cut.executor, tiling: &cut.tiling, targets: &energies(settings), settings }
        .run(original, &sizes, &mut ())
}

fn difference(picture: &Planes, other: &Planes) -> Vec<f32> {
    picture.data().iter().zip(other.data()).map(|(value, other)| value - other).collect()
}

fn picture(planes: &Planes) -> PictureFile {
    let picture = Picture { planes: planes.clone(), alpha: None, depth: Depth::Eight };
    PictureFile::of("made.png", picture)
}

/// Noise shrunk until neighbours are alike.
fn photograph() -> Planes {
    resize(&resize(&invented::picture(96, 80), 24, 20), 117, 97)
}

fn calm_photograph() -> Planes {
    calm(&photograph())
}

/// Values from 0.4 to 0.6, which no step carries out of 0..1.
fn calm(picture: &Planes) -> Planes {
    let mut picture = picture.clone();
    picture.data_mut().iter_mut().for_each(|value| *value = 0.4 + 0.2 * *value);
    picture
}
