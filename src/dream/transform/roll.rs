//! Jitter: the picture is rolled by a random number of pixels, so that no place of the network's grid
//! leaves a pattern.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::{Shift, Transform};
use crate::dream::Settings;

struct Roll {
    /// Pixels, each way.
    most: i64,
}

/// With `jitter`, also if it is 0.
pub fn chosen(settings: &Settings) -> Option<Box<dyn Transform>> {
    Some(Box::new(Roll { most: i64::from(settings.jitter) }))
}

impl Transform for Roll {
    fn draw(&self, random: &mut ChaCha8Rng, shift: &mut Shift) {
        let mut draw = || random.random_range(-self.most..=self.most) as isize;
        shift.down += draw();
        shift.right += draw();
    }
}
