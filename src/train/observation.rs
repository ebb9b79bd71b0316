//! Observing a network while it learns: the distributions of its layers' values.

use super::attack::{Against, Attack};
use super::augment::{Augmentation, MiniBatches};
use super::data::{DataSet, PictureShape};
use super::distribution::Distribution;
use super::history::{ClassDreams, FeatureMaps, Snapshot, WatchedLayer};
use super::random::{Purpose, generator};
use super::tile::{Levels, Tile};
use crate::backend::core::{Loss, ParameterLayout, Replicas};
use crate::network::{Graph, NodeId, Op, Preprocessing, Shape, ShapeError, shapes};
use rand::RngExt;

/// Training examples whose activations and gradients are recorded.
const EXAMPLES: usize = 300;

/// Examples per forward pass.
const BATCH: usize = 50;

/// The most values of a layer that are recorded; beyond it, evenly spaced ones.
const VALUES: usize = 200_000;

/// The most kernels shown.
const KERNELS: usize = 64;

/// The most classes that are dreamed of.
const CLASSES: usize = 10;

/// Of the noise that class dreams begin with, in values of 0..1.
const NOISE: f32 = 0.1;

/// How far class dreams may change each value on average, in values of 0..1.
const REACH: f64 = 0.2;

/// The most feature maps shown per layer.
const MAPS: usize = 32;

/// Observes a network while it learns, on a replica of its own.
pub struct Observer {
    graph: Graph,
    layout: ParameterLayout,
    shapes: Vec<Shape>,
    replicas: Replicas,
    inputs: Vec<f32>,
    labels: Vec<u16>,
    /// The first test picture.
    picture: Vec<f32>,
    watched: Vec<NodeId>,
    dreams: Dreams,
}

/// Dreams of some classes.
struct Dreams {
    replicas: Replicas,
    attack: Attack,
    labels: Vec<u16>,
    /// Grey noise for each, preprocessed.
    noise: Vec<f32>,
    shape: PictureShape,
    preprocessing: Preprocessing,
}

impl Dreams {
    fn new(graph: &Graph, data: &DataSet, threads: usize) -> Result<Dreams, ShapeError> {
        let shape = data.shape;
        let classes = data.classes.len();
        let count = classes.min(CLASSES);
        let labels: Vec<u16> = (0..count).map(|index| (index * classes / count) as u16).collect();
        let preprocessing = graph.preprocessing();
        let mut random = generator(Purpose::Dream, [0; 3]);
        let plane = shape.height * shape.width;
        let one: Vec<f32> = (0..shape.volume())
            .map(|index| {
                let channel = index / plane;
                let value = 0.5 + random.random_range(-NOISE..=NOISE);
                (value - preprocessing.mean[channel]) / preprocessing.std[channel]
            })
            .collect();
        Ok(Dreams {
            replicas: Replicas::with_input_gradients(graph, count, shape.size(), threads, true)?,
            attack: Attack::towards(shape, preprocessing),
            noise: one.repeat(count),
            labels,
            shape,
            preprocessing,
        })
    }

    fn after(&mut self, epoch: usize, parameters: &[f32], loss: Loss) -> ClassDreams {
        let mut pictures = self.noise.clone();
        let (replicas, labels) = (&mut self.replicas, self.labels.as_slice());
        let mut for_them = Against { replicas, parameters, labels, loss, dropout: None };
        let radius = REACH * (self.shape.volume() as f64).sqrt();
        let mut random = generator(Purpose::Dream, [1; 3]);
        self.attack.change(&mut pictures, radius, &mut for_them, &mut random);
        let plane = self.shape.height * self.shape.width;
        let tile = |picture: &[f32]| {
            let pixels: Vec<u8> = picture
                .iter()
                .enumerate()
                .map(|(index, value)| {
                    let Preprocessing { mean, std } = self.preprocessing;
                    let level = value * std[index / plane] + mean[index / plane];
                    (255.0 * level).round() as u8
                })
                .collect();
            Tile::from_picture(&pixels, self.shape)
        };
        ClassDreams {
            epoch,
            labels: self.labels.iter().map(|label| usize::from(*label)).collect(),
            tiles: pictures.chunks_exact(self.shape.volume()).map(tile).collect(),
        }
    }
}

