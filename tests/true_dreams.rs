//! What is asked for is what grows, everywhere in the picture: objectives, borders, silent channels, classes,
//! and what is fed back.

#[path = "common/cut.rs"]
#[allow(dead_code)]
mod cut;
#[path = "common/generated.rs"]
mod generated;
#[path = "common/invented.rs"]
mod invented;
#[path = "common/shared.rs"]
mod shared;
#[path = "common/targets.rs"]
mod targets;

use std::env;
use std::ops::ControlFlow;
use std::path::PathBuf;

use cut::{Cut, Executor, download, on_each_executor, size, upload};
use dreamer::Size;
use dreamer::backend::{Edge, Record, Rectangle, Seed, View};
use dreamer::dream::{
    BackendChoice, Border, Dream, Dreamer, LayerWeight, Model, ObjectiveKind, Observer, Options,
    Progress, Seamless, Settings,
};
use dreamer::network::{Shape, zoo};
use dreamer::picture::{self, Depth, Input, Limits, Picture, Planes, resize};
use targets::energies;

const NETWORK: &str = "squeezenet1_1";

/// Before its ReLU.
const SIGNED: &str = "features.3.expand3x3";

/// Behind it.
const RECTIFIED: &str = "features.3.expand3x3_activation";

on_each_executor! {
    a_mirrored_views_gradient_is_that_of_the_picture
    one_step_raises_what_it_climbs
    the_gradient_of_each_objective_is_that_of_its_score
    objectives_in_tiles_take_the_step_of_the_whole
    a_silent_layer_is_woken
    smoothing_and_windows_know_the_edges
    only_the_largest_of_all_channels_stands_out
}

fn cut<E: Executor>(layers: &[&str]) -> Cut<E> {
    Cut::new(&zoo::build(NETWORK).unwrap(), layers, invented::weights)
}

/// Neighbours are alike, as in a photograph, and far from black and white.
fn calm(width: usize, height: usize) -> Planes {
    let mut planes = resize(&invented::picture(24, 20), width, height);
    planes.data_mut().iter_mut().for_each(|value| *value = 0.3 + 0.4 * *value);
    planes
}

fn dream<E: Executor>(cut: &Cut<E>, settings: &Settings, picture: &Planes) -> (Planes, f64) {
    let targets = &energies(settings)[..];
    let dream = Dream { backend: &cut.executor, tiling: &cut.tiling, targets, settings };
    let mut last = Last::default();
    (dream.run(picture, &[size(picture)], &mut last).unwrap(), last.0)
}

/// The last step's score.
#[derive(Default)]
struct Last(f64);

impl Observer for Last {
    fn step(&mut self, progress: &Progress) -> ControlFlow<()> {
        self.0 = progress.score;
        ControlFlow::Continue(())
    }

    fn octave(&mut self, _octave: usize, _picture: &Planes) {}
}

/// ½·Σa² of the view of a picture, and its gradient.
fn energy<E: Executor>(cut: &Cut<E>, picture: &Planes, view: View) -> (f64, Planes) {
    let image = upload(&cut.executor, picture);
    let mut gradient =
        upload(&cut.executor, &Planes::filled(picture.width(), picture.height(), 0.0));
    let trace = cut.executor.forward(&image, view, Record::Gradient).unwrap();
    let energy = {
        let activation = &cut.executor.activations(&trace)[0];
        0.5 * cut.executor.dot(activation, activation, None).unwrap()
    };
    let kept = Rectangle::whole(view.height, view.width);
    let seeds = vec![Seed::Activation { factor: 1.0 }];
    cut.executor.backward(trace, seeds, kept, &mut gradient).unwrap();
    (energy, download(&cut.executor, &gradient))
}

