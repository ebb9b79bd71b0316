//! Equalising the channels of a trained network, so that it dreams of everything it knows rather
//! than of what it sees most easily.
//!
//! A dream ascends Σa² of a layer. Maps whose values happen to be large dominate it everywhere, and
//! increasingly so the stronger they get. But the scale of a ReLU network's maps is arbitrary:
//! multiplying a map by a factor, and dividing by it again where it is read, changes no output
//! (cross-layer equalisation). So each map is rescaled to the same size on the training pictures.
//! In addition, a ReLU6 replaces each ReLU, which stops the growth of dominant maps far above that
//! size, so that others grow beside them.

use super::augment::{Augmentation, MiniBatches};
use super::data::{Examples, PictureShape};
use crate::backend::core::{ParameterLayout, Replicas};
use crate::network::{Activation, ArchitectureError, Graph, NodeId, Op, ShapeError};
use crate::trained::TrainedNetwork;

/// Root mean square of every map after equalisation: a twelfth of where a ReLU6 saturates.
const SIZE: f64 = 0.5;

/// Number of pictures on which maps are measured, and pictures per batch.
const PICTURES: usize = 2_600;
const BATCH: usize = 50;

/// Why a network cannot be equalised.
#[derive(Debug, thiserror::Error)]
pub enum EqualizeError {
    /// The method needs max(0, x): a positive factor passes through it.
    #[error("only a network with ReLU activations can be equalised")]
    Activation,
    /// The network does not fit the pictures.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// The equalised network cannot be built.
    #[error(transparent)]
    Architecture(#[from] ArchitectureError),
}

/// Equalises a network's maps, measured on examples of that shape.
///
/// # Errors
/// [`EqualizeError::Activation`] if its hidden layers have another activation function.
pub fn equalize_channels(
    network: TrainedNetwork,
    examples: &Examples,
    shape: PictureShape,
    threads: usize,
) -> Result<TrainedNetwork, EqualizeError> {
    if network.description.form.activation != Activation::Relu {
        return Err(EqualizeError::Activation);
    }
    let (layout, mut parameters) = network.parameters();
    let layers = layers(&network.graph, &layout);
    let sizes = sizes(&network.graph, &parameters, &layers, examples, shape, threads)?;
    for (layer, sizes) in layers.iter().zip(sizes) {
        layer.scale(&network.graph, &layout, &mut parameters, &sizes);
    }
    let mut description = network.description;
    description.form.activation = Activation::Relu6;
    let graph = description.network.graph(&description.form)?;
    Ok(TrainedNetwork { weights: layout.tensors(&parameters), graph, description })
}

/// A layer with parameters followed by a ReLU, and the layer that reads its maps.
struct Layer {
    node: NodeId,
    relu: NodeId,
    reader: NodeId,
}

fn layers(graph: &Graph, layout: &ParameterLayout) -> Vec<Layer> {
    let weighted: Vec<NodeId> =
        graph.iter().map(|(id, _)| id).filter(|id| layout.range(*id, "weight").is_some()).collect();
    let relus = graph
        .iter()
        .filter(|(_, node)| node.op == Op::Activation(Activation::Relu))
        .map(|(relu, node)| (node.inputs[0], relu));
    let reader = |after: NodeId| weighted.iter().copied().find(|id| *id > after);
    relus.filter_map(|(node, relu)| Some(Layer { node, relu, reader: reader(relu)? })).collect()
}

/// Root mean square of each map of each layer.
fn sizes(
    graph: &Graph,
    parameters: &[f32],
    layers: &[Layer],
    examples: &Examples,
    shape: PictureShape,
    threads: usize,
) -> Result<Vec<Vec<f64>>, ShapeError> {
    let mut replicas = Replicas::new(graph, BATCH, shape.size(), threads)?;
    let preprocessing = graph.preprocessing();
    let mut batches = MiniBatches::new(examples, shape, &Augmentation::none(), preprocessing, 0);
    let mut squares: Vec<Vec<f64>> =
        layers.iter().map(|layer| vec![0.0; maps(graph, layer.node)]).collect();
    let mut counts = vec![0usize; layers.len()];
    let count = examples.len().min(PICTURES);
    let mut inputs = vec![0.0; BATCH * shape.volume()];
    let mut labels = [0; BATCH];
    for start in (0..count).step_by(BATCH) {
        let indices: Vec<usize> = (start..count.min(start + BATCH)).collect();
        let inputs = &mut inputs[..indices.len() * shape.volume()];
        batches.fill(0, &indices, inputs, &mut labels[..indices.len()]);
        replicas.predict(parameters, inputs, indices.len());
        for ((layer, squares), count) in layers.iter().zip(&mut squares).zip(&mut counts) {
            for activation in replicas.activations(layer.relu) {
                let plane = activation.len() / squares.len();
                *count += plane;
                for (square, map) in squares.iter_mut().zip(activation.chunks_exact(plane)) {
                    *square += map.iter().map(|a| f64::from(*a) * f64::from(*a)).sum::<f64>();
                }
            }
        }
    }
    for (squares, count) in squares.iter_mut().zip(counts) {
        squares.iter_mut().for_each(|square| *square = (*square / count.max(1) as f64).sqrt());
    }
    Ok(squares)
}

fn maps(graph: &Graph, node: NodeId) -> usize {
    graph.node(node).op.parameters()[0].1[0]
}

impl Layer {
    /// Rescales every map, and divides by the same factor where it is read.
    fn scale(
        &self,
        graph: &Graph,
        layout: &ParameterLayout,
        parameters: &mut [f32],
        sizes: &[f64],
    ) {
        // A map that is never active stays as it is.
        let factor = |map: usize| if sizes[map] > 0.0 { (SIZE / sizes[map]) as f32 } else { 1.0 };
        for role in ["weight", "bias"] {
            let Some(range) = layout.range(self.node, role) else { continue };
            let each = range.len() / sizes.len();
            for (map, values) in parameters[range].chunks_exact_mut(each).enumerate() {
                values.iter_mut().for_each(|value| *value *= factor(map));
            }
        }
        let range = layout.range(self.reader, "weight").expect("a reader has weights");
        let row = range.len() / maps(graph, self.reader);
        let each = row / sizes.len();
        for row in parameters[range].chunks_exact_mut(row) {
            for (map, values) in row.chunks_exact_mut(each).enumerate() {
                values.iter_mut().for_each(|value| *value /= factor(map));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::data::motifs::motifs;
    use crate::train::{Choices, Training};

    #[test]
    fn maps_become_of_one_size_and_the_answers_stay() {
        let data = motifs(52, 26, 16, 1);
        let choices = Choices {
            network: Some("vgg:4-5/6".parse().expect("valid")),
            epochs: Some(1),
            batch_size: Some(13),
            ..Choices::default()
        };
        let mut training = Training::new(choices.resolve(), &data, 1).expect("it fits");
        training.epoch(|_| std::ops::ControlFlow::Continue(())).expect("it learns");
        let before = training.network();
        let answers = |network: &TrainedNetwork| {
            let (_, parameters) = network.parameters();
            let mut replicas =
                Replicas::new(&network.graph, 26, crate::Size::square(16), 1).expect("it fits");
            let mut inputs = vec![0.0; 26 * data.shape.volume()];
            let indices: Vec<usize> = (0..26).collect();
            let none = Augmentation::none();
            let preprocessing = network.graph.preprocessing();
            MiniBatches::new(&data.test, data.shape, &none, preprocessing, 0).fill(
                0,
                &indices,
                &mut inputs,
                &mut [0; 26],
            );
            replicas.predict(&parameters, &inputs, 26);
            replicas.outputs().to_vec()
        };
        let equalized =
            equalize_channels(before.clone(), &data.training, data.shape, 1).expect("it has ReLUs");
        assert_eq!(equalized.description.form.activation, Activation::Relu6);
        let differences = answers(&before).into_iter().zip(answers(&equalized));
        assert!(differences.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max) < 0.1);

        let (layout, parameters) = equalized.parameters();
        let mut relu = equalized.description.clone();
        relu.form.activation = Activation::Relu;
        let graph = relu.network.graph(&relu.form).expect("it fits");
        let layers = layers(&graph, &layout);
        assert_eq!(layers.len(), 3);
        let sizes = sizes(&graph, &parameters, &layers, &data.training, data.shape, 1);
        for size in sizes.expect("it fits").concat() {
            assert!(size == 0.0 || (size - SIZE).abs() < 1e-3, "{size}");
        }
    }
}
