//! A guide: each place of a layer follows the feature of another picture that it is most like (the last
//! section of the notebook that came with A. Mordvintsev, C. Olah and M. Tyka, "Inceptionism", 2015).
//!
//! With activation a (channels×places) and the guide's activation y of the same layer, the seed at a
//! place is the column of y with the largest dot product with a's column there, and the score is the sum
//! of these products.

use super::{Part, Pull, Pulled, Term, Terms};
use crate::Size;
use crate::backend::{Backend, Error, Record, Rectangle, Seed};
use crate::dream::{self, Setup, Shift, Tile};
use crate::picture::{Planes, resize};

struct Guide<B: Backend> {
    /// The guide's features: channels×count×1.
    columns: B::Array<'static>,
}

/// Terms that follow the guide, if there is one. It is seen at its own size, but no larger than the
/// photograph, once for all octaves.
pub fn terms<B: Backend>(setup: &Setup<B>) -> Option<Result<Terms<B>, dream::Error>> {
    let guide = setup.settings.guide.as_ref()?;
    Some(guide.load().map_err(dream::Error::from).and_then(|picture| {
        let planes = fit(&picture.planes, setup.size);
        let features = features(setup, &planes)?;
        let term = |columns| Box::new(Guide::<B> { columns }) as Box<dyn Term<B>>;
        Ok(features.into_iter().map(term).collect())
    }))
}

/// Shrinks a picture, its proportions kept, until it is neither higher nor wider than another one.
fn fit(guide: &Planes, most: Size) -> Planes {
    let height = most.height as f64 / guide.height() as f64;
    let width = most.width as f64 / guide.width() as f64;
    let ratio = height.min(width);
    if ratio >= 1.0 {
        return guide.clone();
    }
    let side = |side: usize| ((side as f64 * ratio).round() as usize).max(1);
    resize(guide, side(guide.width()), side(guide.height()))
}

/// The features of each target; in smaller and smaller tiles where the device's memory demands it.
fn features<B: Backend>(
    setup: &Setup<B>,
    guide: &Planes,
) -> Result<Vec<B::Array<'static>>, dream::Error> {
    let Setup { backend, tiling, settings, .. } = setup;
    let size = guide.size();
    tiling.check(size).map_err(dream::Error::Guide)?;
    let picture = dream::upload(*backend, guide.clone())?;
    let mut side = settings.tile;
    loop {
        match features_of(setup, &picture, &tiling.cut(size, side)?) {
            Err(error @ Error::OutOfMemory { .. }) => match tiling.smaller(size, side) {
                Some(smaller) => side = Some(smaller),
                None => return Err(error.into()),
            },
            features => return Ok(features?),
        }
    }
}

fn features_of<B: Backend>(
    setup: &Setup<B>,
    picture: &B::Array<'static>,
    tiles: &[Tile],
) -> Result<Vec<B::Array<'static>>, Error> {
    let backend = setup.backend;
    let mut parts: Vec<Vec<(B::Array<'static>, Option<Rectangle>)>> = Vec::new();
    parts.resize_with(setup.targets.len(), Vec::new);
    for tile in tiles {
        let trace = backend.forward(
            picture,
            tile.view(Shift::default(), setup.settings.edges()),
            Record::Nothing,
        )?;
        let activations = backend.activations(&trace);
        for ((parts, activation), cells) in parts.iter_mut().zip(activations).zip(&tile.cells) {
            parts.push((backend.columns(&[(activation, *cells)])?, None));
        }
    }
    parts.iter().map(|parts| backend.columns(parts)).collect()
}

impl<B: Backend> Term<B> for Guide<B> {
    fn pull(&self, backend: &B, activation: &B::Array<'_>, part: Part<'_>) -> Pulled<B> {
        let array = backend.strongest_columns(activation, &self.columns)?;
        let score = backend.dot(&array, activation, part.cells)?;
        let squared_norm = backend.dot(&array, &array, part.cells)?;
        Ok(Pull { score, squared_norm, seed: Seed::Array { array, factor: 1.0 } })
    }
}
