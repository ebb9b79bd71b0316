//! The dream: gradient ascent on a picture, octave by octave.
//!
//! After A. Mordvintsev, C. Olah and M. Tyka, "Inceptionism: Going deeper into neural networks"
//! (2015) and the program they released with it.

mod ascent;
mod border;
mod classify;
mod constraint;
mod coverage;
mod cut;
mod dreamer;
mod executor;
mod filter;
mod image;
mod model;
mod network;
mod objective;
mod octaves;
mod recipe;
mod schedule;
mod settings;
mod tiles;
mod transform;

pub use border::{Border, Seamless};
pub use classify::Outputs;
pub use dreamer::{Dreamed, Dreamer, Options, Plan};
pub use executor::{BackendChoice, Executor, ExecutorError};
pub use filter::Normalize;
pub use model::Model;
pub use network::{Network, NetworkError, WeightSource};
pub use objective::{Goal, ObjectiveKind, Target};
pub use octaves::{Octaves, octaves};
pub use recipe::Recipe;
pub use schedule::{Lease, Permit, Scheduler};
pub use settings::{LayerWeight, Settings};
pub use tiles::{Tile, TileError, Tiling};
pub use transform::Shift;

use std::ops::ControlFlow;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use self::ascent::Ascent;
use self::constraint::Constraint;
use self::filter::{Filter, Gradient};
use self::image::Image;
use self::objective::{Objective, Waking};
use self::transform::Transform;
use crate::Size;
use crate::backend::{self, Backend, Record};
use crate::network::{ClassError, SelectError, Shape, ShapeError};
use crate::picture::{self, Planes};
use crate::weights;

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
    /// The pixels of all octaves, times the iterations.
    pub total_pixels: u64,
    /// Steps so far, of all octaves, that found no gradient: their place was taken by noise.
    pub passed_over: usize,
}

/// Watches a dream, and may end it.
pub trait Observer {
    /// After each step; [`ControlFlow::Break`] ends the dream.
    fn step(&mut self, progress: &Progress) -> ControlFlow<()>;

    /// After each octave but the last, with the picture at that octave's size.
    fn octave(&mut self, octave: usize, picture: &Planes);
}

/// Watches nothing.
impl Observer for () {
    fn step(&mut self, _progress: &Progress) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn octave(&mut self, _octave: usize, _picture: &Planes) {}
}

/// Why a dream ended without a picture.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The device fails, or has too little memory for the smallest tiles.
    #[error(transparent)]
    Backend(#[from] backend::Error),
    /// The device cannot be opened.
    #[error(transparent)]
    Executor(#[from] ExecutorError),
    /// The network cannot be had.
    #[error(transparent)]
    Network(Box<NetworkError>),
    /// The weights cannot be read.
    #[error(transparent)]
    Weights(#[from] weights::ReadError),
    /// A setting has a value that it cannot have.
    #[error("the setting {0}")]
    Setting(String),
    /// The network has no such layer or channel.
    #[error(transparent)]
    Layer(#[from] SelectError),
    /// The network has no such class.
    #[error(transparent)]
    Class(#[from] ClassError),
    /// Two names mean one layer.
    #[error("{}", same_layer(first, second))]
    SameLayer {
        /// The name that comes first.
        first: String,
        /// The name that comes later.
        second: String,
    },
    /// The picture is too small, or of the wrong size, for the layers.
    #[error("the picture {0}")]
    Size(SizeError),
    /// The picture is not of the size that was planned.
    #[error("the dream is planned for a picture of {planned} pixels, not of {found}")]
    OtherSize {
        /// What was planned.
        planned: Size,
        /// What was given.
        found: Size,
    },
    /// Of the tiles that settings choose.
    #[error(transparent)]
    ChosenTile(TileError),
    /// Of the tiles that memory demands.
    #[error(transparent)]
    Tile(#[from] TileError),
    /// The guide is too small, or of the wrong size, for the layers.
    #[error("the guide does not fit the network: {0}")]
    Guide(ShapeError),
    /// A picture that the settings name, a guide or a mask, cannot be read.
    #[error(transparent)]
    Picture(#[from] picture::ReadError),
    /// The gradient is zero in every step, so there is nothing to climb.
    #[error(
        "the gradient of {layers} is zero in all {steps} steps: nothing in the picture excites it, or \
         the weights overflow before it; choose another layer"
    )]
    NoGradient {
        /// The layers, as people write them.
        layers: String,
        /// Number of steps.
        steps: usize,
    },
    /// The gradient is not finite.
    #[error(
        "the gradient of {layers} is not finite at octave {octave} of {octaves}, iteration \
         {iteration}: the weights overflow there; choose another layer or other weights"
    )]
    Gradient {
        /// The layers, as people write them.
        layers: String,
        /// The octave, from 1.
        octave: usize,
        /// Number of octaves.
        octaves: usize,
        /// The step of the octave, from 1.
        iteration: usize,
    },
    /// The [`Observer`] ended the dream.
    #[error("the dream was interrupted")]
    Interrupted,
}

impl From<NetworkError> for Error {
    fn from(error: NetworkError) -> Error {
        Error::Network(Box::new(error))
    }
}

/// What is wrong with a picture's size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SizeError {
    /// The layers that were chosen, as people write them.
    pub layers: String,
    /// The network.
    pub model: String,
    /// What the size does not fit.
    pub reason: ShapeError,
}

impl std::fmt::Display for SizeError {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let SizeError { layers, model, reason } = self;
        match reason {
            ShapeError::WrongVolume { .. } => {
                write!(f, "does not fit {layers} of {model}: {reason}")
            }
            _ => write!(
                f,
                "is too small for {layers} of {model}: {reason}; choose an earlier layer or a larger \
                 picture"
            ),
        }
    }
}