/// Each pixel has the gradients of all places where the view shows it.
fn a_mirrored_views_gradient_is_that_of_the_picture<E: Executor>() {
    let cut = cut::<E>(&["features.1"]);
    let picture = calm(41, 37);
    for edges in [[Edge::Mirror; 2], [Edge::Wrap, Edge::Mirror], [Edge::Wrap; 2]] {
        for (top, left) in [(0, 0), (-9, 7), (5, -12), (-40, 39)] {
            let view = View { top, left, edges, ..View::whole(37, 41) };
            let (score, gradient) = energy(&cut, &picture, view);
            // The view as a picture of its own.
            let image = upload(&cut.executor, &picture);
            let seen = download(&cut.executor, &cut.executor.window(&image, view).unwrap());
            let (own_score, own) = energy(&cut, &seen, View::whole(37, 41));
            assert!((score / own_score - 1.0).abs() < 1e-5);
            let mut expected = Planes::filled(41, 37, 0.0);
            for (index, value) in own.data().iter().enumerate() {
                let (plane, y, x) = (index / (37 * 41), index / 41 % 37, index % 41);
                let row = shown(edges[0], top + y as isize, 37);
                let column = shown(edges[1], left + x as isize, 41);
                expected.data_mut()[(plane * 37 + row) * 41 + column] += value;
            }
            let error = cut::relative_error(gradient.data(), expected.data());
            assert!(error < 1e-5, "{edges:?} {top} {left}: {error}");
        }
    }
}

/// The pixel that a place beyond the edges is.
fn shown(edge: Edge, at: isize, length: isize) -> usize {
    let folded = at.rem_euclid(2 * length);
    match edge {
        Edge::Wrap => at.rem_euclid(length) as usize,
        Edge::Mirror => folded.min(2 * length - 1 - folded) as usize,
    }
}

/// The mean of a layer grows by its mean, from below zero too; its energy may drive it down.
fn one_step_raises_what_it_climbs<E: Executor>() {
    let picture = calm(90, 80);
    for (layer, objective) in [
        (SIGNED, ObjectiveKind::Mean),
        (SIGNED, ObjectiveKind::Positive),
        (SIGNED, ObjectiveKind::Max),
        (SIGNED, ObjectiveKind::Peaks),
        (RECTIFIED, ObjectiveKind::Energy),
        (RECTIFIED, ObjectiveKind::Mean),
        (RECTIFIED, ObjectiveKind::Max),
    ] {
        let cut = cut::<E>(&[layer]);
        let settings = Settings {
            layers: vec![layer.into()],
            objective: Some(objective),
            iterations: 2,
            step: 0.5,
            jitter: 0,
            ..Settings::default()
        };
        let first = Settings { iterations: 1, ..settings.clone() };
        let [before, after] = [&first, &settings].map(|settings| dream(&cut, settings, &picture).1);
        assert!(after > before, "{layer} {objective}: {before} {after}");
    }
}

/// A step along the gradient in one half of the picture alone raises the score by that half's part of what the
/// whole step does.
fn the_gradient_of_each_objective_is_that_of_its_score<E: Executor>() {
    let (cut, picture) = (cut::<E>(&[SIGNED]), calm(60, 50));
    for objective in ObjectiveKind::ALL {
        let settings = Settings {
            layers: vec![SIGNED.into()],
            objective: Some(*objective),
            iterations: 1,
            jitter: 0,
            step: 0.3,
            ..Settings::default()
        };
        let score_of = |planes: &Planes| dream(&cut, &settings, planes).1;
        let (stepped, score) = dream(&cut, &settings, &picture);
        let mut half = picture.clone();
        let (mut own, mut all) = (0.0, 0.0);
        for (index, (value, after)) in half.data_mut().iter_mut().zip(stepped.data()).enumerate() {
            let square = f64::from(after - *value).powi(2);
            all += square;
            if index % 60 < 30 {
                own += square;
                *value = *after;
            }
        }
        let (whole, part) = (score_of(&stepped) - score, score_of(&half) - score);
        println!("{objective}: {whole} {part}, expected {}", whole * own / all);
        assert!(whole > 0.0 && (part / (whole * own / all) - 1.0).abs() < 0.15, "{objective}");
    }
}

