//! The network, layers and weights that the command line chooses.

use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

use anyhow::anyhow;

use super::super::arguments::{DreamArguments, LayerWeight};
use super::super::exit::Exit;
use super::super::model::{self, Model};
use super::super::progress;
use crate::dream::{Octaves, Size, Tiling, octaves};
use crate::memory;
use crate::network::{Graph, NodeId, ShapeError, find_layer, truncate, zoo};
use crate::picture::Input;
use crate::train::{TrainedNetwork, embedded};
use crate::weights::{self, ReadError, Search, Weights};

/// A network, the layers to dream and where its weights are.
pub struct Choice {
    /// As `--model` takes it.
    pub model: String,
    pub whole: Graph,
    /// The part that the layers need.
    pub needed: Graph,
    /// The layers in that part.
    pub targets: Vec<NodeId>,
    pub layers: Vec<LayerWeight>,
    pub weights: Source,
}

/// Where weights are.
pub enum Source {
    File(PathBuf),
    /// In the program itself.
    Embedded,
}

impl Source {
    /// The weights that the chosen layers need.
    pub fn load(&self, choice: &Choice) -> Result<Weights, ReadError> {
        match self {
            Source::File(path) => weights::read(path, &choice.needed, &choice.whole),
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
struct Network {
    model: String,
    graph: Graph,
    weights: Source,
}

impl Network {
    /// What the command line names, or else the first network whose weights are there, or else the
    /// one that is part of the program.
    fn new(arguments: &DreamArguments, display: &progress::Display) -> Result<Network, Exit> {
        let search = Search::from_environment();
        match (&arguments.model, &arguments.weights) {
            (model, Some(weights)) => Network::of_file(model.as_ref(), weights),
            (Some(Model::Embedded), None) => Ok(Network::embedded()),
            (Some(model), None) => {
                let graph = model.graph().map_err(Exit::usage)?;
                match search.find(&model.to_string())? {
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
                Err(none) => {
                    display.note(&format!(
                        "note: dreaming with the small network that is built in; for GoogLeNet's \
                         dreams put its weights, googlenet.safetensors, into {} \
                         (models/README.md says how to make the file)",
                        none.folder().display()
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
    fn of_file(model: Option<&Model>, path: &Path) -> Result<Network, Exit> {
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

impl Choice {
    pub fn new(arguments: &DreamArguments, display: &progress::Display) -> Result<Choice, Exit> {
        let Network { model, graph: whole, weights } = Network::new(arguments, display)?;
        let layers = match &arguments.layers[..] {
            [] => vec![LayerWeight { name: whole.default_layer().to_owned(), weight: 1.0 }],
            layers => layers.to_vec(),
        };
        let (needed, targets) = find(&whole, &layers)?;
        Ok(Choice { model, whole, needed, targets, layers, weights })
    }

    /// How a picture may be cut.
    pub fn tiling(&self) -> Tiling {
        Tiling::new(&self.needed, &self.targets)
    }

    /// The layers as the command line takes them.
    pub fn layer_names(&self) -> String {
        self.layers.iter().map(LayerWeight::to_string).collect::<Vec<_>>().join(",")
    }

    /// The sizes at which a picture is dreamed.
    pub fn octaves(
        &self,
        arguments: &DreamArguments,
        input: &Input,
        size: Size,
        display: &progress::Display,
    ) -> Result<Octaves, Exit> {
        let octaves = octaves(&self.needed, size, arguments.octaves, arguments.octave_scale)
            .map_err(|error| {
                let [layers, model] = [&self.layer_names(), self.whole.name()];
                match error {
                    ShapeError::WrongVolume { .. } => {
                        anyhow!("{input} does not fit {layers} of {model}: {error}")
                    }
                    _ => anyhow!(
                        "{input} is too small for {layers} of {model}: {error}; choose an earlier \
                         layer or a larger picture"
                    ),
                }
            })?;
        if let Some(largest) = octaves.left_out.last() {
            display.note(&format!(
                "note: {} of {} octaves are left out: {largest} pixels are too few for {}",
                octaves.left_out.len(),
                arguments.octaves,
                self.layer_names()
            ));
        }
        Ok(octaves)
    }

    /// The side of the tiles: as `wanted`, or else as the machine's memory demands where that is
    /// what the executor computes in. (A GPU that runs out of its own makes the dream cut tiles.)
    pub fn tile(
        &self,
        wanted: Option<usize>,
        size: Size,
        shares_memory: bool,
    ) -> Result<Option<usize>, Exit> {
        let tiling = self.tiling();
        if let Some(side) = wanted {
            tiling.tiles(size, side).map_err(Exit::usage)?;
            return Ok(wanted);
        }
        let side = if shares_memory { memory::tile_side(&tiling, size) } else { None };
        Ok(side.map(|side| tiling.fit(size, side)).transpose()?)
    }
}

/// The part of the graph that the layers need, and the layers in it: each is there, and none is
/// named twice, by whatever name.
fn find(graph: &Graph, layers: &[LayerWeight]) -> Result<(Graph, Vec<NodeId>), Exit> {
    let id = |layer: &LayerWeight| {
        find_layer(graph, &layer.name).map_err(|error| match has_layer(&layer.name) {
            None => Exit::usage(error),
            Some(other) => Exit::usage(anyhow!("{error}; {other} has one: add --model {other}")),
        })
    };
    let (needed, targets) = truncate(graph, &layers.iter().map(id).collect::<Result<Vec<_>, _>>()?);
    for (index, target) in targets.iter().enumerate() {
        let Some(other) = targets[..index].iter().position(|other| other == target) else {
            continue;
        };
        let [first, second] = [&layers[other].name, &layers[index].name];
        return Err(Exit::usage(match first == second {
            true => anyhow!("--layer names {first} twice; name it once"),
            false => anyhow!("--layer names {first} and {second}, which are one layer"),
        }));
    }
    Ok((needed, targets))
}

/// A model with a layer of that name.
fn has_layer(name: &str) -> Option<&'static str> {
    zoo::names()
        .find(|model| zoo::build(model).is_some_and(|graph| find_layer(&graph, name).is_ok()))
}

/// The model that a weight file is named after.
fn model_of(weights: &Path) -> Result<Model, Exit> {
    let stem = weights.file_stem().unwrap_or_default().to_string_lossy();
    stem.parse().map_err(|_| {
        Exit::usage(anyhow!(
            "cannot tell from its name which network {} is for; add --model ({})",
            weights.display(),
            model::names().collect::<Vec<_>>().join(", ")
        ))
    })
}