fn same_layer(first: &str, second: &str) -> String {
    match first == second {
        true => format!("the layers name {first} twice; name it once"),
        false => format!("{first} and {second} are one layer; name one of them"),
    }
}

/// One dream: an executor cut at the layers of the settings, and what to do with it.
pub struct Dream<'a, B: Backend> {
    /// The executor of the network, cut at the layers.
    pub backend: &'a B,
    /// How pictures can be cut into tiles for those layers.
    pub tiling: &'a Tiling,
    /// One for each of the executor's.
    pub targets: &'a [Target],
    /// How it is dreamed.
    pub settings: &'a Settings,
}

/// What a variant of an objective, a constraint, … is made from.
pub(crate) struct Setup<'a, B: Backend> {
    pub backend: &'a B,
    pub tiling: &'a Tiling,
    pub targets: &'a [Target],
    pub settings: &'a Settings,
    /// Of the photograph.
    pub size: Size,
}

/// What a dream is made of: a variant on each axis.
struct Parts<B: Backend> {
    objective: Objective<B>,
    transforms: Vec<Box<dyn Transform>>,
    filters: Vec<Box<dyn Filter<B>>>,
    constraints: Vec<Box<dyn Constraint<B>>>,
    ascent: Box<dyn Ascent<B>>,
}

