//! A network cut at the layers that are dreamed.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::executor::{Executor, Loaded};
use super::{Error, Network, ObjectiveKind, Tiling};
use crate::network::{Graph, NodeId, SelectError, never_negative, select, truncate};
use crate::weights::{ReadError, Weights};

/// The part of a network that chosen layers need, and this part on each device that has loaded it.
pub struct Cut {
    /// Of the layers and channels; none for the whole network.
    pub names: Vec<String>,
    /// The part of the graph that the layers need.
    pub needed: Graph,
    /// The layers in that part.
    pub targets: Vec<NodeId>,
    pub tiling: Tiling,
    /// For each target, what it is climbed for unless another objective is chosen.
    pub objectives: Vec<ObjectiveKind>,
    state: Mutex<State>,
}

/// The names of a backend and of a device.
type Place = (&'static str, String);

#[derive(Default)]
struct State {
    /// Weights that were read before a device needed them.
    weights: Option<Weights>,
    /// By the names of backend and device.
    loaded: Vec<(Place, Loaded)>,
    /// Bytes of the machine's memory that a step takes for each pixel, where it takes any, likewise.
    bytes_per_pixel: Vec<(Place, Option<usize>)>,
}

impl Cut {
    /// Cuts a network at layers and channels, or behind its last layer where none is named.
    pub(super) fn new(network: &Network, names: Vec<String>) -> Result<Cut, SelectError> {
        let graph = &network.graph;
        let listed: Vec<&str> = names.iter().map(String::as_str).collect();
        let (needed, targets) = match (&listed[..], graph.iter().last()) {
            ([], Some((last, _))) => truncate(graph, &[last]),
            (listed, _) => select(graph, listed)?,
        };
        let never = never_negative(&needed);
        let objective = |target: &NodeId| {
            ObjectiveKind::default_for(never[target.index()], needed.is_class_map(*target))
        };
        Ok(Cut {
            names,
            tiling: Tiling::new(&needed, &targets),
            objectives: targets.iter().map(objective).collect(),
            needed,
            targets,
            state: Mutex::default(),
        })
    }

    /// Looks at the weights that the layers need, and keeps them for the first device.
    pub(super) fn with_weights<T>(
        &self,
        read: impl FnOnce() -> Result<Weights, ReadError>,
        look: impl FnOnce(&Weights) -> T,
    ) -> Result<T, ReadError> {
        let kept = self.lock().weights.take();
        let weights = match kept {
            Some(weights) => weights,
            None => read()?,
        };
        Ok(look(self.lock().weights.insert(weights)))
    }

    /// The network on an executor's device, which loads it once.
    pub(super) fn loaded(
        &self,
        executor: &Executor,
        read: impl FnOnce() -> Result<Weights, ReadError>,
    ) -> Result<Loaded, Error> {
        let place = place_of(executor);
        let find = |state: &State| {
            let found = state.loaded.iter().find(|(other, _)| *other == place);
            found.map(|(_, loaded)| loaded.clone())
        };
        let mut state = self.lock();
        if let Some(loaded) = find(&state) {
            return Ok(loaded);
        }
        let weights = match state.weights.take() {
            Some(weights) => weights,
            None => {
                // Not under the lock: reading may share its work among threads that want it too.
                drop(state);
                let weights = read()?;
                state = self.lock();
                if let Some(loaded) = find(&state) {
                    return Ok(loaded);
                }
                weights
            }
        };
        let loaded = executor.load(&self.needed, &self.targets, weights)?;
        state.loaded.push((place, loaded.clone()));
        Ok(loaded)
    }

    /// Bytes of the machine's own memory that a step takes for each pixel; `None` where it computes in
    /// a GPU's. Found once for each device: it takes a compiled network.
    pub(super) fn bytes_per_pixel(&self, executor: &Executor) -> Option<usize> {
        let place = place_of(executor);
        let mut state = self.lock();
        if let Some((_, bytes)) = state.bytes_per_pixel.iter().find(|(other, _)| *other == place) {
            return *bytes;
        }
        let bytes = executor.bytes_per_pixel(&self.needed, &self.targets);
        state.bytes_per_pixel.push((place, bytes));
        bytes
    }

    /// Bytes that the network takes: its weights, and those laid out for the way there and back.
    pub fn bytes(&self) -> u64 {
        let parameters = self.needed.nodes().iter().flat_map(|node| node.op.parameters());
        let values: usize = parameters.map(|(_, shape)| shape.iter().product::<usize>()).sum();
        3 * (values * size_of::<f32>()) as u64
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place_of(executor: &Executor) -> Place {
    (executor.backend(), executor.device())
}