fn objectives_in_tiles_take_the_step_of_the_whole<E: Executor>() {
    let picture = calm(230, 210);
    let layers: [LayerWeight; 2] =
        [SIGNED.into(), LayerWeight { weight: -0.5, ..RECTIFIED.into() }];
    for names in [&layers[..1], &layers[..]] {
        let list: Vec<&str> = names.iter().map(|layer| layer.name.as_str()).collect();
        let mut cut = cut::<E>(&list);
        cut.tiling = cut.tiling.with_margin(1.0);
        for objective in ObjectiveKind::ALL {
            let [whole, tiled] = [None, Some(150)].map(|tile| {
                let (layers, objective) = (names.to_vec(), Some(*objective));
                let settings =
                    Settings { layers, objective, tile, iterations: 1, ..Settings::default() };
                dream(&cut, &settings, &picture)
            });
            let change = |planes: &Planes| -> Vec<f32> {
                planes.data().iter().zip(picture.data()).map(|(a, b)| a - b).collect()
            };
            let error = cut::relative_error(&change(&tiled.0), &change(&whole.0));
            assert!(error < 1e-3, "{objective} of {list:?}: {error}");
            assert!((tiled.1 / whole.1 - 1.0).abs() < 1e-4, "{objective} of {list:?}");
        }
    }
}

/// A bias keeps a layer far below zero, where its ReLU is silent; it is woken all the same.
fn a_silent_layer_is_woken<E: Executor>() {
    let picture = calm(64, 64);
    for (layer, also) in [
        (RECTIFIED, None),
        ("features.3.expand3x3_activation:5", None),
        (RECTIFIED, Some("features.1")),
    ] {
        let layers: Vec<LayerWeight> = [layer].into_iter().chain(also).map(Into::into).collect();
        let names: Vec<&str> = [layer].into_iter().chain(also).collect();
        let silenced = Cut::<E>::new(&zoo::build(NETWORK).unwrap(), &names, |graph| {
            let mut weights = invented::weights(graph);
            let key = format!("{SIGNED}.bias");
            let mut bias = weights.take(&key);
            bias.data_mut().iter_mut().for_each(|bias| *bias -= 6.0);
            weights.insert(key, bias);
            weights
        });
        let of = |planes: &Planes| {
            silenced.activations(planes)[0]
                .data()
                .iter()
                .map(|value| f64::from(*value))
                .sum::<f64>()
        };
        let before = of(&picture);
        let settings =
            Settings { layers, iterations: 30, step: 4.0, jitter: 8, ..Settings::default() };
        let after = of(&dream(&silenced, &settings, &picture).0);
        println!("{layer}: {before} → {after}");
        assert_eq!(before, 0.0);
        assert!(after > 0.0, "{layer} with {also:?}");
    }
}

fn only_the_largest_of_all_channels_stands_out<E: Executor>() {
    let executor = cut::<E>(&["features.0"]).executor;
    let shape = Shape { channels: 2, height: 2, width: 5 };
    #[rustfmt::skip]
    let values = vec![
        4.0, 0.0, 0.0, 0.0, 1.0,
        0.0, 0.0, 2.0, 0.0, -1.0,
        0.0, 5.0, 0.0, 0.0, 0.0,
        0.0, 0.0, 0.0, 0.0, 0.5,
    ];
    let array = executor.upload(shape, values.clone()).unwrap();
    let with = |kept: &[usize]| -> Vec<f32> {
        let keep = |(index, value): (usize, &f32)| if kept.contains(&index) { *value } else { 0.0 };
        values.iter().enumerate().map(keep).collect()
    };
    let nowhere_near = usize::MAX;
    for (radius, kept) in [
        // Neither the 4 beside the 5 of the other channel does, nor the 2 below it, nor the 0.5 below the 1.
        ([1, 1], &[4, 11][..]),
        ([0, 1], &[4, 7, 11, 19]),
        ([0, 0], &[0, 4, 7, 11, 19]),
        ([nowhere_near; 2], &[11]),
    ] {
        let peaks = executor.standing_out(&array, radius).unwrap();
        assert_eq!(executor.download(&peaks).unwrap(), with(kept), "{radius:?}");
    }
}

