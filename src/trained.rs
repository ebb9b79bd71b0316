//! Trained networks: the file that each is kept in, and how it was trained.
//!
//! The file is a safetensors file that any reader of weights can read. Its metadata have one key,
//! `dreamer`, whose value is a [`Description`] as JSON: which network the tensors are for, what
//! pictures it takes, what its answers are called, and how it was trained.

mod augmentation;
mod choice;
pub mod embedded;
mod initialisation;
mod rule;
mod schedule;
mod score;
mod settings;

pub use augmentation::{Augmentation, BadAugmentation, Elastic};
pub use choice::ChoiceError;
pub use initialisation::Initialisation;
pub use rule::{Adam, Rule};
pub use schedule::Schedule;
pub use score::Score;
pub use settings::{Inputs, Settings};

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::atomic_file::{self, WriteError};
use crate::backend::core::ParameterLayout;
use crate::network::{Architecture, ArchitectureError, Form, Graph};
use crate::weights::{self, ReadError, Weights};

/// The key of the metadata under which the description is.
const KEY: &str = "dreamer";

/// What a weight file says about the network in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// Version of the dreamer that wrote it.
    pub version: String,
    pub network: Architecture,
    pub form: Form,
    /// Names of the classes, by label.
    pub classes: Vec<String>,
    /// The kind of data that it was trained with (`mnist`, …).
    pub data: String,
    pub settings: Settings,
    /// How well it does; `None` where its first epoch has not been finished.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub result: Option<Outcome>,
}

/// How well a network does after an epoch of its training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// 1 for the first.
    pub epoch: usize,
    pub training: Score,
    /// By which the epoch was chosen, where examples were kept for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<Score>,
    pub test: Score,
}

/// A trained network: its graph, its weights and what is known about it.
#[derive(Clone, Debug)]
pub struct TrainedNetwork {
    pub description: Description,
    /// Takes pictures of the form's shape; its last node is the answer.
    pub graph: Graph,
    pub weights: Weights,
}

/// Why a file gives no trained network.
#[derive(Debug, thiserror::Error)]
pub enum TrainedError {
    #[error(transparent)]
    Weights(#[from] ReadError),
    #[error(
        "{} does not say which network it is for: dreamer train writes files that do; name the \
         network of another file with --model",
        path.display()
    )]
    NoDescription { path: PathBuf },
    #[error(
        "what {} says about its network cannot be understood: {source}; it is damaged, or from \
         another version of dreamer",
        path.display()
    )]
    Description { path: PathBuf, source: serde_json::Error },
    #[error("{} describes a network that cannot be: {source}", path.display())]
    Architecture { path: PathBuf, source: Box<ArchitectureError> },
    #[error("{} names {names} classes for {answers} answers; it is damaged", path.display())]
    Classes { path: PathBuf, names: usize, answers: usize },
}

impl TrainedNetwork {
    /// Whether a weight file says which network it is for.
    ///
    /// # Errors
    /// If it cannot be read, or is not a safetensors file.
    pub fn is_described(path: &Path) -> Result<bool, ReadError> {
        Ok(weights::read_metadata(path, KEY)?.is_some())
    }

    /// Reads a file that [`TrainedNetwork::write`] wrote.
    ///
    /// # Errors
    /// [`TrainedError`] names the file and says what is wrong with it.
    pub fn read(path: &Path) -> Result<TrainedNetwork, TrainedError> {
        TrainedNetwork::decode(&weights::map(path)?, path)
    }

    /// As [`TrainedNetwork::read`], from the bytes of a file; `path` is named in errors.
    ///
    /// # Errors
    /// As for [`TrainedNetwork::read`].
    pub fn decode(bytes: &[u8], path: &Path) -> Result<TrainedNetwork, TrainedError> {
        let json = weights::decode_metadata(bytes, path, KEY)?
            .ok_or_else(|| TrainedError::NoDescription { path: path.to_owned() })?;
        let description: Description = serde_json::from_str(&json)
            .map_err(|source| TrainedError::Description { path: path.to_owned(), source })?;
        let (names, answers) = (description.classes.len(), description.form.classes);
        if names != answers {
            return Err(TrainedError::Classes { path: path.to_owned(), names, answers });
        }
        let graph = description
            .network
            .graph(&description.form)
            .map_err(Box::new)
            .map_err(|source| TrainedError::Architecture { path: path.to_owned(), source })?;
        let weights = weights::decode(bytes, path, &graph, &graph)?;
        Ok(TrainedNetwork { description, graph, weights })
    }

