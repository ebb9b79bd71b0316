//! The dream: gradient ascent on a picture, octave by octave.
//!
//! After A. Mordvintsev, C. Olah and M. Tyka, "Inceptionism: Going deeper into neural networks"
//! (2015) and the program they released with it.

mod objective;
mod octaves;
mod tiles;

pub use objective::Objective;
pub use octaves::{Octaves, Size, octaves};
pub use tiles::{TileError, Tiling};

use std::ops::ControlFlow;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::backend::{self, Backend, Normalize, Roll, Tile};
use crate::picture::{Planes, resize};

/// Pixel levels that `step` counts in.
const LEVELS: f64 = 255.0;

/// How a picture is dreamed, apart from what is climbed.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Gradient steps in each octave.
    pub iterations: usize,
    /// Size of a step in levels of 255 (with [`Normalize::Mean`]: on average over the pixels).
    pub step: f64,
    /// The picture is rolled by up to as many pixels each way before each step.
    pub jitter: usize,
    pub normalize: Normalize,
    pub seed: u64,
    /// Side in pixels of the largest tile; `None`: the whole picture at once, or as large as the
    /// device's memory allows.
    pub tile: Option<usize>,
}

/// How far a dream is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Counted from 0.
    pub octave: usize,
    /// Steps done in this octave.
    pub iteration: usize,
    /// Score before the last step.
    pub score: f64,
    /// Pixels through which steps have gone, and will have gone in the end.
    pub pixels: u64,
    pub total_pixels: u64,
}

/// Watches a dream, and may end it.
pub trait Observer {
    /// After each step; [`ControlFlow::Break`] ends the dream.
    fn step(&mut self, progress: &Progress) -> ControlFlow<()>;

    /// After each octave but the last, with the picture at that octave's size.
    fn octave(&mut self, octave: usize, picture: &Planes);
}

/// Why a dream ended without a picture.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Backend(#[from] backend::Error),
    #[error(transparent)]
    Tile(#[from] TileError),
    #[error(
        "the gradient of {layers} is {what} at octave {octave} of {octaves}, iteration {iteration}: \
         {advice}"
    )]
    Gradient {
        layers: String,
        what: &'static str,
        octave: usize,
        octaves: usize,
        iteration: usize,
        advice: &'static str,
    },
    #[error("the dream was interrupted")]
    Interrupted,
}

/// One dream: an executor cut at the chosen layers, and what to do with it.
pub struct Dream<'a, B: Backend> {
    pub backend: &'a B,
    pub objective: Objective,
    pub tiling: Tiling,
    /// Names of the layers, for errors.
    pub layers: String,
    pub settings: Settings,
}

