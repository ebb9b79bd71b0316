//! What is climbed: a weighted sum of terms, one for each layer or channel that is a target.
//!
//! A term sees one activation and answers with its score and its seed, the gradient of the score at that
//! activation. It knows neither how the picture is made nor how it climbs (after lucid's objectives: C.
//! Olah, A. Mordvintsev and L. Schubert, "Feature Visualization", 2017).

mod energy;
mod guide;

use super::{Error, Setup, Tile};
use crate::backend::{self, Arrays, Backend, Rectangle, Seed};

/// What one target is climbed for.
pub trait Term<B: Backend> {
    /// Whether a seed depends on the whole picture beyond its own tile.
    fn needs_survey(&self) -> bool {
        false
    }

    /// What seeds need to know of the whole picture: sums over cells, which tiles add up.
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

    /// Score and seed of an activation, of which `cells` count, given the survey's sums.
    ///
    /// # Errors
    /// [`backend::Error`] if the device fails.
    fn pull(
        &self,
        backend: &B,
        activation: &B::Array<'_>,
        cells: Option<Rectangle>,
        survey: &[f64],
    ) -> Result<Pull<B::Array<'static>>, backend::Error>;
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

/// One term for each target.
type Terms<B> = Vec<Box<dyn Term<B>>>;

/// The seeds of all targets.
pub type Seeds<B> = Vec<Seed<<B as Arrays>::Array<'static>>>;

/// The terms that settings ask for, or `None` if they ask for another kind.
type Kind<B> = fn(&Setup<B>) -> Option<Result<Terms<B>, Error>>;

/// Every kind of term; the first that is asked for is climbed.
fn kinds<B: Backend>() -> [Kind<B>; 2] {
    [guide::terms, energy::terms]
}

/// The terms of a dream and their weights, in the order of the executor's targets.
pub struct Objective<B: Backend> {
    terms: Vec<(Box<dyn Term<B>>, f64)>,
}

/// Sums over all tiles that seeds need, one list for each term.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    sums: Vec<Vec<f64>>,
    /// Of the seeds; `None` as long as they are not known.
    squared_norms: Option<Vec<f64>>,
}

impl<B: Backend> Objective<B> {
    pub(super) fn new(setup: &Setup<B>) -> Result<Objective<B>, Error> {
        let terms = kinds::<B>().into_iter().find_map(|kind| kind(setup));
        let terms = terms.expect("energy is what is climbed where nothing else is asked for")?;
        let weights = setup.settings.layers.iter().map(|layer| layer.weight);
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
        trace: &dyn Fn(&Tile) -> Result<B::Trace<'b>, backend::Error>,
    ) -> Result<Survey, backend::Error> {
        let mut survey = Survey { sums: vec![Vec::new(); self.terms.len()], squared_norms: None };
        if tiles.len() == 1 {
            return Ok(survey);
        }
        if self.terms.iter().any(|(term, _)| term.needs_survey()) {
            for tile in tiles {
                let trace = trace(tile)?;
                let own = self.own_survey(backend, &trace, tile)?;
                survey.sums.iter_mut().zip(own).for_each(|(total, own)| add(total, &own));
            }
        }
        if self.is_normalised() {
            let mut norms = vec![0.0; self.terms.len()];
            for tile in tiles {
                let trace = trace(tile)?;
                let own: Vec<f64> = self
                    .pulls(backend, &trace, tile, &survey)?
                    .iter()
                    .map(|pull| pull.squared_norm)
                    .collect();
                add(&mut norms, &own);
            }
            survey.squared_norms = Some(norms);
        }
        Ok(survey)
    }

    /// The seeds of a tile, one for each target, and the tile's part of the score.
    pub(super) fn seeds(
        &self,
        backend: &B,
        trace: &B::Trace<'_>,
        tile: &Tile,
        is_only_tile: bool,
        survey: &Survey,
    ) -> Result<(f64, Seeds<B>), backend::Error> {
        let own;
        let survey = if is_only_tile {
            own = Survey { sums: self.own_survey(backend, trace, tile)?, squared_norms: None };
            &own
        } else {
            survey
        };
        let pulls = self.pulls(backend, trace, tile, survey)?;
        let norms = match &survey.squared_norms {
            Some(norms) => norms.clone(),
            None => pulls.iter().map(|pull| pull.squared_norm).collect(),
        };
        let mut score = 0.0;
        let mut seeds = Vec::with_capacity(pulls.len());
        for ((pull, (_, weight)), squared_norm) in pulls.into_iter().zip(&self.terms).zip(norms) {
            let factor = match (self.is_normalised(), squared_norm.sqrt()) {
                (false, _) => *weight,
                // A silent layer contributes nothing.
                (true, 0.0) => 0.0,
                (true, norm) => weight / norm,
            };
            score += factor * pull.score;
            seeds.push(pull.seed.scaled(factor));
        }
        Ok((score, seeds))
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
        tile: &Tile,
        survey: &Survey,
    ) -> Result<Vec<Pull<B::Array<'static>>>, backend::Error> {
        let activations = backend.activations(trace);
        (self.terms.iter().zip(&activations).zip(&tile.cells).zip(&survey.sums))
            .map(|((((term, _), activation), cells), sums)| {
                term.pull(backend, activation, *cells, sums)
            })
            .collect()
    }
}

/// Adds a list to another one, element by element.
fn add(total: &mut Vec<f64>, more: &[f64]) {
    total.resize(more.len(), 0.0);
    total.iter_mut().zip(more).for_each(|(total, more)| *total += more);
}