    /// Writes the file, in place of one that may be there. The same network gives the same bytes.
    ///
    /// # Errors
    /// [`WriteError`]; a file that was there before stays.
    pub fn write(&self, path: &Path) -> Result<(), WriteError> {
        let json = serde_json::to_string(&self.description).expect("a description is plain data");
        atomic_file::write(path, &weights::encode(&self.weights, KEY, json))
    }

    /// The parameters as one vector, and where each lies in it.
    pub fn parameters(&self) -> (ParameterLayout, Vec<f32>) {
        let layout = ParameterLayout::new(&self.graph);
        let parameters = layout.flatten(&mut self.weights.clone());
        (layout, parameters)
    }
}

#[cfg(all(test, feature = "train"))]
mod tests {
    use super::*;
    use crate::train::{Choices, initialise};

    fn network() -> TrainedNetwork {
        let network: Architecture = "mlp:784-3-10".parse().unwrap();
        let settings = Choices { network: Some(network.clone()), ..Choices::default() }.settle();
        let form = network.digits();
        let graph = network.graph(&form).unwrap();
        let layout = ParameterLayout::new(&graph);
        let parameters = initialise(&graph, &layout, settings.init, 1);
        let description = Description {
            version: "0.0.0".into(),
            network,
            form,
            classes: (0..10).map(|digit| digit.to_string()).collect(),
            data: "mnist".into(),
            settings,
            result: None,
        };
        TrainedNetwork { description, graph, weights: layout.tensors(&parameters) }
    }

    /// What is said about a file whose description is changed before it is written.
    fn error_of(change: impl FnOnce(&mut serde_json::Value)) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.safetensors");
        let mut json = serde_json::to_value(network().description).unwrap();
        change(&mut json);
        let bytes = weights::encode(&network().weights, KEY, json.to_string());
        std::fs::write(&path, bytes).unwrap();
        TrainedNetwork::read(&path).unwrap_err().to_string()
    }

    #[test]
    fn a_network_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.safetensors");
        network().write(&path).unwrap();
        let read = TrainedNetwork::read(&path).unwrap();
        assert_eq!(read.description, network().description);
        assert_eq!(read.parameters().1, network().parameters().1);
        let first = std::fs::read(&path).unwrap();
        read.write(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), first);
    }

    #[test]
    fn a_file_that_describes_no_network_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.safetensors");
        std::fs::write(&path, weights::encode(&network().weights, "format", "pt".into())).unwrap();
        let error = TrainedNetwork::read(&path).unwrap_err().to_string();
        assert!(error.contains("a.safetensors does not say which network it is for"), "{error}");
        assert!(!TrainedNetwork::is_described(&path).unwrap());
    }

    #[test]
    fn a_description_that_cannot_be_is_refused() {
        let error = error_of(|json| json["network"] = "mlp:784-0-10".into());
        assert!(error.contains("cannot be understood"), "{error}");
        let error = error_of(|json| json["form"]["shape"]["channels"] = 2.into());
        assert!(error.contains("describes a network that cannot be"), "{error}");
        let error = error_of(|json| json["classes"] = serde_json::json!(["a"]));
        assert!(error.contains("names 1 classes for 10 answers"), "{error}");
        let error = error_of(|json| json["form"]["shape"]["height"] = u64::MAX.into());
        assert!(error.contains("sides of up to 65536 pixels, and these are 28×1844"), "{error}");
    }

    #[test]
    fn weights_of_another_network_do_not_fit() {
        let error = error_of(|json| json["network"] = "mlp:784-4-10".into());
        assert!(error.contains("does not fit mlp:784-4-10"), "{error}");
    }
}