impl<B: Backend> Dream<'_, B> {
    /// Dreams `original` in `octaves`, the last of which is its own size; returns the picture.
    ///
    /// # Errors
    /// [`Error`] if the device fails, the gradient vanishes or the observer breaks off.
    pub fn run(
        &self,
        original: &Planes,
        octaves: &[Size],
        observer: &mut (impl Observer + ?Sized),
    ) -> Result<Planes, Error> {
        let steps = self.settings.iterations as u64;
        let mut state = State {
            jitter: ChaCha8Rng::seed_from_u64(self.settings.seed),
            tile: self.settings.tile,
            octaves: octaves.len(),
            progress: Progress {
                octave: 0,
                iteration: 0,
                score: 0.0,
                pixels: 0,
                total_pixels: octaves.iter().map(|size| size.pixels() as u64 * steps).sum(),
            },
        };
        let mut detail: Option<Planes> = None;
        for (octave, size) in octaves.iter().enumerate() {
            state.progress.octave = octave;
            let last = octave + 1 == octaves.len();
            let shrunk = (!last).then(|| resize(original, size.width, size.height));
            let base = shrunk.as_ref().unwrap_or(original);

            let start = match detail.take() {
                None => base.clone(),
                Some(detail) => {
                    let mut start = resize(&detail, size.width, size.height);
                    combine(&mut start, base, |detail, base| base + detail);
                    start
                }
            };
            let mut canvas = self.backend.canvas(start)?;
            self.climb(&mut canvas, *size, &mut state, observer)?;
            let mut picture = self.backend.finish(canvas)?;
            if last {
                return Ok(picture);
            }
            observer.octave(octave, &picture);
            combine(&mut picture, base, |dreamed, base| dreamed - base);
            detail = Some(picture);
        }
        Ok(original.clone())
    }

    fn climb(
        &self,
        canvas: &mut B::Canvas,
        size: Size,
        state: &mut State,
        observer: &mut (impl Observer + ?Sized),
    ) -> Result<(), Error> {
        let mut tiles = match state.tile {
            None => self.tiling.whole(size),
            Some(side) => self.tiling.tiles(size, side)?,
        };
        let reach = self.settings.jitter as i64;
        for iteration in 0..self.settings.iterations {
            let mut draw = || state.jitter.random_range(-reach..=reach) as isize;
            let roll = Roll { down: draw(), right: draw() };
            let energies = loop {
                match self.gradient(canvas, roll, &tiles) {
                    Err(error @ backend::Error::OutOfMemory { .. }) => {
                        let Some(side) = self.smaller(size, state.tile) else {
                            return Err(error.into());
                        };
                        state.tile = Some(side);
                        tiles = self.tiling.tiles(size, side)?;
                    }
                    energies => break energies?,
                }
            };
            let magnitude = self.backend.magnitude(canvas, self.settings.normalize)?;
            let rate = self.settings.step / LEVELS / magnitude;
            if !magnitude.is_finite() || rate > f64::from(f32::MAX) {
                return Err(self.unusable(magnitude, state, iteration));
            }
            self.backend.climb(canvas, rate)?;

            let progress = &mut state.progress;
            progress.iteration = iteration + 1;
            progress.score = self.objective.score(&energies);
            progress.pixels += size.pixels() as u64;
            if observer.step(progress).is_break() {
                return Err(Error::Interrupted);
            }
        }
        Ok(())
    }

    /// Tiles of half the side, where the user has not chosen one and the layers can do with them.
    fn smaller(&self, size: Size, side: Option<usize>) -> Option<usize> {
        if self.settings.tile.is_some() {
            return None;
        }
        let side = side.unwrap_or_else(|| (size.pixels() as f64).sqrt() as usize);
        self.tiling.fit(size, side / 2).ok().filter(|smaller| *smaller < side)
    }

    /// Fills the canvas's gradient tile by tile; returns Σa² of each target over the whole picture.
    fn gradient(
        &self,
        canvas: &mut B::Canvas,
        roll: Roll,
        tiles: &[Tile],
    ) -> Result<Vec<f64>, backend::Error> {
        let norms = if tiles.len() > 1 && self.objective.needs_norms() {
            Some(sum(tiles.iter().map(|tile| self.backend.energies(canvas, roll, tile)))?)
        } else {
            None
        };
        let factors = |own: &[f64]| self.objective.factors(norms.as_deref().unwrap_or(own));
        sum(tiles.iter().map(|tile| self.backend.gradient(canvas, roll, tile, &factors)))
    }

    fn unusable(&self, magnitude: f64, state: &State, iteration: usize) -> Error {
        let (what, advice) = if magnitude.is_finite() {
            (
                "zero",
                "nothing in the picture excites it, or the weights overflow before it; choose \
                 another layer",
            )
        } else {
            ("not finite", "the weights overflow there; choose another layer or other weights")
        };
        Error::Gradient {
            layers: self.layers.clone(),
            what,
            octave: state.progress.octave + 1,
            octaves: state.octaves,
            iteration: iteration + 1,
            advice,
        }
    }
}

/// What changes from octave to octave of one dream.
struct State {
    jitter: ChaCha8Rng,
    /// Side of the tiles: as the settings say, or what the device's memory has turned out to hold.
    tile: Option<usize>,
    octaves: usize,
    progress: Progress,
}

/// Adds lists of the same length, element by element.
fn sum(
    lists: impl Iterator<Item = Result<Vec<f64>, backend::Error>>,
) -> Result<Vec<f64>, backend::Error> {
    let mut total: Vec<f64> = Vec::new();
    for list in lists {
        let list = list?;
        total.resize(list.len(), 0.0);
        total.iter_mut().zip(list).for_each(|(total, value)| *total += value);
    }
    Ok(total)
}

/// Replaces each value of `picture` by `combination(value, other's value)`.
fn combine(picture: &mut Planes, other: &Planes, combination: impl Fn(f32, f32) -> f32) {
    for (value, other) in picture.data_mut().iter_mut().zip(other.data()) {
        *value = combination(*value, *other);
    }
}
