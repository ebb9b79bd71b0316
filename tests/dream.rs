//! What a dream does to a picture, whatever the network sees in it.

#[path = "common/cut.rs"]
mod cut;
#[path = "common/generated.rs"]
mod generated;
#[path = "common/invented.rs"]
mod invented;
#[path = "common/targets.rs"]
mod targets;

use std::ops::ControlFlow;

use cut::{Cut, Executor, on_each_executor, relative_error, size};
use dreamer::Size;
use dreamer::dream::{
    Border, Dream, Error, LayerWeight, Normalize, Observer, Progress, Settings, Shift,
};
use dreamer::network::{Graph, zoo};
use dreamer::picture::{Planes, resize};
use dreamer::weights::{Tensor, Weights};
use targets::energies;

const NETWORK: &str = "squeezenet1_1";
const LAYER: &str = "features.4";

fn settings() -> Settings {
    let layers = vec![LAYER.into()];
    let border = Border::Wrap;
    Settings { layers, iterations: 3, jitter: 16, seed: 7, border, ..Settings::default() }
}

/// Writes down what it is told, and ends the dream after so many steps.
struct Diary {
    steps: Vec<Progress>,
    octaves: Vec<(usize, Planes)>,
    patience: usize,
}

impl Diary {
    fn new() -> Diary {
        Diary { steps: vec![], octaves: vec![], patience: usize::MAX }
    }
}