fn smoothing_and_windows_know_the_edges<E: Executor>() {
    let cut = cut::<E>(&["features.0"]);
    let picture = invented::picture(9, 7);
    let array = upload(&cut.executor, &picture);
    let view = View { top: -2, left: 3, height: 12, width: 8, edges: [Edge::Mirror, Edge::Wrap] };
    let window = download(&cut.executor, &cut.executor.window(&array, view).unwrap());
    let rows = [1, 0, 0, 1, 2, 3, 4, 5, 6, 6, 5, 4];
    for (y, row) in rows.into_iter().enumerate() {
        for x in 0..8 {
            let expected = picture.plane(1)[row * 9 + (x + 3) % 9];
            assert_eq!(window.plane(1)[y * 8 + x], expected, "{y} {x}");
        }
    }
    for edges in [[Edge::Mirror; 2], [Edge::Wrap; 2]] {
        let smooth = download(&cut.executor, &cut.executor.smooth(&array, 0.8, edges).unwrap());
        let sum = |planes: &Planes| planes.plane(0).iter().map(|v| f64::from(*v)).sum::<f64>();
        assert!((sum(&smooth) / sum(&picture) - 1.0).abs() < 1e-5, "nothing is lost at the edges");
        let spread = |planes: &Planes| {
            let mean = sum(planes) / 63.0;
            planes.plane(0).iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>()
        };
        assert!(spread(&smooth) < 0.6 * spread(&picture));
    }
}

/// The network that is built in, on the core.
fn built_in() -> Dreamer {
    let options = Options {
        model: Some(Model::Embedded),
        backend: BackendChoice::Core,
        ..Options::default()
    };
    Dreamer::open(&options).unwrap()
}

fn dreamed(dreamer: &Dreamer, planes: &Planes, settings: &Settings) -> Planes {
    let picture = Picture { planes: planes.clone(), alpha: None, depth: Depth::Eight };
    dreamer.dream(&picture, settings, &mut ()).unwrap().picture.planes
}

/// Mean change of the outermost rows and columns, four wide, each in units of the whole picture's.
fn rims(before: &Planes, after: &Planes) -> [f64; 2] {
    let (width, height) = (before.width(), before.height());
    let change = |inside: &dyn Fn(usize, usize) -> bool| {
        let (mut sum, mut count) = (0.0, 0);
        for (index, (a, b)) in before.data().iter().zip(after.data()).enumerate() {
            let pixel = index % (width * height);
            if inside(pixel % width, pixel / width) {
                sum += f64::from((a - b).abs());
                count += 1;
            }
        }
        sum / f64::from(count)
    };
    let all = change(&|_, _| true);
    let rows = change(&|_, y| y < 4 || y >= height - 4);
    let columns = change(&|x, _| x < 4 || x >= width - 4);
    [rows / all, columns / all]
}

fn gradient_picture(width: usize, height: usize) -> Planes {
    let value = |index: usize| {
        let (x, y) = (index % width, index / width % height);
        0.2 + 0.4 * x as f32 / width as f32 + 0.3 * y as f32 / height as f32
    };
    Planes::new(width, height, (0..3 * width * height).map(value).collect())
}

fn sample(name: &str, longest: usize) -> Planes {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("samples").join(name);
    let mut picture = picture::read(&Input::Path(path), &Limits::default()).unwrap();
    picture.shrink(longest);
    picture.planes
}

