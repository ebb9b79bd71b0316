//! What a network takes a picture for.

use super::executor::{Executor, Loaded};
use super::{Dreamer, Error, Shift};
use crate::backend::{self, Backend, Edge, Record};
use crate::network::{Graph, Op, truncate};
use crate::picture::Planes;

/// A network's outputs for a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Outputs {
    /// One for each class.
    pub values: Vec<f32>,
    /// Whether they are probabilities, which add up to 1.
    pub are_probabilities: bool,
}

impl Dreamer {
    /// The network's outputs for a picture, which is best of the size of those that it was trained on
    /// ([`crate::picture::fit`] with [`Graph::picture_size`]).
    ///
    /// # Errors
    /// [`Error`] where the weights of the whole network cannot be read, or the device fails.
    pub fn classify(&self, picture: &Planes) -> Result<Outputs, Error> {
        let cut = self.whole()?;
        let values = self.with_network(&cut, |loaded| match (loaded, self.executor()) {
            (Loaded::Core(core), Executor::Core { pool }) => {
                pool.install(|| outputs(core, &cut.tiling, picture))
            }
            #[cfg(feature = "torch")]
            (Loaded::Torch(torch), _) => outputs(torch, &cut.tiling, picture),
            #[cfg(feature = "torch")]
            _ => unreachable!("a network is loaded for its own executor"),
        })??;
        Ok(match last(&self.network().graph) {
            Op::Softmax => Outputs { values, are_probabilities: true },
            // Of our own networks, each class by itself.
            Op::Activation(_) => Outputs { values, are_probabilities: false },
            _ => Outputs { values: softmax(&values), are_probabilities: true },
        })
    }
}

fn last(graph: &Graph) -> &Op {
    &graph.nodes().last().expect("a graph has an input").op
}

/// The mean of each channel of the last layer.
fn outputs<B: Backend>(
    backend: &B,
    tiling: &super::Tiling,
    picture: &Planes,
) -> Result<Vec<f32>, backend::Error> {
    let array = super::upload(backend, picture.clone())?;
    let [whole] = &tiling.whole(picture.size())[..] else { unreachable!("it is one tile") };
    let view = whole.view(Shift::default(), [Edge::Mirror; 2]);
    let trace = backend.forward(&array, view, Record::Nothing)?;
    let activations = backend.activations(&trace);
    let shape = backend.shape(&activations[0]);
    let values = backend.download(&activations[0])?;
    let cells = shape.height * shape.width;
    Ok(values.chunks_exact(cells).map(|cell| cell.iter().sum::<f32>() / cells as f32).collect())
}

fn softmax(values: &[f32]) -> Vec<f32> {
    let largest = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let raised: Vec<f32> = values.iter().map(|value| (value - largest).exp()).collect();
    let sum: f32 = raised.iter().sum();
    raised.iter().map(|value| value / sum).collect()
}

/// The graph up to its last node, and that node in it.
pub(super) fn whole(graph: &Graph) -> (Graph, Vec<crate::network::NodeId>) {
    let (last, _) = graph.iter().last().expect("a graph has an input");
    truncate(graph, &[last])
}