impl<B: Backend> Parts<B> {
    fn new(setup: &Setup<B>) -> Result<Parts<B>, Error> {
        Ok(Parts {
            objective: Objective::new(setup)?,
            transforms: transform::chosen(setup.settings),
            filters: filter::chosen(setup.settings),
            constraints: constraint::chosen(setup)?,
            ascent: ascent::chosen(setup.settings),
        })
    }
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
        let tiling = objective::tiling(self.tiling, self.targets);
        Dream { tiling: &tiling, ..*self }.run_with_tiling(original, octaves, observer)
    }

    fn run_with_tiling(
        &self,
        original: &Planes,
        octaves: &[Size],
        observer: &mut (impl Observer + ?Sized),
    ) -> Result<Planes, Error> {
        let Dream { backend, tiling, targets, settings } = *self;
        let size = original.size();
        let mut parts = Parts::new(&Setup { backend, tiling, targets, settings, size })?;
        let steps = settings.iterations as u64;
        let mut state = State {
            random: ChaCha8Rng::seed_from_u64(settings.seed),
            size,
            tile: settings.tile,
            tiles: Vec::new(),
            evening: None,
            octaves: octaves.len(),
            progress: Progress {
                octave: 0,
                iteration: 0,
                score: 0.0,
                pixels: 0,
                total_pixels: octaves.iter().map(|size| size.pixels() as u64 * steps).sum(),
                passed_over: 0,
            },
        };
        let wraps = settings.seamless_axes();
        let seamless = settings.seamless.map(|_| picture::periodic(original, wraps));
        let original = seamless.as_ref().unwrap_or(original);
        let resize = |planes: &Planes, size: Size| {
            picture::resize_wrapping(planes, size.width, size.height, wraps)
        };
        let mut detail: Option<Planes> = None;
        for (octave, size) in octaves.iter().enumerate() {
            state.progress.octave = octave;
            state.size = *size;
            let last = octave + 1 == octaves.len();
            let shrunk = (!last).then(|| resize(original, *size));
            let base = shrunk.as_ref().unwrap_or(original);

            let mut start = match detail.take() {
                None => base.clone(),
                Some(detail) => {
                    let mut start = resize(&detail, *size);
                    combine(&mut start, base, |detail, base| base + detail);
                    start
                }
            };
            for constraint in &mut parts.constraints {
                constraint.begin(backend, base, &mut start)?;
            }
            let mut image = image::new::<B>(upload(backend, start)?);
            self.climb(&mut *image, &mut parts, &mut state, observer)?;
            let dreamed = backend.download(image.picture())?;
            let mut picture = Planes::new(size.width, size.height, dreamed);
            for constraint in &parts.constraints {
                constraint.end(base, &mut picture);
            }
            if last {
                let steps = octaves.len() * settings.iterations;
                return match steps > 0 && state.progress.passed_over == steps {
                    true => Err(Error::NoGradient { layers: settings.target_names(), steps }),
                    false => Ok(picture),
                };
            }
            observer.octave(octave, &picture);
            combine(&mut picture, base, |dreamed, base| dreamed - base);
            detail = Some(picture);
        }
        Ok(original.clone())
    }

    /// Takes the steps of one octave.
    fn climb(
        &self,
        image: &mut dyn Image<B>,
        parts: &mut Parts<B>,
        state: &mut State<B>,
        observer: &mut (impl Observer + ?Sized),
    ) -> Result<(), Error> {
        let backend = self.backend;
        state.tiles = self.tiles(state.size, state.tile)?;
        let evening = self.settings.evening(state.size);
        state.evening = evening.map(|evening| upload(backend, evening)).transpose()?;
        for iteration in 0..self.settings.iterations {
            let mut shift = Shift::default();
            for transform in &parts.transforms {
                transform.draw(&mut state.random, state.size, &mut shift);
            }
            state.progress.score = 0.0;
            state.progress.iteration = iteration + 1;
            let mut climbed = false;
            for _ in 0..WAKING_STEPS {
                let found = self.filtered(image, shift, parts, state)?;
                climbed |= found.is_some();
                let (mut gradient, is_awake) = match found {
                    Some(Found { score, gradient, is_silent }) => {
                        state.progress.score = score;
                        (gradient, is_silent.contains(&false))
                    }
                    None => (self.grain(state.size, &parts.filters)?, false),
                };
                for constraint in &parts.constraints {
                    constraint.before_step(backend, &mut gradient)?;
                }
                image.step(backend, &mut *parts.ascent, &gradient)?;
                for constraint in &parts.constraints {
                    constraint.after_step(backend, image.picture_mut())?;
                }
                if is_awake {
                    break;
                }
            }
            state.progress.passed_over += usize::from(!climbed);

            state.progress.pixels += state.size.pixels() as u64;
            if observer.step(&state.progress).is_break() {
                return Err(Error::Interrupted);
            }
        }
        Ok(())
    }

    /// The gradient to step along, or `None` where there is none. It wakes the terms that are silent, and is
    /// found in smaller tiles if the device's memory ends.
    fn filtered(
        &self,
        image: &dyn Image<B>,
        shift: Shift,
        parts: &Parts<B>,
        state: &mut State<B>,
    ) -> Result<Option<Found<B>>, Error> {
        let mut waking: Option<Waking> = None;
        loop {
            let found =
                self.gradient(image, shift, &state.tiles, &parts.objective, waking.as_ref());
            let mut found = match found {
                Err(error @ backend::Error::OutOfMemory { .. }) => {
                    let Some(side) = self.smaller(state.size, state.tile) else {
                        return Err(error.into());
                    };
                    state.tile = Some(side);
                    state.tiles = self.tiles(state.size, state.tile)?;
                    continue;
                }
                found => found?,
            };
            if let Some(evening) = &state.evening {
                self.backend.multiply(&mut found.gradient.array, evening)?;
            }
            for filter in &parts.filters {
                filter.apply(self.backend, &mut found.gradient)?;
            }
            if !found.gradient.divisor.is_finite() {
                return Err(Error::Gradient {
                    layers: self.settings.target_names(),
                    octave: state.progress.octave + 1,
                    octaves: state.octaves,
                    iteration: state.progress.iteration,
                });
            }
            let is_zero = parts.ascent.rate(&found.gradient) > f64::from(f32::MAX);
            match waking {
                None if is_zero || found.is_silent.contains(&true) => {
                    waking = Some(found.is_silent);
                }
                waking => {
                    found.is_silent = waking.unwrap_or(found.is_silent);
                    return Ok((!is_zero).then_some(found));
                }
            }
        }
    }

    /// Where nothing is to be climbed: noise, always the same, which grows until something in it excites what
    /// is to be climbed. A picture that is the same everywhere has no other way to become a dream.
    fn grain(
        &self,
        size: Size,
        filters: &[Box<dyn Filter<B>>],
    ) -> Result<Gradient<B>, backend::Error> {
        let mut random = ChaCha8Rng::seed_from_u64(self.settings.seed);
        random.set_stream(1);
        let noise = (0..3 * size.pixels()).map(|_| random.random_range(-1.0..1.0)).collect();
        let noise = Planes::new(size.width, size.height, noise);
        let mut gradient = Gradient { array: upload(self.backend, noise)?, divisor: 1.0 };
        for filter in filters {
            filter.apply(self.backend, &mut gradient)?;
        }
        Ok(gradient)
    }

    fn tiles(&self, size: Size, side: Option<usize>) -> Result<Vec<Tile>, TileError> {
        let rims = self.settings.rims(size);
        Ok(self
            .tiling
            .cut(size, side)?
            .into_iter()
            .map(|tile| tile.without_rims(size, rims))
            .collect())
    }

    /// Tiles of half the side, where the user has not chosen one and the layers can do with them.
    fn smaller(&self, size: Size, side: Option<usize>) -> Option<usize> {
        self.settings.tile.is_none().then(|| self.tiling.smaller(size, side)).flatten()
    }

    /// Finds the gradient tile by tile; in a step that wakes terms, the redirected one.
    fn gradient(
        &self,
        image: &dyn Image<B>,
        shift: Shift,
        tiles: &[Tile],
        objective: &Objective<B>,
        waking: Option<&Waking>,
    ) -> Result<Found<B>, backend::Error> {
        let backend = self.backend;
        let edges = self.settings.edges();
        let trace =
            |tile: &Tile, record| backend.forward(image.picture(), tile.view(shift, edges), record);
        let look = |tile: &Tile| trace(tile, Record::Nothing);
        let survey = objective.survey(backend, tiles, waking, &look)?;
        let record = if waking.is_some() { Record::Redirected } else { Record::Gradient };
        let mut array = backend.filled(backend.shape(image.picture()), 0.0)?;
        let mut score = 0.0;
        let mut squared_norms = vec![0.0; self.targets.len()];
        for tile in tiles {
            let trace = trace(tile, record)?;
            let own = objective.sow(backend, &trace, tiles, tile, waking, &survey)?;
            score += own.score;
            let both = squared_norms.iter_mut().zip(own.squared_norms);
            both.for_each(|(norm, own)| *norm += own);
            backend.backward(trace, own.seeds, tile.kept_in_view(), &mut array)?;
        }
        let is_silent = squared_norms.iter().map(|norm| *norm == 0.0).collect();
        Ok(Found { score, gradient: Gradient { array, divisor: 1.0 }, is_silent })
    }
}