/// In 2015 the opposite edges met, and dreams collected there, as a frame round the picture.
#[test]
fn dreams_do_not_collect_at_the_border() {
    let dreamer = built_in();
    let pictures = [
        ("gradient", gradient_picture(480, 360)),
        ("portrait", sample("mountains.jpg", 480)),
        ("white", Planes::filled(480, 360, 1.0)),
    ];
    let layers = [
        "conv2_2.activation",
        "conv3_1.activation",
        "conv3_2.activation",
        "conv4_1.activation",
        "conv4_2.activation",
    ];
    let largest = |border: Border| {
        let of = |(name, picture): &(&str, Planes), layer: &str| {
            let settings = Settings { layers: vec![layer.into()], border, ..Settings::default() };
            let [rows, columns] = rims(picture, &dreamed(&dreamer, picture, &settings));
            println!("{name} {layer}, {border}: {rows:.2} {columns:.2}");
            rows.max(columns)
        };
        let each = pictures.iter().flat_map(|picture| layers.map(|layer| of(picture, layer)));
        each.fold(0.0, f64::max)
    };
    let [mirrored, wrapped] = [largest(Border::Mirror), largest(Border::Wrap)];
    assert!(wrapped > 1.5, "without a mirror there is a frame: {wrapped}");
    assert!(mirrored <= 1.2, "{mirrored}");
}

/// A white picture excites nothing but the network's own padding, and a dream grows inside it all the same.
#[test]
fn where_nothing_is_to_be_seen_a_dream_grows_from_noise() {
    let picture = Planes::filled(160, 120, 1.0);
    let settings = Settings { layers: vec!["conv4_2.activation".into()], ..Settings::default() };
    let after = dreamed(&built_in(), &picture, &settings);
    let inside = (0..160 * 120).filter(|pixel| {
        let (x, y) = (pixel % 160, pixel / 160);
        (40..120).contains(&x) && (30..90).contains(&y)
    });
    let change = |pixel: usize| f64::from(1.0 - after.plane(1)[pixel]);
    let mean = inside.map(change).sum::<f64>() / (80.0 * 60.0);
    println!("{mean}");
    assert!(mean > 0.02);
}

/// Rolled by half, the seam is no sharper than any other place.
#[test]
fn a_seamless_picture_has_no_seam() {
    let dreamer = built_in();
    let picture = sample("mountains.jpg", 240);
    let (width, height) = (picture.width(), picture.height());
    for (axes, down, right) in
        [(Seamless::Both, true, true), (Seamless::X, false, true), (Seamless::Y, true, false)]
    {
        for (laplacian, smooth) in [(None, None), (Some(3), Some(2.0))] {
            let settings =
                Settings { seamless: Some(axes), laplacian, smooth, ..Settings::default() };
            let dreamed = dreamed(&dreamer, &picture, &settings);
            // Across the seam, and across every line.
            let step = |horizontal: bool| {
                let count = if horizontal { width } else { height };
                let steps: Vec<f64> = (0..count)
                    .map(|at| {
                        let next = (at + 1) % count;
                        let pairs = if horizontal { height } else { width };
                        let at = |line: usize, place: usize| match horizontal {
                            true => line * width + place,
                            false => place * width + line,
                        };
                        let change = (0..pairs).flat_map(|line| {
                            let (a, b) = (at(line, count - 1), at(line, next));
                            let (a, b) = if next == 0 { (a, b) } else { (at(line, next - 1), b) };
                            (0..3).map(move |colour| (colour, a, b))
                        });
                        let plane = |colour: usize| dreamed.plane(colour);
                        change
                            .map(|(colour, a, b)| {
                                f64::from((plane(colour)[a] - plane(colour)[b]).abs())
                            })
                            .sum::<f64>()
                            / (3 * pairs) as f64
                    })
                    .collect();
                let seam = steps[count - 1];
                let mut others = steps[..count - 1].to_vec();
                others.sort_by(f64::total_cmp);
                let ratio = seam / others[others.len() * 9 / 10];
                println!("{axes} {laplacian:?}: {ratio:.2} of the ninth tenth");
                ratio
            };
            assert!(!right || step(true) < 1.0, "{axes} {laplacian:?}, left to right");
            assert!(!down || step(false) < 1.0, "{axes} {laplacian:?}, top to bottom");
        }
    }
}

