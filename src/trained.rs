//! Trained networks: the file format, and how each was trained.
//!
//! The file is safetensors, readable by any reader of weights. Its metadata have one key,
//! `dreamer`, whose value is a [`Description`] as JSON: the network, the pictures it takes, the
//! names of its classes, and how it was trained.

mod adversary;
mod augmentation;
mod choice;
pub mod embedded;
mod initialisation;
mod rule;
mod schedule;
mod score;
mod settings;

pub use adversary::{Adversary, Norm};
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

/// The metadata key of the description.
const KEY: &str = "dreamer";

/// What a weight file says about its network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// Version of dreamer that wrote the file.
    pub version: String,
    /// The architecture.
    pub network: Architecture,
    /// The pictures it takes and the classes it tells apart.
    pub form: Form,
    /// Names of the classes, by label.
    pub classes: Vec<String>,
    /// The kind of training data (`mnist`, …).
    pub data: String,
    /// What it was trained with.
    pub settings: Settings,
    /// How well it performs; `None` before the end of the first epoch.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub result: Option<Outcome>,
}

/// How well a network performs after an epoch of training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// 1 for the first.
    pub epoch: usize,
    /// The training examples' score.
    pub training: Score,
    /// The score that selected the epoch, if examples were held out for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<Score>,
    /// The test examples' score.
    pub test: Score,
    /// The score on adversarial examples, which selected the epoch, if it was trained on such.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub robust: Option<Score>,
}

/// A trained network: its graph, its weights and its description.
#[derive(Clone, Debug)]
pub struct TrainedNetwork {
    /// What the file says about it.
    pub description: Description,
    /// For pictures of the form's shape; its last node is the output.
    pub graph: Graph,
    /// Its parameters, by name.
    pub weights: Weights,
}

/// Why a file holds no usable trained network.
#[derive(Debug, thiserror::Error)]
pub enum TrainedError {
    /// The file cannot be read, or its tensors do not fit the network.
    #[error(transparent)]
    Weights(#[from] ReadError),
    /// The file has no description of a network.
    #[error(
        "{} does not say which network it is for",
        path.display()
    )]
    NoDescription {
        /// The file.
        path: PathBuf,
    },
    /// The description is not as this version writes it.
    #[error(
        "the description of the network in {} cannot be understood: {source}; the file is damaged, \
         or from another version of dreamer",
        path.display()
    )]
    Description {
        /// The file.
        path: PathBuf,
        /// Where it cannot be understood.
        source: serde_json::Error,
    },
    /// No such network can be built.
    #[error("{} describes an impossible network: {source}", path.display())]
    Architecture {
        /// The file.
        path: PathBuf,
        /// Why it cannot.
        source: Box<ArchitectureError>,
    },
    /// There are not as many names of classes as outputs.
    #[error("{} names {names} classes for {outputs} outputs; it is damaged", path.display())]
    Classes {
        /// The file.
        path: PathBuf,
        /// Number of names.
        names: usize,
        /// Number of outputs.
        outputs: usize,
    },
}

impl TrainedNetwork {
    /// Whether a weight file describes its network.
    ///
    /// # Errors
    /// If it cannot be read, or is not a safetensors file.
    pub fn is_described(path: &Path) -> Result<bool, ReadError> {
        Ok(weights::read_metadata(path, KEY)?.is_some())
    }

    /// Reads a file that [`TrainedNetwork::write`] wrote.
    ///
    /// # Errors
    /// [`TrainedError`] names the file and what is wrong with it.
    pub fn read(path: &Path) -> Result<TrainedNetwork, TrainedError> {
        TrainedNetwork::decode(&weights::map(path)?, path)
    }

    /// Like [`TrainedNetwork::read`], from the bytes of a file; errors name `path`.
    ///
    /// # Errors
    /// As for [`TrainedNetwork::read`].
    pub fn decode(bytes: &[u8], path: &Path) -> Result<TrainedNetwork, TrainedError> {
        let json = weights::decode_metadata(bytes, path, KEY)?
            .ok_or_else(|| TrainedError::NoDescription { path: path.to_owned() })?;
        let description: Description = serde_json::from_str(&json)
            .map_err(|source| TrainedError::Description { path: path.to_owned(), source })?;
        let (names, outputs) = (description.classes.len(), description.form.classes);
        if names != outputs {
            return Err(TrainedError::Classes { path: path.to_owned(), names, outputs });
        }
        let graph = description
            .network
            .graph(&description.form)
            .map_err(Box::new)
            .map_err(|source| TrainedError::Architecture { path: path.to_owned(), source })?;
        let weights = weights::decode(bytes, path, &graph, &graph)?;
        Ok(TrainedNetwork { description, graph, weights })
    }

    /// Writes the file, replacing any that exists. The same network gives the same bytes.
    ///
    /// # Errors
    /// [`WriteError`]; an existing file stays.
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
        let settings = Choices { network: Some(network.clone()), ..Choices::default() }.resolve();
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

    /// The error for a file whose description has been changed.
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
        assert!(error.contains("describes an impossible network"), "{error}");
        let error = error_of(|json| json["classes"] = serde_json::json!(["a"]));
        assert!(error.contains("names 1 classes for 10 outputs"), "{error}");
        let error = error_of(|json| json["form"]["shape"]["height"] = u64::MAX.into());
        assert!(error.contains("sides of up to 65536 pixels; these are 28×1844"), "{error}");
    }

    #[test]
    fn weights_of_another_network_do_not_fit() {
        let error = error_of(|json| json["network"] = "mlp:784-4-10".into());
        assert!(error.contains("does not fit mlp:784-4-10"), "{error}");
    }
}
