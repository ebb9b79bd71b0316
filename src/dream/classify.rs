//! What a network takes a picture for.

use super::executor::Work;
use super::{Dreamer, Error};
use crate::backend::{self, Backend, Record, View};
use crate::network::Op;
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
    /// ([`crate::picture::fit`] with [`crate::network::Graph::picture_size`]).
    ///
    /// # Errors
    /// [`Error`] where the weights of the whole network cannot be read, or the device fails.
    pub fn classify(&self, picture: &Planes) -> Result<Outputs, Error> {
        let cut = self.cut(Vec::new())?;
        let work = MeanOutputs { picture };
        let values = self.with_network(&cut, |loaded| loaded.work(self.executor(), work))??;
        Ok(match self.network().graph.nodes().last().map(|node| &node.op) {
            Some(Op::Softmax) => Outputs { values, are_probabilities: true },
            // Of our own networks, each class by itself.
            Some(Op::Activation(_)) => Outputs { values, are_probabilities: false },
            _ => Outputs { values: softmax(&values), are_probabilities: true },
        })
    }
}

/// The mean of each channel of the last layer.
struct MeanOutputs<'a> {
    picture: &'a Planes,
}

impl Work for MeanOutputs<'_> {
    type Done = Result<Vec<f32>, backend::Error>;

    fn on<B: Backend>(self, backend: &B) -> Self::Done {
        let picture = super::upload(backend, self.picture.clone())?;
        let view = View::whole(self.picture.height(), self.picture.width());
        let trace = backend.forward(&picture, view, Record::Nothing)?;
        let activation = &backend.activations(&trace)[0];
        let shape = backend.shape(activation);
        let cells = (shape.height * shape.width) as f64;
        let sums = backend.channel_sums(activation, None)?;
        Ok(sums.into_iter().map(|sum| (sum / cells) as f32).collect())
    }
}

fn softmax(values: &[f32]) -> Vec<f32> {
    let largest = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let raised: Vec<f32> = values.iter().map(|value| (value - largest).exp()).collect();
    let sum: f32 = raised.iter().sum();
    raised.iter().map(|value| value / sum).collect()
}