/// Mean and standard deviation of the light.
fn light(planes: &Planes) -> [f64; 2] {
    let pixels = planes.width() * planes.height();
    let light: Vec<f64> = (0..pixels)
        .map(|pixel| (0..3).map(|colour| f64::from(planes.plane(colour)[pixel])).sum::<f64>() / 3.0)
        .collect();
    let mean = light.iter().sum::<f64>() / pixels as f64;
    let variance = light.iter().map(|light| (light - mean).powi(2)).sum::<f64>() / pixels as f64;
    [mean, variance.sqrt()]
}

/// Sixty dreams, each of the one before: brightness and contrast stay.
#[test]
fn what_is_fed_back_keeps_its_brightness_and_contrast() {
    let dreamer = built_in();
    let start = sample("mountains.jpg", 96);
    let after = |keep_contrast| {
        let mut picture = start.clone();
        for seed in 0..60 {
            let settings = Settings {
                keep_contrast,
                seed,
                octaves: 2,
                iterations: 4,
                // Everywhere, so that it can burn out.
                objective: Some(ObjectiveKind::Positive),
                ..Settings::default()
            };
            picture = dreamed(&dreamer, &picture, &settings);
            // As a file has it.
            picture
                .data_mut()
                .iter_mut()
                .for_each(|value| *value = (*value * 255.0).round() / 255.0);
        }
        light(&picture)
    };
    let ([mean, contrast], held, free) = (light(&start), after(true), after(false));
    println!("{mean:.3} {contrast:.3}; held {held:.3?}, free {free:.3?}");
    assert!((held[0] / mean - 1.0).abs() < 0.03 && (held[1] / contrast - 1.0).abs() < 0.03);
    assert!(free[1] / contrast > 1.3, "without it, it burns out");
}

/// Where the built-in network looks at a part of the dream that is as large as its pictures, it sees the class;
/// in the photograph it saw few of them.
#[test]
fn the_dream_of_a_class_is_classified_as_it() {
    let dreamer = built_in();
    let classes = dreamer.network().classes.as_ref().unwrap().as_slice();
    let picture = sample("mountains.jpg", 256);
    let (mut first, mut before) = (0, 0);
    // The last class is that there is nothing.
    let things = &classes[..classes.len() - 1];
    for (index, class) in things.iter().enumerate() {
        let settings = Settings { classes: vec![class.name().into()], ..Settings::default() };
        let dreamed = dreamed(&dreamer, &picture, &settings);
        first += usize::from(best_rank(&dreamer, &dreamed, index) == 0);
        before += usize::from(best_rank(&dreamer, &picture, index) == 0);
    }
    println!("{first} of {} come first, {before} did before", things.len());
    assert!(first + 1 >= things.len() && before < things.len() / 2);
}

/// The rank of a class in the part of a picture where it is best.
fn best_rank(dreamer: &Dreamer, planes: &Planes, class: usize) -> usize {
    const STEP: usize = 16;
    let Size { height, width } = dreamer.network().graph.picture_size();
    let places = |length: usize, side: usize| (0..=length - side).step_by(STEP);
    let (across, down) = (places(planes.width(), width), places(planes.height(), height));
    let ranks = across.flat_map(|left| {
        down.clone().map(move |top| {
            let rows = (0..3).flat_map(move |colour| (top..top + height).map(move |y| (colour, y)));
            let data = rows.flat_map(|(colour, y)| {
                planes.plane(colour)[y * planes.width() + left..][..width].iter().copied()
            });
            rank(dreamer, &Planes::new(width, height, data.collect()), class)
        })
    });
    ranks.min().expect("the picture is large enough")
}

