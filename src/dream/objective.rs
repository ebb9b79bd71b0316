//! What is climbed: a weighted sum of terms, one for each layer or channel that is a target.
//!
//! A term sees one activation and answers with its score and its seed, the gradient of the score at that
//! activation. It knows neither how the picture is made nor how it climbs (after lucid's objectives: C.
//! Olah, A. Mordvintsev and L. Schubert, "Feature Visualization", 2017).

mod class;
mod energy;
mod guide;
mod max;
mod mean;
mod peaks;
mod positive;

use super::{Error, Setup, Tile, Tiling};
use crate::backend::{self, Arrays, Backend, Rectangle, Seed};
use crate::network::{Extent, Shape};
use crate::options::choices;

choices! {
    /// What is climbed at a layer.
    pub enum ObjectiveKind {
        /// ½·Σa²: whatever is there already grows
        Energy "energy",
        /// The mean: the layer grows everywhere alike
        Mean "mean",
        /// The energy of what is above zero
        Positive "positive",
        /// The strongest place of each channel
        Max "max",
        /// What is above zero, at the strongest places only
        Peaks "peaks",
    }
}

impl ObjectiveKind {
    /// For a layer that can never be negative, for maps of classes, or for any other: there energy would
    /// drive what is negative further down.
    pub fn default_for(never_negative: bool, class_maps: bool) -> ObjectiveKind {
        match (never_negative, class_maps) {
            (true, _) => ObjectiveKind::Energy,
            (false, true) => ObjectiveKind::Peaks,
            (false, false) => ObjectiveKind::Mean,
        }
    }

    /// A term for the layer that is a target of a tiling.
    fn term<B: Backend>(self, tiling: &Tiling, target: usize) -> Box<dyn Term<B>> {
        match self {
            ObjectiveKind::Energy => Box::new(energy::Energy),
            ObjectiveKind::Mean => Box::new(mean::Mean),
            ObjectiveKind::Positive => Box::new(positive::Positive),
            ObjectiveKind::Max => Box::new(max::Max),
            ObjectiveKind::Peaks => {
                Box::new(peaks::Peaks { radius: peaks::radius(tiling, target) })
            }
        }
    }

    /// How many cells around its own a seed depends on.
    fn reach(self, tiling: &Tiling, target: usize) -> Extent {
        match self {
            ObjectiveKind::Peaks => peaks::radius(tiling, target),
            _ => [0; 2],
        }
    }
}

/// What a layer or channel is climbed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// All of it.
    Layer(ObjectiveKind),
    /// One class, of a layer whose channels are the scores of classes.
    Class(usize),
}

impl Goal {
    fn term<B: Backend>(self, tiling: &Tiling, target: usize) -> Box<dyn Term<B>> {
        match self {
            Goal::Layer(objective) => objective.term(tiling, target),
            Goal::Class(index) => Box::new(class::Class { index }),
        }
    }

    fn reach(self, tiling: &Tiling, target: usize) -> Extent {
        match self {
            Goal::Layer(objective) => objective.reach(tiling, target),
            Goal::Class(_) => [0; 2],
        }
    }
}

/// A layer or channel that is climbed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// What it is climbed for.
    pub goal: Goal,
    /// What its part of the score is multiplied by.
    pub weight: f64,
}

/// What one target is climbed for.
pub trait Term<B: Backend> {
    /// Whether a seed depends on the whole picture beyond its own tile.
    fn needs_survey(&self) -> bool {
        false
    }

    /// What seeds need to know of the whole picture: numbers that tiles join, which are sums over cells
    /// unless [`Term::join`] says otherwise.
    ///
    /// # Errors
    /// [`backend::Error`] if the device fails.
    fn survey(
        &self,
        _backend: &B,
        _activation: &B::Array<'_>,
        _cells: Option<Rectangle>,
    ) -> Result<Vec<f64>, backend::Error> {
        Ok(Vec::new())
    }

    /// Joins a number of a tile's survey to that of the tiles before.
    fn join(&self, total: &mut f64, own: f64) {
        *total += own;
    }

