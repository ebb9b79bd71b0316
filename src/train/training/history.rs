//! The history of a training run.

use super::Training;
use crate::train::Evaluation;
use crate::train::history::{History, Mistake};
use crate::train::tile::Tile;

/// The most mistakes shown, the most confident first.
const MISTAKES: usize = 60;

impl Training<'_> {
    /// The history of the run so far, except for the command line that started it.
    ///
    /// Layers are recorded only if there is an observer.
    pub fn history(&mut self) -> History {
        let Evaluation { confusion, mut mistakes, .. } = self.evaluate();
        mistakes.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
        let data = self.data;
        let mistakes = mistakes.iter().take(MISTAKES).map(|wrong| Mistake {
            picture: Tile::from_picture(data.test.picture(wrong.example), data.shape),
            label: wrong.label,
            prediction: wrong.prediction,
            confidence: wrong.confidence,
        });
        let settings = self.settings.options().into_iter();
        let mut history = History {
            title: format!("{} on {}", self.settings.network, data.name),
            settings: settings.map(|(name, value)| (name.replace('-', " "), value)).collect(),
            classes: data.classes.clone(),
            epochs: self.state.epochs.clone(),
            layers: self.state.layers.clone(),
            dreams: self.state.dreams.clone(),
            confusion: Some(confusion),
            mistakes: mistakes.collect(),
            ..History::default()
        };
        if let Some((observer, state)) = self.observer() {
            history.filters = observer.filters(state.best_parameters());
            history.feature_maps = observer.feature_maps(state.best_parameters());
        }
        history
    }
}