/// The place of a class among a network's outputs for a picture, 0 for the first.
fn rank(dreamer: &Dreamer, planes: &Planes, class: usize) -> usize {
    let picture = Picture { planes: planes.clone(), alpha: None, depth: Depth::Eight };
    let planes = picture::fit(&picture, dreamer.network().graph.picture_size());
    let outputs = dreamer.classify(&planes).unwrap().values;
    outputs.iter().filter(|output| **output > outputs[class]).count()
}

/// A network of the shared folder, on the best backend that is built in.
fn trained(test: &str, network: &str) -> Option<Dreamer> {
    let weights = shared::file(test, &format!("models/{network}.safetensors"))?;
    Some(Dreamer::open(&Options { weights: Some(weights), ..Options::default() }).unwrap())
}

fn photograph(test: &str, name: &str, longest: usize) -> Option<Planes> {
    let path = shared::file(test, &format!("photos/{name}"))?;
    let mut picture = picture::read(&Input::Path(path), &Limits::default()).unwrap();
    picture.shrink(longest);
    Some(picture.planes)
}

#[test]
fn classes_of_trained_networks_come_first_in_their_dreams() {
    let test = "classes_of_trained_networks_come_first_in_their_dreams";
    let names = ["flamingo", "zebra", "daisy", "pizza", "ostrich", "goldfish", "volcano", "tiger"];
    for network in ["squeezenet1_1", "squeezenet1_0", "mobilenet_v2", "bvlc_googlenet"] {
        let Some(dreamer) = trained(test, network) else { return };
        let Some(picture) = photograph(test, "golden_gate.jpg", 320) else { return };
        let classes = dreamer.network().classes.clone().unwrap();
        for name in names {
            let settings = Settings { classes: vec![name.into()], ..Settings::default() };
            let dreamed = dreamed(&dreamer, &picture, &settings);
            let rank = rank(&dreamer, &dreamed, classes.find(network, name).unwrap());
            assert_eq!(rank, 0, "{name} of {network}");
        }
    }
}

/// The channels that are dreamed: each, or one of so many where not all of them are asked for.
fn channels(count: usize) -> impl Iterator<Item = usize> {
    let all = env::var("DREAMER_ALL_CHANNELS").is_ok_and(|all| all == "1");
    (0..count).step_by(if all { 1 } else { 48 })
}

fn noise(size: Size) -> Planes {
    let mut planes = invented::picture(size.width, size.height);
    planes.data_mut().iter_mut().for_each(|value| *value = 0.5 + 0.1 * (*value - 0.5));
    planes
}

#[test]
fn no_channel_is_dead() {
    let test = "no_channel_is_dead";
    for (network, layer, count) in
        [("squeezenet1_0", "features.12", 512), ("bvlc_googlenet", "inception4a", 512)]
    {
        let Some(dreamer) = trained(test, network) else { return };
        let Some(photograph) = photograph(test, "sky1024px.jpg", 128) else { return };
        for (start, picture) in [("noise", noise(photograph.size())), ("photograph", photograph)] {
            let (mut raised, mut all) = (0, 0);
            for channel in channels(count) {
                let name = format!("{layer}:{channel}");
                let layers = vec![name.as_str().into()];
                let settings = Settings { layers, ..Settings::default() };
                let mean = |planes: &Planes| {
                    // The score before the first step.
                    let settings = Settings {
                        octaves: 1,
                        iterations: 1,
                        jitter: 0,
                        objective: Some(ObjectiveKind::Mean),
                        ..settings.clone()
                    };
                    let mut last = Last::default();
                    let picture =
                        Picture { planes: planes.clone(), alpha: None, depth: Depth::Eight };
                    let _ = dreamer.dream(&picture, &settings, &mut last);
                    last.0
                };
                let after = dreamed(&dreamer, &picture, &settings);
                all += 1;
                raised += usize::from(mean(&after) > mean(&picture));
            }
            println!("{layer} of {network} from {start}: {raised} of {all} channels raised");
            assert!(
                raised * 100 >= all * 95,
                "{layer} of {network} from {start}: {raised} of {all}"
            );
        }
    }
}