    /// Score and seed of an activation.
    ///
    /// # Errors
    /// [`backend::Error`] if the device fails.
    fn pull(&self, backend: &B, activation: &B::Array<'_>, part: Part<'_>) -> Pulled<B>;
}

/// Which part of a target an activation is.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// The cells that count; `None`: all of them.
    pub cells: Option<Rectangle>,
    /// Number of cells of the whole picture.
    pub whole: usize,
    /// Of the whole picture.
    pub survey: &'a [f64],
}

/// What a term wants of one activation.
pub struct Pull<A> {
    /// Over the cells that count.
    pub score: f64,
    /// Of the seed, over the cells that count.
    pub squared_norm: f64,
    /// The gradient of the score at the activation, at all its cells.
    pub seed: Seed<A>,
}

/// What a term answers.
pub type Pulled<B> = Result<Pull<<B as Arrays>::Array<'static>>, backend::Error>;

/// One term for each target.
type Terms<B> = Vec<Box<dyn Term<B>>>;

/// The seeds of all targets.
pub type Seeds<B> = Vec<Seed<<B as Arrays>::Array<'static>>>;

/// The terms that settings ask for, or `None` if they ask for another kind.
type Kind<B> = fn(&Setup<B>) -> Option<Result<Terms<B>, Error>>;

/// Every kind of term; the first that is asked for is climbed.
fn kinds<B: Backend>() -> [Kind<B>; 2] {
    [guide::terms, own_terms]
}

/// What each target is climbed for by itself.
fn own_terms<B: Backend>(setup: &Setup<B>) -> Option<Result<Terms<B>, Error>> {
    let targets = setup.targets.iter().enumerate();
    Some(Ok(targets.map(|(index, target)| target.goal.term(setup.tiling, index)).collect()))
}

/// A tiling for layers, as one for what is climbed at them: its tiles know all that their seeds depend on.
pub(super) fn tiling(of_layers: &Tiling, targets: &[Target]) -> Tiling {
    let targets = targets.iter().enumerate();
    let reach: Vec<Extent> =
        targets.map(|(index, target)| target.goal.reach(of_layers, index)).collect();
    of_layers.reaching(&reach)
}

/// The terms of a dream and their weights, in the order of the executor's targets.
pub struct Objective<B: Backend> {
    terms: Vec<(Box<dyn Term<B>>, f64)>,
}

/// Numbers of all tiles that seeds need, one list for each term.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    numbers: Vec<Vec<f64>>,
    /// Of the seeds; `None` as long as they are not known.
    squared_norms: Option<Vec<f64>>,
}

/// What the seeds of a tile are of.
pub struct Sown<B: Backend> {
    /// The tile's part of the score.
    pub score: f64,
    /// The tile's part of each seed's, before weights.
    pub squared_norms: Vec<f64>,
    pub seeds: Seeds<B>,
}

/// Which terms a step wakes, if it wakes any: a term that is silent climbs its mean.
pub type Waking = Vec<bool>;

impl<B: Backend> Objective<B> {
    pub(super) fn new(setup: &Setup<B>) -> Result<Objective<B>, Error> {
        let terms = kinds::<B>().into_iter().find_map(|kind| kind(setup));
        let terms = terms.expect("each target has a term of its own")?;
        let weights = setup.targets.iter().map(|target| target.weight);
        Ok(Objective { terms: terms.into_iter().zip(weights).collect() })
    }

    /// With several terms each seed is divided by its own norm, so that weights compare like with like.
    fn is_normalised(&self) -> bool {
        self.terms.len() > 1
    }