impl Observer {
    /// # Errors
    /// [`ShapeError`] if the network does not fit the data's pictures.
    pub fn new(graph: &Graph, data: &DataSet, threads: usize) -> Result<Observer, ShapeError> {
        let size = data.shape.size();
        let count = EXAMPLES.min(data.training.len());
        let spread: Vec<usize> =
            (0..count).map(|index| index * data.training.len() / count).collect();
        let none = Augmentation::none();
        let preprocessing = graph.preprocessing();
        let mut inputs = vec![0.0; count * data.shape.volume()];
        let mut labels = vec![0; count];
        MiniBatches::new(&data.training, data.shape, &none, preprocessing, 0).fill(
            0,
            &spread,
            &mut inputs,
            &mut labels,
        );
        let mut picture = vec![0.0; data.shape.volume()];
        MiniBatches::new(&data.test, data.shape, &none, preprocessing, 0).fill(
            0,
            &[0],
            &mut picture,
            &mut [0],
        );
        Ok(Observer {
            layout: ParameterLayout::new(graph),
            shapes: shapes(graph, size.height, size.width)?,
            replicas: Replicas::new(graph, BATCH.min(count), size, threads)?,
            inputs,
            labels,
            picture,
            watched: watched(graph),
            dreams: Dreams::new(graph, data, threads)?,
            graph: graph.clone(),
        })
    }

    /// The watched layers, first to last, without any snapshots yet.
    pub fn layers(&self) -> Vec<WatchedLayer> {
        let names = self.watched.iter().map(|id| self.graph.node(*id).name.clone());
        names.map(|name| WatchedLayer { name, snapshots: vec![] }).collect()
    }

    /// Adds a snapshot to each of `layers`, after `epochs` epochs.
    pub fn look(
        &mut self,
        parameters: &[f32],
        loss: Loss,
        epochs: f64,
        layers: &mut [WatchedLayer],
    ) {
        let mut values = vec![[vec![], vec![]]; self.watched.len()];
        let volume = self.picture.len();
        for (inputs, labels) in self.inputs.chunks(BATCH * volume).zip(self.labels.chunks(BATCH)) {
            self.replicas.gradient(parameters, inputs, labels, loss, 0);
            for (id, [activations, gradients]) in self.watched.iter().zip(&mut values) {
                let every = (self.shapes[id.index()].volume() * self.labels.len() / VALUES).max(1);
                let some = |parts: &mut dyn Iterator<Item = &[f32]>, into: &mut Vec<f32>| {
                    parts.for_each(|part| into.extend(part.iter().step_by(every)));
                };
                some(&mut self.replicas.activations(*id), activations);
                some(&mut self.replicas.activation_gradients(*id), gradients);
            }
        }
        for (layer, [activations, gradients]) in layers.iter_mut().zip(values) {
            layer.snapshots.push(Snapshot {
                epoch: epochs,
                activations: Distribution::of(activations),
                gradients: Distribution::of(gradients),
            });
        }
    }

    /// Dreams of some classes, after so many epochs.
    pub fn dream(&mut self, epoch: usize, parameters: &[f32], loss: Loss) -> ClassDreams {
        self.dreams.after(epoch, parameters, loss)
    }

    /// The kernels of the first layer with weights, or the first of them.
    pub fn filters(&self, parameters: &[f32]) -> Vec<Tile> {
        let picture = self.shapes[0];
        let first = self.graph.iter().find_map(|(id, node)| {
            let kernel = match &node.op {
                Op::Convolution(c) => {
                    Shape { channels: c.input / c.groups, height: c.kernel[0], width: c.kernel[1] }
                }
                Op::Linear { input, .. } if *input == picture.volume() => picture,
                _ => return None,
            };
            Some((kernel, self.layout.range(id, "weight")?))
        });
        let Some((kernel, range)) = first else { return vec![] };
        parameters[range]
            .chunks_exact(kernel.volume())
            .take(KERNELS)
            .map(|values| Tile::from_planes(values, kernel.into(), Levels::Symmetric))
            .collect()
    }

    /// The feature maps of the first test picture, for each layer that has any.
    pub fn feature_maps(&mut self, parameters: &[f32]) -> Vec<FeatureMaps> {
        self.replicas.predict(parameters, &self.picture, 1);
        let mut all = vec![];
        for (id, node) in self.graph.iter() {
            let shape = self.shapes[id.index()];
            let shown =
                matches!(node.op, Op::Activation(_) | Op::MaxPool(_) | Op::AveragePool { .. });
            if !shown || shape.height * shape.width == 1 {
                continue;
            }
            let mut values: Vec<f32> = self.replicas.activations(id).flatten().copied().collect();
            let channels = shape.channels.min(MAPS);
            values.truncate(channels * shape.height * shape.width);
            let shape = Shape { channels, ..shape };
            let maps = Tile::of_each_plane(&values, shape.into(), Levels::LowestToHighest);
            all.push(FeatureMaps { layer: node.name.clone(), maps });
        }
        all
    }
}

/// Every activation function, and the output.
fn watched(graph: &Graph) -> Vec<NodeId> {
    let last = graph.nodes().len() - 1;
    graph
        .iter()
        .filter(|(id, node)| matches!(node.op, Op::Activation(_)) || id.index() == last)
        .map(|(id, _)| id)
        .collect()
}
