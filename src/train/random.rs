//! Random numbers tied to one picture, epoch or step, whichever thread uses them and in whatever
//! order.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// The purposes of random numbers, each with its own generator.
#[derive(Clone, Copy)]
pub enum Purpose {
    Digits,
    Augmentation,
    Initialisation,
    Order,
    Dropout,
    Validation,
    Attack,
    Dream,
}

/// The generator for these numbers. They are ChaCha's key, so the generators are independent.
pub fn generator(purpose: Purpose, numbers: [u64; 3]) -> ChaCha8Rng {
    let mut key = [0; 32];
    let [first, second, third] = numbers;
    for (part, number) in key.chunks_exact_mut(8).zip([purpose as u64, first, second, third]) {
        part.copy_from_slice(&number.to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
}
