//! The built-in network, used for dreaming when no other weights are found.

use std::path::Path;

use super::TrainedNetwork;

/// The name of the built-in network.
pub const NAME: &str = "motifs";

const BYTES: &[u8] = include_bytes!("../../models/motifs.safetensors");

/// The network, trained on the data set of the same name.
pub fn network() -> TrainedNetwork {
    TrainedNetwork::decode(BYTES, Path::new(NAME)).expect("tests read the built-in file")
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
        assert!(BYTES.len() < 1_000_000);
        let network = network();
        assert_eq!(network.description.data, NAME);
        assert!(network.description.classes.contains(&"eyes".to_owned()));
        let error = network.description.result.expect("its training is finished").test.error;
        assert!(error < 0.05, "{error}");
    }

    #[test]
    #[cfg(feature = "train")]
    fn a_short_training_of_it_learns() {
        use std::ops::ControlFlow;

        use crate::train::data::{DataSource, LoadOptions};
        use crate::train::{Settings, Training};

        let load = LoadOptions {
            size: Some(32),
            training: Some(2_600),
            test: Some(520),
            ..LoadOptions::default()
        };
        let data = DataSource::Motifs.load(&load).expect("they can be drawn").data;
        let settings = Settings { epochs: 3, ..network().description.settings };
        let mut training = Training::new(settings, &data, 2).expect("it fits");
        while !training.is_done() {
            training.epoch(|_| ControlFlow::Continue(())).expect("it learns");
        }
        let error = training.network().description.result.expect("it is done").test.error;
        let chance = 1.0 - 1.0 / data.classes.len() as f64;
        assert!(error < 0.75 * chance, "{error}");
    }
}
