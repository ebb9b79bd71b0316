//! What is done to the picture before the network sees it, anew for each step.

mod roll;

use rand_chacha::ChaCha8Rng;

use super::Settings;

/// How far the picture is moved, its edges wrapping around: pixel (y, x) of what the network sees is
/// pixel (y − down, x − right) of the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shift {
    /// Rows; upwards if negative.
    pub down: isize,
    /// Columns; to the left if negative.
    pub right: isize,
}

/// A random change of the picture's place.
pub trait Transform {
    /// Draws the next step's and adds it to `shift`.
    fn draw(&self, random: &mut ChaCha8Rng, shift: &mut Shift);
}

/// A transform, if settings ask for it.
type Chosen = fn(&Settings) -> Option<Box<dyn Transform>>;

/// Every transform, in the order in which they are applied.
const ALL: [Chosen; 1] = [roll::chosen];

/// Those that settings ask for.
pub fn chosen(settings: &Settings) -> Vec<Box<dyn Transform>> {
    ALL.iter().filter_map(|chosen| chosen(settings)).collect()
}
