//! What must be the same for a dream to count as done.

use super::super::arguments::DreamArguments;
use super::super::dream::choice::Choice;
use super::super::recipe::{Recipe, Resolved};
use dreamer::weights::Weights;

/// The hash of all that decides what dreams look like: every setting that a picture carries, and
/// the weights themselves. Where they were computed, and with how many threads, is not in it.
pub fn fingerprint(
    arguments: &DreamArguments,
    choice: &Choice,
    weights: &Weights,
    backend: &'static str,
) -> Result<blake3::Hash, serde_json::Error> {
    let recipe = Recipe::new(
        &arguments.dream,
        Resolved {
            input: String::new(),
            model: &choice.model,
            layers: &choice.layers,
            tile: arguments.dream.tile,
            backend,
            device: String::new(),
            threads: 0,
        },
    );
    // Neither the program's version, the weights' name nor the limit changes a picture.
    let recipe = Recipe { dreamer: String::new(), weights: None, max_pixels: None, ..recipe };
    let mut hasher = blake3::Hasher::new();
    hasher.update(&serde_json::to_vec(&recipe)?);
    for (name, tensor) in weights.iter() {
        hasher.update(name.as_bytes());
        for values in tensor.data().chunks(4096) {
            let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            hasher.update(&bytes);
        }
    }
    Ok(hasher.finalize())
}
