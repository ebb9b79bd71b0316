//! Small networks trained on drawn digits.

use super::*;
use crate::network::Preprocessing;
use crate::train::Choices;
use crate::train::data::{DataSource, LoadOptions};
use crate::train::history::ClassDreams;

fn digits() -> DataSet {
    let few = LoadOptions { training: Some(300), test: Some(100), ..LoadOptions::default() };
    DataSource::Digits.load(&few).unwrap().data
}

/// A small network that learns fast, with `change`.
fn settings(change: impl FnOnce(&mut Choices)) -> Settings {
    let mut choices = Choices {
        network: Some("lenet:maps=4-8,hidden=20".parse().unwrap()),
        epochs: Some(3),
        ..Choices::default()
    };
    change(&mut choices);
    choices.resolve()
}

/// Trains to the end, but stops at the given steps (counted over all epochs) and resumes with a new
/// training.
fn trained(settings: &Settings, data: &DataSet, breaks: &[usize]) -> State {
    let mut training = Training::new(settings.clone(), data, 1).unwrap();
    let mut count = 0;
    while !training.is_done() {
        let outcome = training.epoch(|_| {
            count += 1;
            if breaks.contains(&count) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        if outcome.unwrap().is_none() {
            let state = training.state().clone();
            training = Training::new(settings.clone(), data, 1).unwrap();
            training.resume(state).unwrap();
        }
    }
    training.state().clone()
}

/// The state without its times.
fn timeless(mut state: State) -> State {
    state.epochs.iter_mut().for_each(|epoch| epoch.seconds = 0.0);
    state
}

#[test]
fn a_network_learns() {
    let state = trained(&settings(|choices| choices.epochs = Some(8)), &digits(), &[]);
    let error = state.best.unwrap().outcome.test.error;
    assert!(error < 0.5, "{error}");
}

#[test]
fn a_run_in_parts_comes_to_the_same_bytes() {
    let data = digits();
    let settings = settings(|choices| {
        choices.augment = Some("shift,elastic".parse().unwrap());
        choices.dropout = Some(0.2);
        choices.optimizer = Some("adam".parse().unwrap());
    });
    // In the first epoch, at the end of one, and in the last.
    let whole = timeless(trained(&settings, &data, &[]));
    assert_eq!(timeless(trained(&settings, &data, &[3, 10, 25])), whole);
}

#[test]
fn a_seed_gives_the_same_network_and_another_seed_another() {
    let data = digits();
    let with = |seed| {
        let settings = settings(|choices| {
            choices.seed = Some(seed);
            choices.epochs = Some(1);
        });
        trained(&settings, &data, &[]).parameters
    };
    assert_eq!(with(1), with(1));
    assert_ne!(with(1), with(2));
}

#[test]
fn the_best_network_is_that_of_the_lowest_test_error() {
    let data = digits();
    let settings = settings(|choices| choices.epochs = Some(5));
    let mut training = Training::new(settings, &data, 1).unwrap();
    let mut lowest = f64::INFINITY;
    while !training.is_done() {
        let epoch = training.epoch(|_| ControlFlow::Continue(())).unwrap().unwrap();
        lowest = lowest.min(epoch.test.error);
        assert_eq!(training.evaluate().score.error, lowest);
    }
    let network = training.network();
    assert_eq!(network.description.result.unwrap().test.error, lowest);
    assert_eq!(network.parameters().1, training.state().best_parameters());
}

#[test]
fn a_cost_that_is_not_finite_ends_the_run_and_keeps_the_best() {
    let data = digits();
    let state = trained(&settings(|choices| choices.epochs = Some(1)), &data, &[]);
    let wild = settings(|choices| choices.learning_rate = Some(1e30));
    let mut training = Training::new(wild, &data, 1).unwrap();
    training.resume(state.clone()).unwrap();
    let error = training.epoch(|_| ControlFlow::Continue(())).unwrap_err();
    assert!(matches!(error, TrainError::Diverged { epoch: 2, .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("in epoch 2 ") && text.contains("has diverged"), "{text}");
    assert_eq!(training.state().best, state.best);
}

#[test]
fn a_run_ends_early_where_nothing_gets_better() {
    let settings = settings(|choices| {
        choices.learning_rate = Some(1e-30);
        choices.epochs = Some(50);
        choices.early_stop = Some(2);
    });
    assert_eq!(trained(&settings, &digits(), &[]).epochs.len(), 3);
}

#[test]
fn an_observer_sees_the_layers_and_changes_nothing() {
    let data = digits();
    let settings = settings(|choices| choices.epochs = Some(1));
    let mut training = Training::new(settings.clone(), &data, 1).unwrap();
    training.observe(Observer::new(training.graph(), &data, 1).unwrap());
    training.epoch(|_| ControlFlow::Continue(())).unwrap();
    let layers = &training.state().layers;
    assert!(layers.len() >= 3, "{}", layers.len());
    for layer in layers {
        let times: Vec<f64> = layer.snapshots.iter().map(|snapshot| snapshot.epoch).collect();
        assert_eq!(times, [0.0, 0.1, 0.2, 0.5, 1.0], "{}", layer.name);
        assert!(layer.snapshots.iter().all(|seen| seen.activations.deviation > 0.0));
        assert!(layer.snapshots.iter().all(|seen| seen.gradients.deviation > 0.0));
    }
    assert_eq!(training.state().parameters, trained(&settings, &data, &[]).parameters);

    let (observer, state) = training.observer().unwrap();
    assert_eq!(observer.filters(state.best_parameters()).len(), 4);
    let maps = observer.feature_maps(state.best_parameters());
    assert_eq!((maps[0].maps.len(), maps[0].maps[0].width), (4, 28));
}

#[test]
fn a_state_of_another_network_is_refused() {
    let data = digits();
    let state = trained(&settings(|choices| choices.epochs = Some(1)), &data, &[]);
    let other = settings(|choices| choices.network = Some("mlp:784-30-10".parse().unwrap()));
    let mut training = Training::new(other, &data, 1).unwrap();
    assert!(matches!(training.resume(state), Err(TrainError::OtherState)));
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let data = digits();
    let refused = |change: fn(&mut Choices)| {
        Training::new(settings(change), &data, 1).err().unwrap().to_string()
    };
    let error = refused(|choices| {
        choices.output_activation = Some(Output::Activation(Activation::Relu));
    });
    assert!(error.contains("relu has no upper bound"), "{error}");
    let error = refused(|choices| choices.network = Some("mlp:100-10".parse().unwrap()));
    assert!(error.contains("mlp:784"), "{error}");
}

#[test]
fn the_network_of_the_best_validation_is_kept() {
    let options = LoadOptions {
        training: Some(300),
        test: Some(100),
        validation: 100,
        ..LoadOptions::default()
    };
    let data = DataSource::Digits.load(&options).unwrap().data;
    let settings = settings(|choices| choices.epochs = Some(4));
    let mut training = Training::new(settings, &data, 1).unwrap();
    let mut lowest = f64::INFINITY;
    while !training.is_done() {
        let epoch = training.epoch(|_| ControlFlow::Continue(())).unwrap().unwrap();
        lowest = lowest.min(epoch.validation.unwrap().error);
    }
    let result = training.network().description.result.unwrap();
    assert_eq!(result.validation.unwrap().error, lowest);
}

/// Trained on adversarial examples, a network errs less on such than one that was not.
#[test]
fn an_adversary_makes_a_network_robust() {
    let data = digits();
    let robust = settings(|choices| {
        choices.epochs = Some(12);
        choices.adversarial = Some("l2:radius=1.5,steps=2,ramp=2".parse().unwrap());
    });
    let state = trained(&robust, &data, &[]);
    let best = state.best.unwrap();
    let robust_error = best.outcome.robust.expect("it was trained on such").error;
    assert_eq!(state.epochs.len(), 12);
    assert!(state.epochs.iter().all(|epoch| epoch.robust.is_some()));

    let plain = Settings { adversarial: None, ..robust.clone() };
    let parameters = trained(&plain, &data, &[]).best.unwrap().parameters;
    let graph = Training::new(plain.clone(), &data, 1).unwrap().graph().clone();
    let adversary = robust.adversarial.unwrap();
    let mut evaluator =
        Evaluator::adversarial(&graph, &data.test, data.shape, 1, adversary).unwrap();
    let plain_error = evaluator.score(&parameters, plain.loss).error;
    println!("robust {robust_error}, plain {plain_error}");
    assert!(robust_error < plain_error - 0.1, "{robust_error} {plain_error}");
}

#[test]
fn an_adversarial_run_in_parts_comes_to_the_same_bytes() {
    let data = digits();
    let settings = settings(|choices| {
        choices.adversarial = Some("linf:radius=0.1,steps=1,ramp=1".parse().unwrap());
        choices.dropout = Some(0.2);
    });
    let whole = timeless(trained(&settings, &data, &[]));
    assert_eq!(timeless(trained(&settings, &data, &[3, 10, 25])), whole);
}

/// Tests see the running statistics, which follow those of the mini-batches.
#[test]
fn a_network_with_batch_normalisation_learns() {
    let data = digits();
    let best = |network: &str| {
        let settings = settings(|choices| {
            choices.network = Some(network.parse().unwrap());
            choices.optimizer = Some("adam".parse().unwrap());
            choices.learning_rate = Some(0.02);
            choices.epochs = Some(20);
        });
        (trained(&settings, &data, &[]).best.unwrap(), settings)
    };
    let (plain, _) = best("vgg:8-8/16");
    let (best, settings) = best("vgg_bn:8-8/16");
    let graph = Training::new(settings, &data, 1).unwrap().graph().clone();
    for parameter in ParameterLayout::new(&graph).iter().filter(|of| of.is_running()) {
        let neutral = if parameter.name.ends_with("var") { 1.0 } else { 0.0 };
        let values = &best.parameters[parameter.range.clone()];
        assert!(values.iter().all(|value| *value != neutral), "{}", parameter.name);
    }
    let [error, plain] = [&best, &plain].map(|best| best.outcome.test.error);
    println!("{error}, without {plain}");
    assert!(error < 0.5 && error < plain - 0.1, "{error} {plain}");
}

/// Examples that lie class by class.
#[test]
fn the_adversarial_examples_are_of_all_classes() {
    let settings = settings(|choices| choices.adversarial = Some("0.5".parse().unwrap()));
    let mut data = digits();
    let [count, volume] = [2000, data.shape.volume()];
    data.test.labels = (0..count).map(|index| (index * 10 / count) as u16).collect();
    data.test.pixels = vec![128; count * volume];
    let graph = Training::new(settings.clone(), &data, 1).unwrap().graph().clone();
    let adversary = settings.adversarial.unwrap();
    let mut evaluator =
        Evaluator::adversarial(&graph, &data.test, data.shape, 1, adversary).unwrap();
    // With no weights at all, every picture is of the first class.
    let parameters = vec![0.0; ParameterLayout::new(&graph).len()];
    assert_eq!(evaluator.score(&parameters, settings.loss).error, 0.9);
}

#[test]
fn an_observer_dreams_of_classes_after_each_epoch() {
    let data = digits();
    let settings = settings(|choices| choices.epochs = Some(2));
    let mut training = Training::new(settings, &data, 1).unwrap();
    training.observe(Observer::new(training.graph(), &data, 1).unwrap());
    while !training.is_done() {
        training.epoch(|_| ControlFlow::Continue(())).unwrap();
    }
    let dreams = training.history().dreams;
    let epochs: Vec<usize> = dreams.iter().map(|dreams| dreams.epoch).collect();
    assert_eq!(epochs, [1, 2]);
    let ClassDreams { labels, tiles, .. } = &dreams[1];
    assert_eq!(*labels, (0..10).collect::<Vec<usize>>());
    // Each is of its class, as the network sees it.
    let parameters = training.state().parameters.clone();
    let inputs: Vec<f32> = tiles
        .iter()
        .flat_map(|tile| &tile.pixels)
        .map(|pixel| {
            let Preprocessing { mean, std } = training.graph.preprocessing();
            (f32::from(*pixel) / 255.0 - mean[0]) / std[0]
        })
        .collect();
    let labels: Vec<u16> = (0..10).collect();
    let size = data.shape.size();
    let mut replicas = Replicas::new(&training.graph, 10, size, 1).unwrap();
    let outcome = replicas.evaluate(&parameters, &inputs, &labels, Loss::CrossEntropy);
    assert!(outcome.errors <= 4, "{outcome:?}");
}

#[test]
fn an_average_follows_the_parameters_and_is_what_is_kept() {
    let data = digits();
    let averaged = |average| settings(|choices| choices.average = Some(average));
    let plain = trained(&averaged(0.0), &data, &[]);
    let state = trained(&averaged(0.9), &data, &[]);
    assert!(plain.average.is_empty());
    assert_eq!(state.parameters, plain.parameters);
    assert_eq!(state.best_parameters().len(), state.average.len());
    let distance = |a: &[f32], b: &[f32]| -> f32 {
        a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt()
    };
    let [far, near] = [0.99, 0.1].map(|average| {
        let state = trained(&averaged(average), &data, &[]);
        distance(&state.average, &state.parameters)
    });
    assert!(near < far && far > 0.0, "{near} {far}");
    // In parts as in one piece.
    assert_eq!(timeless(trained(&averaged(0.9), &data, &[4, 11])), timeless(state));
}
