//! The history of a training run, for its page and table.

use serde::{Deserialize, Serialize};

use super::confusion::Confusion;
pub use super::distribution::Distribution;
pub use super::tile::Tile;
pub use crate::trained::Score;

/// A training run.
///
/// Parts that a run did not record are empty, and left out of the page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct History {
    /// Such as `lenet on mnist`.
    pub title: String,
    /// The command line that reproduces it.
    pub command: String,
    /// Name and value of every setting, in display order.
    pub settings: Vec<(String, String)>,
    /// Names of the classes, by label.
    pub classes: Vec<String>,
    /// Every epoch, in order.
    pub epochs: Vec<Epoch>,
    /// The watched layers, first to last.
    pub layers: Vec<WatchedLayer>,
    /// What the network dreamed of some classes after some epochs, in order.
    pub dreams: Vec<ClassDreams>,
    /// Kernels of the first convolution (or the first layer's weights), scaled to 0..255.
    pub filters: Vec<Tile>,
    /// The layers' feature maps for a test picture.
    pub feature_maps: Vec<FeatureMaps>,
    /// The best network's predictions on the test pictures.
    pub confusion: Option<Confusion>,
    /// Test pictures that the best network misclassifies.
    pub mistakes: Vec<Mistake>,
}

impl History {
    /// The epoch of the lowest validation error (without validation, test error), the first of
    /// equals; `None` if no error is a number.
    pub fn best(&self) -> Option<&Epoch> {
        self.epochs
            .iter()
            .filter(|epoch| epoch.decisive().error.is_finite())
            .min_by(|a, b| a.decisive().error.total_cmp(&b.decisive().error))
    }

    /// The name of the class `label`, or its number if it has no name.
    pub fn class(&self, label: usize) -> String {
        self.classes.get(label).cloned().unwrap_or_else(|| label.to_string())
    }
}

/// One pass over the training examples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// 1 for the first.
    pub number: usize,
    /// Training time.
    pub seconds: f64,
    /// At its beginning.
    pub learning_rate: f64,
    /// Mean over the epoch's steps, dropout and augmentation included.
    pub training: Score,
    /// If examples were held out for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<Score>,
    /// After the epoch.
    pub test: Score,
    /// After the epoch, on adversarial examples, if it was trained on such.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub robust: Option<Score>,
}

impl Epoch {
    /// The score that decides which network is better: on adversarial examples, if it was trained on such;
    /// else on the validation set, if there is one.
    pub fn decisive(&self) -> Score {
        self.robust.or(self.validation).unwrap_or(self.test)
    }
}

/// The distributions of a layer's values over time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WatchedLayer {
    /// The layer's name.
    pub name: String,
    /// In the order in which they were taken.
    pub snapshots: Vec<Snapshot>,
}

/// The distributions of a layer's values at one moment, over some hundred training examples (Glorot
/// and Bengio 2010, figures 2, 3, 4, 6 and 7).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Epochs completed (0 before the first step).
    pub epoch: f64,
    /// The layer's values.
    pub activations: Distribution,
    /// Gradients of the loss with respect to the activations.
    pub gradients: Distribution,
}

/// Dreams of some classes, each begun at the same noise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassDreams {
    /// Epochs completed.
    pub epoch: usize,
    /// The classes.
    pub labels: Vec<usize>,
    /// One dream of each.
    pub tiles: Vec<Tile>,
}

/// A layer's feature maps of a picture, one tile per map.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureMaps {
    /// The layer's name.
    pub layer: String,
    /// One tile for each feature map.
    pub maps: Vec<Tile>,
}

/// A misclassified test picture.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Mistake {
    /// The picture.
    pub picture: Tile,
    /// The true class.
    pub label: u16,
    /// The class that the network predicts.
    #[serde(alias = "answer")]
    pub prediction: u16,
    /// The output of the predicted class.
    pub confidence: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch(number: usize, error: f64) -> Epoch {
        Epoch { number, test: Score { loss: f64::NAN, error }, ..Epoch::default() }
    }

    #[test]
    fn the_first_epoch_of_the_lowest_test_error_is_the_best() {
        let epochs = vec![epoch(1, f64::NAN), epoch(2, 0.5), epoch(3, 0.2), epoch(4, 0.2)];
        let history = History { epochs, ..History::default() };
        assert_eq!(history.best().map(|epoch| epoch.number), Some(3));
        assert_eq!(History::default().best(), None);
    }

    #[test]
    fn a_validation_decides_which_epoch_is_the_best() {
        let scored = |number, validation, test| Epoch {
            validation: Some(Score { loss: 0.0, error: validation }),
            ..epoch(number, test)
        };
        let epochs = vec![scored(1, 0.3, 0.4), scored(2, 0.2, 0.5), scored(3, 0.4, 0.1)];
        let history = History { epochs, ..History::default() };
        assert_eq!(history.best().map(|epoch| epoch.number), Some(2));
    }

    #[test]
    fn a_diverged_run_survives_being_written_as_json() {
        let history = History { epochs: vec![epoch(1, 0.9)], ..History::default() };
        let json = serde_json::to_string(&history).unwrap();
        let read: History = serde_json::from_str(&json).unwrap();
        assert!(read.epochs[0].test.loss.is_nan());
        assert_eq!(read.epochs[0].test.error, 0.9);
    }

    #[test]
    fn what_a_file_leaves_out_is_empty() {
        let read: History = serde_json::from_str(r#"{"title": "lenet"}"#).unwrap();
        assert_eq!(read, History { title: "lenet".into(), ..History::default() });
    }
}