    /// Finds what seeds need to know of the whole picture before any tile's gradient: `trace` passes a
    /// tile forward. Takes no pass where there is one tile, or where nothing is needed.
    pub(super) fn survey<'b>(
        &self,
        backend: &'b B,
        tiles: &[Tile],
        waking: Option<&Waking>,
        trace: &dyn Fn(&Tile) -> Result<B::Trace<'b>, backend::Error>,
    ) -> Result<Survey, backend::Error> {
        let numbers = vec![Vec::new(); self.terms.len()];
        let mut survey = Survey { numbers, squared_norms: None };
        if tiles.len() == 1 {
            return Ok(survey);
        }
        if self.terms.iter().any(|(term, _)| term.needs_survey()) {
            for tile in tiles {
                let trace = trace(tile)?;
                let own = self.own_survey(backend, &trace, tile)?;
                for (((term, _), total), own) in self.terms.iter().zip(&mut survey.numbers).zip(own)
                {
                    match total.is_empty() {
                        true => *total = own,
                        false => {
                            let both = total.iter_mut().zip(own);
                            both.for_each(|(total, own)| term.join(total, own));
                        }
                    }
                }
            }
        }
        if self.is_normalised() {
            let mut norms = vec![0.0; self.terms.len()];
            for tile in tiles {
                let trace = trace(tile)?;
                let pulls = self.pulls(backend, &trace, tiles, tile, waking, &survey)?;
                let both = norms.iter_mut().zip(pulls);
                both.for_each(|(norm, pull)| *norm += pull.squared_norm);
            }
            survey.squared_norms = Some(norms);
        }
        Ok(survey)
    }

    /// The seeds of one of the tiles.
    pub(super) fn sow(
        &self,
        backend: &B,
        trace: &B::Trace<'_>,
        tiles: &[Tile],
        tile: &Tile,
        waking: Option<&Waking>,
        survey: &Survey,
    ) -> Result<Sown<B>, backend::Error> {
        let own;
        let survey = if tiles.len() == 1 {
            own = Survey { numbers: self.own_survey(backend, trace, tile)?, squared_norms: None };
            &own
        } else {
            survey
        };
        let pulls = self.pulls(backend, trace, tiles, tile, waking, survey)?;
        let squared_norms: Vec<f64> = pulls.iter().map(|pull| pull.squared_norm).collect();
        let norms = survey.squared_norms.as_ref().unwrap_or(&squared_norms);
        let mut score = 0.0;
        let mut seeds = Vec::with_capacity(pulls.len());
        for ((pull, (_, weight)), squared_norm) in pulls.into_iter().zip(&self.terms).zip(norms) {
            let factor = match (self.is_normalised(), squared_norm.sqrt()) {
                (false, _) => *weight,
                // A step that wakes it follows.
                (true, 0.0) => 0.0,
                (true, norm) => weight / norm,
            };
            score += factor * pull.score;
            seeds.push(pull.seed.scaled(factor));
        }
        Ok(Sown { score, squared_norms, seeds })
    }

    fn own_survey(
        &self,
        backend: &B,
        trace: &B::Trace<'_>,
        tile: &Tile,
    ) -> Result<Vec<Vec<f64>>, backend::Error> {
        let activations = backend.activations(trace);
        (self.terms.iter().zip(&activations).zip(&tile.cells))
            .map(|(((term, _), activation), cells)| term.survey(backend, activation, *cells))
            .collect()
    }

    fn pulls(
        &self,
        backend: &B,
        trace: &B::Trace<'_>,
        tiles: &[Tile],
        tile: &Tile,
        waking: Option<&Waking>,
        survey: &Survey,
    ) -> Result<Vec<Pull<B::Array<'static>>>, backend::Error> {
        let activations = backend.activations(trace);
        let terms = self.terms.iter().zip(&survey.numbers);
        (terms.zip(&activations).enumerate())
            .map(|(index, (((term, _), survey), activation))| {
                let Shape { height, width, .. } = backend.shape(activation);
                let cells_of = |tile: &Tile| tile.cells[index].map(Rectangle::area);
                let whole = tiles.iter().map(|tile| cells_of(tile).unwrap_or(height * width)).sum();
                let part = Part { cells: tile.cells[index], whole, survey };
                match waking.is_some_and(|waking| waking[index]) {
                    true => mean::Mean.pull(backend, activation, part),
                    false => term.pull(backend, activation, part),
                }
            })
            .collect()
    }
}
