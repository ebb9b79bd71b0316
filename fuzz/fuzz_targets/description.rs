//! What a trained network's file says about the network: the bytes are the JSON in its metadata.

#![no_main]

use std::path::Path;

use dreamer::trained::TrainedNetwork;
use dreamer::weights::{Weights, encode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|json: &str| {
    let bytes = encode(&Weights::default(), "dreamer", json.to_owned());
    // A mismatch is told in several lines.
    let refused = TrainedNetwork::decode(&bytes, Path::new("fuzzed")).map(drop);
    assert!(refused.is_err_and(|error| !error.to_string().is_empty()));
});