impl Observer for Diary {
    fn step(&mut self, progress: &Progress) -> ControlFlow<()> {
        self.steps.push(*progress);
        if self.steps.len() < self.patience {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    }

    fn octave(&mut self, octave: usize, picture: &Planes) {
        self.octaves.push((octave, picture.clone()));
    }
}

on_each_executor! {
    the_same_seed_gives_the_same_bytes
    another_seed_gives_another_picture
    without_jitter_the_seed_does_not_matter
    jitter_may_be_larger_than_the_picture
    without_iterations_the_picture_stays_as_it_is
    values_stay_within_0_and_1
    a_step_normalised_by_the_mean_moves_values_by_step_levels_on_average
    a_step_normalised_by_the_deviation_spreads_values_by_step_levels
    a_step_without_normalisation_is_the_gradient_times_step_levels
    climbing_raises_the_score
    the_first_score_is_half_the_squares_of_the_activations
    a_channels_gradient_is_that_of_its_layer_with_all_other_channels_silent
    the_observer_sees_every_step_and_every_octave_but_the_last
    an_octave_starts_from_the_shrunk_picture_and_the_details_before
    an_observer_may_end_the_dream
    the_gradient_of_a_rolled_picture_is_rolled_back
    a_dream_in_tiles_is_nearly_the_dream_of_the_whole
    a_gradient_of_zero_is_an_error_that_names_the_layer
    a_gradient_that_is_not_finite_is_an_error_that_names_the_layer
}

fn the_same_seed_gives_the_same_bytes<E: Executor>() {
    let picture = photograph();
    let [first, again] = [(); 2].map(|()| bits(&dream::<E>(&picture, settings())));
    assert!(first == again);
}

fn another_seed_gives_another_picture<E: Executor>() {
    let picture = photograph();
    let other = Settings { seed: 8, ..settings() };
    assert!(dream::<E>(&picture, settings()) != dream::<E>(&picture, other));
}

fn without_jitter_the_seed_does_not_matter<E: Executor>() {
    let picture = photograph();
    let [first, other] = [7, 8].map(|seed| Settings { seed, jitter: 0, ..settings() });
    assert!(bits(&dream::<E>(&picture, first)) == bits(&dream::<E>(&picture, other)));
}

fn jitter_may_be_larger_than_the_picture<E: Executor>() {
    let dreamed = dream::<E>(&photograph(), Settings { jitter: 1000, ..settings() });
    assert!(dreamed.data().iter().all(|value| (0.0..=1.0).contains(value)));
}

fn without_iterations_the_picture_stays_as_it_is<E: Executor>() {
    let picture = photograph();
    let octaves = [Size { height: 57, width: 69 }, size(&picture)];
    let settings = Settings { iterations: 0, ..settings() };
    let dreamed =
        run::<E>(&own_weights(), settings, &picture, &octaves, &mut Diary::new()).unwrap();
    assert!(dreamed == picture);
}

fn values_stay_within_0_and_1<E: Executor>() {
    let picture = invented::picture(96, 80);
    let dreamed = dream::<E>(&picture, Settings { step: 200.0, ..settings() });
    assert!(dreamed.data().iter().all(|value| (0.0..=1.0).contains(value)));
    assert!(dreamed.data().contains(&0.0) && dreamed.data().contains(&1.0));
}

fn a_step_normalised_by_the_mean_moves_values_by_step_levels_on_average<E: Executor>() {
    let change = change_by_one_step::<E>(Normalize::Mean);
    let mean = change.iter().map(|change| change.abs()).sum::<f64>() / change.len() as f64;
    assert!((mean * 255.0 / settings().step - 1.0).abs() < 1e-4, "{} levels", mean * 255.0);
}

fn a_step_normalised_by_the_deviation_spreads_values_by_step_levels<E: Executor>() {
    let change = change_by_one_step::<E>(Normalize::Std);
    let count = change.len() as f64;
    let mean = change.iter().sum::<f64>() / count;
    let variance = change.iter().map(|change| (change - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let deviation = variance.sqrt() * 255.0;
    assert!((deviation / settings().step - 1.0).abs() < 1e-4, "{deviation} levels");
}

fn a_step_without_normalisation_is_the_gradient_times_step_levels<E: Executor>() {
    let gradient = cut::<E>(&own_weights())
        .gradient(&calm_photograph(), Shift::default(), &|_| vec![1.0])
        .planes
        .into_data();
    // A small step, since this gradient's size is the network's.
    let step = 0.01 * 255.0 / f64::from(gradient.iter().fold(0.0f32, |max, g| max.max(g.abs())));
    let settings = Settings { normalize: Normalize::None, step, ..one_step() };
    let change: Vec<f32> = change::<E>(settings).into_iter().map(|change| change as f32).collect();
    let expected: Vec<f32> = gradient.iter().map(|g| g * (step / 255.0) as f32).collect();
    assert!(relative_error(&change, &expected) < 1e-3);
}

fn climbing_raises_the_score<E: Executor>() {
    let picture = photograph();
    let mut diary = Diary::new();
    let settings = Settings { iterations: 6, jitter: 0, ..settings() };
    run::<E>(&own_weights(), settings, &picture, &[size(&picture)], &mut diary).unwrap();
    let scores: Vec<f64> = diary.steps.iter().map(|progress| progress.score).collect();
    assert!(scores.is_sorted(), "{scores:?}");
}

fn the_first_score_is_half_the_squares_of_the_activations<E: Executor>() {
    let picture = photograph();
    let mut diary = Diary::new();
    run::<E>(&own_weights(), one_step(), &picture, &[size(&picture)], &mut diary).unwrap();
    let activations = cut::<E>(&own_weights()).activations(&picture);
    let squares: f64 = activations[0].data().iter().map(|value| f64::from(*value).powi(2)).sum();
    assert!((diary.steps[0].score / (0.5 * squares) - 1.0).abs() < 1e-5);
}

/// The definition, by finite differences: the score of channel c is ½·Σ of the squares of that
/// channel's activations in the whole layer, so that a step along its gradient by h changes it by
/// h·‖gradient‖².
fn a_channels_gradient_is_that_of_its_layer_with_all_other_channels_silent<E: Executor>() {
    let picture = calm_photograph();
    let whole = cut::<E>(&own_weights());
    let score = |picture: Planes, channel: usize| -> f64 {
        let activation = whole.activations(&picture).remove(0);
        let values = activation.shape()[2] * activation.shape()[3];
        let channel = &activation.data()[channel * values..][..values];
        channel.iter().map(|value| 0.5 * f64::from(*value).powi(2)).sum()
    };
    let channels = whole.activations(&picture)[0].shape()[1];
    let alive: Vec<usize> =
        (0..channels).filter(|channel| score(picture.clone(), *channel) > 0.0).collect();
    assert!(alive.len() > 10, "{alive:?}");
    for channel in [alive[0], alive[alive.len() / 2], alive[alive.len() - 1]] {
        let name = format!("{LAYER}:{channel}");
        let cut = Cut::<E>::new(&graph(), &[&name], invented::weights);
        let gradient = cut.gradient(&picture, Shift::default(), &|_| vec![1.0]);
        let own = score(picture.clone(), channel);
        assert!((0.5 * gradient.energies[0] / own - 1.0).abs() < 1e-5, "{channel}");

        let length: f64 = gradient.planes.data().iter().map(|g| f64::from(*g).powi(2)).sum();
        let step = (1e-3 * own / length) as f32;
        let moved = |step: f32| {
            let mut moved = picture.clone();
            let climbed = moved.data_mut().iter_mut().zip(gradient.planes.data());
            climbed.for_each(|(value, g)| *value += step * g);
            score(moved, channel)
        };
        let slope = (moved(step) - moved(-step)) / (2.0 * f64::from(step));
        assert!((slope / length - 1.0).abs() < 1e-2, "{channel}: {slope} is not {length}");
    }
}

fn the_observer_sees_every_step_and_every_octave_but_the_last<E: Executor>() {
    let picture = photograph();
    let octaves = [Size { height: 49, width: 59 }, Size { height: 69, width: 83 }, size(&picture)];
    let mut diary = Diary::new();
    run::<E>(&own_weights(), settings(), &picture, &octaves, &mut diary).unwrap();

    let steps: Vec<_> = diary.steps.iter().map(|step| (step.octave, step.iteration)).collect();
    assert_eq!(steps, [(0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)]);
    let pixels: Vec<u64> = diary.steps.iter().map(|step| step.pixels).collect();
    assert!(pixels.is_sorted());
    assert!(diary.steps.iter().all(|step| step.total_pixels == *pixels.last().unwrap()));
    let seen: Vec<_> =
        diary.octaves.iter().map(|(octave, picture)| (*octave, size(picture))).collect();
    assert_eq!(seen, [(0, octaves[0]), (1, octaves[1])]);
}

fn an_octave_starts_from_the_shrunk_picture_and_the_details_before<E: Executor>() {
    let picture = photograph();
    let octaves = [Size { height: 69, width: 83 }, size(&picture)];
    let settings = Settings { jitter: 0, ..settings() };
    let mut diary = Diary::new();
    let dreamed =
        run::<E>(&own_weights(), settings.clone(), &picture, &octaves, &mut diary).unwrap();

    let base = resize(&picture, 83, 69);
    let small = dream::<E>(&base, settings.clone());
    assert!(diary.octaves[0].1 == small);
    let mut detail = small;
    detail.data_mut().iter_mut().zip(base.data()).for_each(|(value, base)| *value -= base);
    let mut start = resize(&detail, picture.width(), picture.height());
    start.data_mut().iter_mut().zip(picture.data()).for_each(|(value, base)| *value += base);
    assert!(dreamed == dream::<E>(&start, settings));
}

fn an_observer_may_end_the_dream<E: Executor>() {
    let picture = photograph();
    let mut diary = Diary { patience: 2, ..Diary::new() };
    let ended = run::<E>(&own_weights(), settings(), &picture, &[size(&picture)], &mut diary);
    assert!(matches!(ended, Err(Error::Interrupted)));
    assert_eq!(diary.steps.len(), 2);
}

fn the_gradient_of_a_rolled_picture_is_rolled_back<E: Executor>() {
    let picture = invented::picture(90, 70);
    let cut = cut::<E>(&own_weights());
    for (down, right) in [(0, 0), (5, 0), (0, -7), (-12, 33), (70, -90), (-71, 200)] {
        let shift = Shift { down, right };
        let gradient = cut.gradient(&picture, shift, &|_| vec![1.0]);
        let rolled_picture = rolled(&picture, shift);
        let by_hand = cut.gradient(&rolled_picture, Shift::default(), &|_| vec![1.0]);
        assert!(rolled(&gradient.planes, shift) == by_hand.planes, "{shift:?}");
        assert_eq!(gradient.energies, by_hand.energies, "{shift:?}");
    }
}

fn a_dream_in_tiles_is_nearly_the_dream_of_the_whole<E: Executor>() {
    let picture = invented::picture(230, 210);
    let graph = zoo::build(NETWORK).unwrap();
    let cut = Cut::<E>::new(&graph, &[LAYER, "features.2"], invented::weights);
    let dreamed = [None, Some(160)].map(|tile| {
        let layers = vec![LAYER.into(), LayerWeight { weight: 0.5, .."features.2".into() }];
        let settings = Settings { layers, iterations: 1, tile, ..settings() };
        let tiling = cut.tiling.clone().with_margin(1.0);
        let dream = Dream {
            backend: &cut.executor,
            tiling: &tiling,
            targets: &energies(&settings),
            settings: &settings,
        };
        let mut diary = Diary::new();
        let dreamed = dream.run(&picture, &[size(&picture)], &mut diary).unwrap();
        (difference(&dreamed, &picture), diary.steps[0].score)
    });
    let [(whole, score), (tiled, tiled_score)] = dreamed;
    assert!(relative_error(&tiled, &whole) < 1e-4);
    assert!((tiled_score / score - 1.0).abs() < 1e-5);
}

fn a_gradient_of_zero_is_an_error_that_names_the_layer<E: Executor>() {
    let picture = photograph();
    for normalize in [Normalize::Mean, Normalize::Std, Normalize::None] {
        let settings = Settings { normalize, ..settings() };
        let silent = scaled_weights(0.0);
        let error = run::<E>(&silent, settings, &picture, &[size(&picture)], &mut Diary::new());
        let message = error.unwrap_err().to_string();
        assert!(
            message.starts_with("the gradient of features.4 is zero in all "),
            "{normalize:?}: {message}"
        );
    }
}

fn a_gradient_that_is_not_finite_is_an_error_that_names_the_layer<E: Executor>() {
    let picture = photograph();
    for normalize in [Normalize::Mean, Normalize::Std, Normalize::None] {
        let settings = Settings { normalize, ..settings() };
        let overflowing = scaled_weights(1e20);
        let error =
            run::<E>(&overflowing, settings, &picture, &[size(&picture)], &mut Diary::new());
        let message = error.unwrap_err().to_string();
        assert!(
            message.starts_with(
                "the gradient of features.4 is not finite at octave 1 of 1, iteration 1: "
            ),
            "{normalize:?}: {message}"
        );
    }
}

fn one_step() -> Settings {
    Settings { iterations: 1, jitter: 0, ..settings() }
}

fn change_by_one_step<E: Executor>(normalize: Normalize) -> Vec<f64> {
    change::<E>(Settings { normalize, ..one_step() })
}

/// What a dream adds to a picture far from black and white.
fn change<E: Executor>(settings: Settings) -> Vec<f64> {
    let picture = calm_photograph();
    let change = difference(&dream::<E>(&picture, settings), &picture);
    change.into_iter().map(f64::from).collect()
}

fn difference(picture: &Planes, other: &Planes) -> Vec<f32> {
    picture.data().iter().zip(other.data()).map(|(value, other)| value - other).collect()
}

fn dream<E: Executor>(picture: &Planes, settings: Settings) -> Planes {
    run::<E>(&own_weights(), settings, picture, &[size(picture)], &mut Diary::new()).unwrap()
}

fn run<E: Executor>(
    weights: &Weights,
    settings: Settings,
    picture: &Planes,
    octaves: &[Size],
    observer: &mut Diary,
) -> Result<Planes, Error> {
    let Cut { executor, tiling } = cut::<E>(weights);
    Dream {
        backend: &executor,
        tiling: &tiling,
        targets: &energies(&settings),
        settings: &settings,
    }
    .run(picture, octaves, observer)
}

fn cut<E: Executor>(weights: &Weights) -> Cut<E> {
    Cut::new(&zoo::build(NETWORK).unwrap(), &[LAYER], |_| weights.clone())
}

fn graph() -> Graph {
    zoo::build(NETWORK).unwrap()
}

fn own_weights() -> Weights {
    invented::weights(&graph())
}

fn scaled_weights(factor: f32) -> Weights {
    let scaled = |(key, shape, values): (String, Vec<usize>, Vec<f32>)| {
        let values = values.into_iter().map(|value| value * factor).collect();
        (key, Tensor::new(shape, values))
    };
    generated::weights(&graph()).into_iter().map(scaled).collect()
}

/// Noise shrunk until neighbours are alike.
fn photograph() -> Planes {
    resize(&resize(&invented::picture(96, 80), 24, 20), 117, 97)
}

/// Values from 0.4 to 0.6, which no step carries out of 0..1.
fn calm_photograph() -> Planes {
    let mut picture = photograph();
    picture.data_mut().iter_mut().for_each(|value| *value = 0.4 + 0.2 * *value);
    picture
}

/// Pixel (y, x) of the result is pixel (y − down, x − right) of `picture`, cyclically.
fn rolled(picture: &Planes, shift: Shift) -> Planes {
    let (width, height) = (picture.width(), picture.height());
    let from = |position: usize, roll: isize, length: usize| {
        (position as isize - roll).rem_euclid(length as isize) as usize
    };
    let mut data = Vec::with_capacity(picture.data().len());
    for channel in 0..3 {
        let plane = picture.plane(channel);
        for y in 0..height {
            let row = from(y, shift.down, height) * width;
            data.extend((0..width).map(|x| plane[row + from(x, shift.right, width)]));
        }
    }
    Planes::new(width, height, data)
}

fn bits(picture: &Planes) -> Vec<u32> {
    picture.data().iter().map(|value| value.to_bits()).collect()
}