/// A gradient that was found.
struct Found<B: Backend> {
    /// Of the whole picture.
    score: f64,
    gradient: Gradient<B>,
    /// Of each term: whether nothing of it was there yet.
    is_silent: Waking,
}

/// Most steps of one iteration as long as all that is climbed is silent. A step wakes a layer where jitter has
/// moved the picture to, and the next move would undo it.
const WAKING_STEPS: usize = 4;

/// What changes from octave to octave of one dream.
struct State<B: Backend> {
    random: ChaCha8Rng,
    /// Of the octave.
    size: Size,
    /// Side of the tiles: as the settings say, or what the device's memory has turned out to hold.
    tile: Option<usize>,
    tiles: Vec<Tile>,
    /// What the gradient is multiplied by, so that edges are dreamed like everything else.
    evening: Option<B::Array<'static>>,
    octaves: usize,
    progress: Progress,
}

/// The shape of a picture's planes.
fn shape(picture: &Planes) -> Shape {
    Shape { channels: 3, height: picture.height(), width: picture.width() }
}

fn upload<B: Backend>(backend: &B, picture: Planes) -> Result<B::Array<'static>, backend::Error> {
    backend.upload(shape(&picture), picture.into_data())
}

/// Replaces each value of `picture` by `combination(value, other's value)`.
fn combine(picture: &mut Planes, other: &Planes, combination: impl Fn(f32, f32) -> f32) {
    for (value, other) in picture.data_mut().iter_mut().zip(other.data()) {
        *value = combination(*value, *other);
    }
}
