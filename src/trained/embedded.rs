//! The built-in network, used for dreaming when no other weights are found.

use std::path::Path;

use super::TrainedNetwork;

/// The name of the built-in network.
pub const NAME: &str = "menagerie";

/// The name of the built-in network before it, under which this one is found too: a command with it still
/// dreams without weights, though other things.
pub const FORMER_NAME: &str = "motifs";

/// The class of pictures that show nothing, which is the last one.
const NOTHING: &str = "void";

const BYTES: &[u8] = include_bytes!("../../models/menagerie.safetensors");

/// The network, trained robustly on drawings of animals, plants and houses (`examples/draw_emoji`).
pub fn network() -> TrainedNetwork {
    let network =
        TrainedNetwork::decode(BYTES, Path::new(NAME)).expect("tests read the built-in file");
    let classes = &network.description.classes;
    let things = classes.iter().filter(|class| *class != NOTHING).count();
    // Every photograph has places that are a little like one of them.
    let graph = network.graph.with_default_layer(&format!("output:0-{}", things - 1));
    TrainedNetwork { graph, ..network }
}

/// Size of its weights in bytes.
pub fn size() -> usize {
    BYTES.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_small_and_says_what_it_has_learnt() {
        assert!(BYTES.len() < 2_000_000);
        let description = network().description;
        assert!(description.classes.len() >= 24);
        assert!(description.classes.contains(&"owl".to_owned()));
        assert!(description.classes.iter().filter(|class| *class == NOTHING).count() == 1);
        assert_eq!(description.classes.last().map(String::as_str), Some(NOTHING));
        let outcome = description.result.expect("its training is finished");
        let robust = outcome.robust.expect("it was trained on adversarial pictures");
        assert!(outcome.test.error < 0.05 && robust.error < 0.2, "{outcome:?}");
    }

    #[test]
    #[cfg(feature = "train")]
    fn a_short_training_of_it_learns() {
        use std::ops::ControlFlow;

        use crate::train::data::{DataSource, LoadOptions};
        use crate::train::{Settings, Training};

        let load = LoadOptions {
            size: Some(32),
            training: Some(1_300),
            test: Some(260),
            ..LoadOptions::default()
        };
        let data = DataSource::Motifs.load(&load).expect("they can be drawn").data;
        // Against smaller pictures.
        let adversarial = Some("l2:radius=1,steps=1,ramp=2".parse().expect("it is an adversary"));
        let settings = Settings { epochs: 3, adversarial, ..network().description.settings };
        let mut training = Training::new(settings, &data, 2).expect("it fits");
        while !training.is_done() {
            training.epoch(|_| ControlFlow::Continue(())).expect("it learns");
        }
        let error = training.network().description.result.expect("it is done").test.error;
        let chance = 1.0 - 1.0 / data.classes.len() as f64;
        assert!(error < 0.75 * chance, "{error}");
    }
}
