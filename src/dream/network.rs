//! A network and where its weights are.

use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

use super::Model;
use crate::network::{ArchitectureError, Classes, Graph, zoo};
use crate::trained::{TrainedError, TrainedNetwork, embedded};
use crate::weights::{self, Missing, ReadError, Search, Weights};

/// Where weights are.
#[derive(Clone, Debug)]
pub enum WeightSource {
    /// A file in any form that [`crate::weights`] reads.
    File(PathBuf),
    /// In the crate itself.
    Embedded,
}

impl WeightSource {
    /// The weights that a part of a network needs, or all of it.
    ///
    /// # Errors
    /// [`ReadError`] names the file and says what is wrong with it.
    pub fn load(&self, needed: &Graph, whole: &Graph) -> Result<Weights, ReadError> {
        match self {
            WeightSource::File(path) => weights::read(path, needed, whole),
            WeightSource::Embedded => Ok(embedded::network().weights),
        }
    }
}

impl Display for WeightSource {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            WeightSource::File(path) => path.display().fmt(f),
            WeightSource::Embedded => f.write_str("built in"),
        }
    }
}

/// A network and where its weights are.
#[derive(Clone)]
pub struct Network {
    /// Its name, as [`Model`] reads it.
    pub model: String,
    /// What it computes.
    pub graph: Graph,
    /// Where its weights are; they are not read yet.
    pub weights: WeightSource,
    /// What it tells apart, where that is known.
    pub classes: Option<Classes>,
}

/// Why a network cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// No file of weights of the model is found.
    #[error(transparent)]
    Missing(#[from] Missing),
    /// A file of weights cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A file that describes its own network cannot be used.
    #[error(transparent)]
    Trained(#[from] TrainedError),
    /// The network that a file describes cannot be built.
    #[error(transparent)]
    Architecture(#[from] ArchitectureError),
    /// The file is of another model than the one that was named.
    #[error("{} holds a {own}, not a {named}", path.display())]
    AnotherModel {
        /// The file.
        path: PathBuf,
        /// The model that the file is of.
        own: String,
        /// The model that was named.
        named: String,
    },
    /// A file was named for the model that is built in.
    #[error("the network {} is built in, and has no file of weights", embedded::NAME)]
    BuiltIn {
        /// The file.
        path: PathBuf,
    },
    /// A file was named without a model, and its name does not say which.
    #[error("cannot tell from its name which network {} is for", path.display())]
    Unnamed {
        /// The file.
        path: PathBuf,
    },
}

impl Network {
    /// The network that is named; else the one of the file of weights; else the first whose weights are
    /// found where weights are looked for ([`Search`]); else the one that is built in.
    ///
    /// # Errors
    /// [`NetworkError::Missing`] where weights are needed and not found, and others where names and files
    /// contradict each other or a file cannot be read.
    pub fn open(model: Option<&Model>, weights: Option<&Path>) -> Result<Network, NetworkError> {
        let search = Search::from_environment();
        match (model, weights) {
            (model, Some(weights)) => Network::of_file(model, weights),
            (Some(Model::Embedded), None) => Ok(Network::embedded()),
            (Some(model), None) => {
                // Before its weights are looked for: no architecture that does not fit has any.
                model.graph()?;
                Network::with_weights(model, search.find(&model.to_string())?)
            }
            (None, None) => match search.first(zoo::names()) {
                Err(_) => Ok(Network::embedded()),
                Ok((name, path)) => {
                    let name = zoo::names().find(|known| *known == name);
                    let model = Model::Pretrained(name.expect("it is the zoo's own name"));
                    Network::of_model(&model, WeightSource::File(path))
                }
            },
        }
    }

    /// A network whose weights are in a file that was found under its name.
    ///
    /// # Errors
    /// [`NetworkError`] where the file is of another network.
    pub fn with_weights(model: &Model, path: PathBuf) -> Result<Network, NetworkError> {
        if TrainedNetwork::is_described(&path)? {
            return Network::of_file(Some(model), &path);
        }
        Network::of_model(model, WeightSource::File(path))
    }

    /// A network with weights that do not describe it.
    fn of_model(model: &Model, weights: WeightSource) -> Result<Network, NetworkError> {
        let name = model.to_string();
        let classes = zoo::classes(&name).cloned();
        Ok(Network { graph: model.graph()?, classes, model: name, weights })
    }

    /// The network that is part of the crate.
    pub fn embedded() -> Network {
        let TrainedNetwork { description, graph, .. } = embedded::network();
        Network {
            model: embedded::NAME.to_owned(),
            graph,
            weights: WeightSource::Embedded,
            classes: Some(Classes::named(&description.classes)),
        }
    }

    /// A weight file's network: the one that it describes, or else the one that is named, or else
    /// the one after which the file is.
    ///
    /// # Errors
    /// [`NetworkError`] where they contradict each other, or none says which.
    pub fn of_file(model: Option<&Model>, path: &Path) -> Result<Network, NetworkError> {
        let weights = WeightSource::File(path.to_owned());
        if TrainedNetwork::is_described(path)? {
            let TrainedNetwork { description, graph, .. } = TrainedNetwork::read(path)?;
            let classes = Some(Classes::named(&description.classes));
            let own = Model::Trained(description.network);
            return match model {
                Some(model) if *model != own => Err(NetworkError::AnotherModel {
                    path: path.to_owned(),
                    own: own.to_string(),
                    named: model.to_string(),
                }),
                _ => Ok(Network { model: own.to_string(), graph, weights, classes }),
            };
        }
        let model = match model {
            Some(Model::Embedded) => {
                return Err(NetworkError::BuiltIn { path: path.to_owned() });
            }
            Some(model) => model.clone(),
            None => weights::model_of(path)
                .unwrap_or_default()
                .parse()
                .map_err(|_| NetworkError::Unnamed { path: path.to_owned() })?,
        };
        Network::of_model(&model, weights)
    }
}
