//! The network that the command line or a weight file names, and where its weights are.

use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

use anyhow::anyhow;

use super::arguments::DreamOptions;
use super::exit::Exit;
use super::model::{self, Model};
use super::offer;
use super::progress;
use dreamer::network::{Graph, zoo};
use dreamer::trained::{TrainedNetwork, embedded};
use dreamer::weights::{self, ReadError, Search, Weights};

/// Where weights are.
#[derive(Clone)]
pub enum Source {
    File(PathBuf),
    /// In the program itself.
    Embedded,
}

impl Source {
    /// The weights that a part of a network needs, or all of it.
    ///
    /// # Errors
    /// [`ReadError`] names the file and says what is wrong with it.
    pub fn load(&self, needed: &Graph, whole: &Graph) -> Result<Weights, ReadError> {
        match self {
            Source::File(path) => weights::read(path, needed, whole),
            Source::Embedded => Ok(embedded::network().weights),
        }
    }
}

impl Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Source::File(path) => path.display().fmt(f),
            Source::Embedded => f.write_str("built in"),
        }
    }
}

/// A network and where its weights are.
#[derive(Clone)]
pub struct Network {
    /// As `--model` takes it.
    pub model: String,
    pub graph: Graph,
    pub weights: Source,
}

impl Network {
    /// What the command line names, or else the first network whose weights are there, or else the
    /// one that is part of the program.
    ///
    /// # Errors
    /// [`Exit`] where it is not there, or a file is not of the network that is named.
    pub fn new(options: &DreamOptions, display: &progress::Display) -> Result<Network, Exit> {
        let search = Search::from_environment();
        match (options.model.as_ref(), options.weights.as_deref()) {
            (model, Some(weights)) => Network::of_file(model, weights),
            (Some(Model::Embedded), None) => Ok(Network::embedded()),
            (Some(model), None) => {
                let graph = model.graph().map_err(Exit::usage)?;
                let found = search.find(&model.to_string());
                match found
                    .or_else(|missing| offer::instead(missing, &search, options.yes, display))?
                {
                    path if TrainedNetwork::is_described(&path)? => {
                        Network::of_file(Some(model), &path)
                    }
                    path => {
                        Ok(Network { model: model.to_string(), graph, weights: Source::File(path) })
                    }
                }
            }
            (None, None) => match search.first(zoo::names()) {
                Ok((model, path)) => {
                    let model: Model = model.parse().map_err(Exit::usage)?;
                    let graph = model.graph().map_err(Exit::usage)?;
                    Ok(Network { model: model.to_string(), graph, weights: Source::File(path) })
                }
                Err(_) => {
                    display.note(&format!(
                        "note: dreaming with the small network that is built in; for GoogLeNet's \
                         dreams fetch its weights, `dreamer models pull googlenet`, or put \
                         googlenet.safetensors or googlenet.pth into {}",
                        search.install_folder().display()
                    ));
                    Ok(Network::embedded())
                }
            },
        }
    }

    fn embedded() -> Network {
        Network {
            model: embedded::NAME.to_owned(),
            graph: embedded::network().graph,
            weights: Source::Embedded,
        }
    }

    /// A weight file's network: the one that it describes, or else the one that is named, or else
    /// the one after which the file is.
    ///
    /// # Errors
    /// [`Exit`] where they contradict each other, or none tells.
    pub fn of_file(model: Option<&Model>, path: &Path) -> Result<Network, Exit> {
        let weights = Source::File(path.to_owned());
        if TrainedNetwork::is_described(path)? {
            let TrainedNetwork { description, graph, .. } = TrainedNetwork::read(path)?;
            let own = Model::Trained(description.network);
            return match model {
                Some(model) if *model != own => Err(Exit::usage(anyhow!(
                    "{} holds a {own}, not a {model}; leave out --model",
                    path.display()
                ))),
                _ => Ok(Network { model: own.to_string(), graph, weights }),
            };
        }
        let model = match model {
            Some(Model::Embedded) => {
                return Err(Exit::usage(anyhow!(
                    "the network {} is built in; leave out --weights, or name the network of {}",
                    embedded::NAME,
                    path.display()
                )));
            }
            Some(model) => model.clone(),
            None => model_of(path)?,
        };
        let graph = model.graph().map_err(Exit::usage)?;
        Ok(Network { model: model.to_string(), graph, weights })
    }
}

/// The model that a weight file is named after.
fn model_of(path: &Path) -> Result<Model, Exit> {
    weights::model_of(path).unwrap_or_default().parse().map_err(|_| {
        Exit::usage(anyhow!(
            "cannot tell from its name which network {} is for; add --model ({})",
            path.display(),
            model::names().collect::<Vec<_>>().join(", ")
        ))
    })
}
