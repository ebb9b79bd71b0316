//! What is done to the picture before the network sees it, anew for each step.

mod roll;

use rand_chacha::ChaCha8Rng;

use super::Settings;
use crate::Size;

/// How far the picture is moved: pixel (y, x) of what the network sees is pixel (y − down, x − right) of
/// the picture, which goes on beyond its edges as its border says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shift {
    /// Rows; upwards if negative.
    pub down: isize,
    /// Columns; to the left if negative.
    pub right: isize,
}

/// A random change of the picture's place.
pub trait Transform {
    /// Draws the next step's of a picture of that size, and adds it to `shift`.
    fn draw(&self, random: &mut ChaCha8Rng, size: Size, shift: &mut Shift);
}

/// A transform, if settings ask for it.
type Chosen = fn(&Settings) -> Option<Box<dyn Transform>>;

/// Every transform, in the order in which they are applied.
const ALL: [Chosen; 1] = [roll::chosen];

/// Those that settings ask for.
pub fn chosen(settings: &Settings) -> Vec<Box<dyn Transform>> {
    ALL.iter().filter_map(|chosen| chosen(settings)).collect()
}
