//! The network that is part of the program, with which it dreams where no other weights are.

use std::path::Path;

use super::TrainedNetwork;

/// The network's name, as `--model` takes it.
pub const NAME: &str = "motifs";

const BYTES: &[u8] = include_bytes!("../../models/motifs.safetensors");

/// The network, trained on the data set of the same name.
pub fn network() -> TrainedNetwork {
    TrainedNetwork::decode(BYTES, Path::new(NAME)).expect("tests read the file that is built in")
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
}
