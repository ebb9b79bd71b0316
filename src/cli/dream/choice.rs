//! The network, layers and weights that the command line chooses.

use anyhow::anyhow;

use super::super::arguments::{DreamArguments, DreamOptions, LayerWeight};
use super::super::exit::Exit;
use super::super::network::{Network, Source};
use super::super::progress;
use dreamer::dream::{Octaves, Size, Tiling, octaves};
use dreamer::memory::Budget;
use dreamer::network::{
    Graph, NodeId, SelectError, ShapeError, UnknownLayer, find_layer, select, zoo,
};
use dreamer::picture::Input;
use dreamer::weights::{ReadError, Weights};

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

impl Choice {
    pub fn new(arguments: &DreamArguments, display: &progress::Display) -> Result<Choice, Exit> {
        let network = Network::new(&arguments.dream, display)?;
        let layers = match &arguments.layers[..] {
            [] => vec![LayerWeight { name: network.graph.default_layer().to_owned(), weight: 1.0 }],
            layers => layers.to_vec(),
        };
        Choice::of(network, layers)
    }

    /// Layers of a network.
    pub fn of(network: Network, layers: Vec<LayerWeight>) -> Result<Choice, Exit> {
        let Network { model, graph: whole, weights } = network;
        let (needed, targets) = find(&whole, &layers)?;
        Ok(Choice { model, whole, needed, targets, layers, weights })
    }

    /// Reads the weights that the layers need.
    pub fn load(&self) -> Result<Weights, ReadError> {
        self.weights.load(&self.needed, &self.whole)
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
        arguments: &DreamOptions,
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

    /// The side of the tiles: as `wanted`, or else as the machine's `memory` demands, of which a step
    /// takes so many bytes for each pixel; `None` where it takes another memory. (A GPU that runs out
    /// of its own makes the dream cut tiles.)
    pub fn tile(
        &self,
        wanted: Option<usize>,
        size: Size,
        memory: Option<(&Budget, usize)>,
    ) -> Result<Option<usize>, Exit> {
        let tiling = self.tiling();
        if let Some(side) = wanted {
            tiling.tiles(size, side).map_err(Exit::usage)?;
            return Ok(wanted);
        }
        let side = memory.and_then(|(budget, bytes)| budget.tile_side(bytes, size));
        Ok(side.map(|side| tiling.fit(size, side)).transpose()?)
    }
}

/// The part of the graph that the layers need, and the layers in it: each is there, and none is
/// named twice, by whatever name.
fn find(graph: &Graph, layers: &[LayerWeight]) -> Result<(Graph, Vec<NodeId>), Exit> {
    let names: Vec<&str> = layers.iter().map(|layer| layer.name.as_str()).collect();
    let (needed, targets) = select(graph, &names).map_err(|error| {
        let SelectError::Layer(UnknownLayer { name, .. }) = &error else {
            return Exit::usage(error);
        };
        match has_layer(name) {
            None => Exit::usage(error),
            Some(other) => Exit::usage(anyhow!("{error}; {other} has one: add --model {other}")),
        }
    })?;
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
