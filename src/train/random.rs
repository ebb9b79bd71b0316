//! Random numbers that belong to one picture, epoch or step, whatever thread works on it and in
//! which order.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What random numbers are for; each purpose has its own.
#[derive(Clone, Copy)]
pub enum Purpose {
    Digits,
    Augmentation,
    Initialisation,
    Order,
    Dropout,
    Validation,
}

/// The generator that belongs to these numbers: they are ChaCha's key, so that no two of the
/// generators have anything to do with each other.
pub fn generator(purpose: Purpose, numbers: [u64; 3]) -> ChaCha8Rng {
    let mut key = [0; 32];
    let [first, second, third] = numbers;
    for (part, number) in key.chunks_exact_mut(8).zip([purpose as u64, first, second, third]) {
        part.copy_from_slice(&number.to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
}
