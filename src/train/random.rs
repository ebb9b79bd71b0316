//! Random numbers for each purpose of a training run, from its one seed.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What random numbers are drawn for. Each purpose has numbers of its own, so that a change in how
/// one is used leaves the others as they were.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    Initialisation,
    Order,
    Augmentation,
    Dropout,
}

/// The generator of a purpose; `index` counts parts (epochs, steps) that are to differ.
pub(super) fn generator(seed: u64, purpose: Purpose, index: u64) -> ChaCha8Rng {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    generator.set_stream((purpose as u64) << 56 | index);
    generator
}

/// One number of a purpose, as the seed of something else.
pub(super) fn number(seed: u64, purpose: Purpose, index: u64) -> u64 {
    generator(seed, purpose, index).next_u64()
}
