//! The results of several networks, side by side.

use serde::Serialize;

use super::Trained;
use crate::train::data::DataSet;
use crate::train::report::{compare, number};

/// A network's results, for scripts.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    pub network: String,
    pub data: String,
    pub parameters: usize,
    pub epochs: usize,
    /// Lowest error rate (0..1) on the test pictures after any epoch.
    pub best_test_error: Option<f64>,
    /// The epoch with that error rate, 1 for the first.
    pub best_epoch: Option<usize>,
    pub test_error: Option<f64>,
    pub training_error: Option<f64>,
    /// Training time.
    pub seconds: f64,
}

impl Outcome {
    pub fn of(trained: &Trained) -> Outcome {
        let history = &trained.history;
        let (best, last) = (history.best(), history.epochs.last());
        Outcome {
            network: trained.name.clone(),
            data: trained.data.clone(),
            parameters: trained.parameters,
            epochs: history.epochs.len(),
            best_test_error: best.map(|epoch| epoch.test.error),
            best_epoch: best.map(|epoch| epoch.number),
            test_error: last.map(|epoch| epoch.test.error),
            training_error: last.map(|epoch| epoch.training.error),
            seconds: history.epochs.iter().map(|epoch| epoch.seconds).sum(),
        }
    }

    /// The results of all, as JSON.
    ///
    /// # Errors
    /// None for numbers and names.
    pub fn json<'t>(
        trained: impl IntoIterator<Item = &'t Trained>,
    ) -> serde_json::Result<serde_json::Value> {
        serde_json::to_value(trained.into_iter().map(Outcome::of).collect::<Vec<_>>())
    }
}

/// The name of a data set in a sentence.
pub fn called(data: &DataSet) -> &str {
    match data.name.as_str() {
        "mnist" => "MNIST",
        "cifar10" => "CIFAR-10",
        "digits" => "drawn digits",
        name => name,
    }
}

/// The networks as [`compare`] expects them.
pub fn runs(trained: &[Trained]) -> Vec<compare::Run<'_>> {
    trained.iter().map(|trained| (trained.name.as_str(), &trained.history)).collect()
}

/// The networks by lowest test error, best first, in words.
pub fn ranking(trained: &[Trained]) -> String {
    let mut ranked: Vec<(f64, &str)> = trained
        .iter()
        .filter_map(|trained| Some((trained.history.best()?.test.error, trained.name.as_str())))
        .collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
    let said: Vec<String> = ranked
        .iter()
        .map(|(error, name)| format!("{name} ({})", number::percent(*error)))
        .collect();
    said.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::Choices;
    use crate::train::history::{Epoch, History, Score};

    fn trained(name: &str, errors: &[f64]) -> Trained {
        let epoch = |(place, error): (usize, &f64)| Epoch {
            number: place + 1,
            test: Score { loss: 1.0, error: *error },
            ..Epoch::default()
        };
        let epochs = errors.iter().enumerate().map(epoch).collect();
        Trained {
            name: name.into(),
            data: "digits".into(),
            parameters: 1,
            settings: Choices::default().resolve(),
            history: History { epochs, ..History::default() },
        }
    }

    #[test]
    fn networks_are_ranked_by_their_best_epoch() {
        let all = [trained("late", &[0.5, 0.2]), trained("early", &[0.1, 0.6])];
        assert_eq!(ranking(&all), "early (10.0 %), late (20.0 %)");
    }

    #[test]
    fn the_best_and_the_last_epoch_are_distinguished() {
        let outcome = Outcome::of(&trained("early", &[0.1, 0.6]));
        assert_eq!((outcome.best_test_error, outcome.best_epoch), (Some(0.1), Some(1)));
        assert_eq!(outcome.test_error, Some(0.6));
    }
}
