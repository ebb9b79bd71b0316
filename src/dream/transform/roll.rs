//! Jitter: the picture is moved by a random number of pixels, so that no place of the network's grid
//! leaves a pattern. Along an axis that is to be seamless it is moved by any distance, so that the seam is
//! anywhere.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::{Shift, Transform};
use crate::Size;
use crate::dream::Settings;

struct Roll {
    /// Pixels, each way.
    most: i64,
    /// Along which axes the picture is to be seamless: down, and to the right.
    seamless: [bool; 2],
}

/// With `jitter`, also if it is 0.
pub fn chosen(settings: &Settings) -> Option<Box<dyn Transform>> {
    let seamless = settings.seamless_axes();
    Some(Box::new(Roll { most: i64::from(settings.jitter), seamless }))
}

impl Transform for Roll {
    fn draw(&self, random: &mut ChaCha8Rng, size: Size, shift: &mut Shift) {
        let mut draw = |axis: usize, length: usize| match self.seamless[axis] {
            true => random.random_range(0..length as i64) as isize,
            false => random.random_range(-self.most..=self.most) as isize,
        };
        shift.down += draw(0, size.height);
        shift.right += draw(1, size.width);
    }
}
