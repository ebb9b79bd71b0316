//! Dreaming on the core.

use std::sync::{Arc, Mutex, MutexGuard};

use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;

use super::parameters::ParameterLayout;
use super::program::{Memory, Plan, Program, SharedWeights, Use};
use crate::backend::pixels::{Rolled, Threads, climb, magnitude};
use crate::backend::{Backend, Error, Normalize, Rectangle, Roll, Tile};
use crate::network::{Graph, NodeId, Op, fold_batch_norm, fold_channel_order, folded};
use crate::picture::Planes;
use crate::weights::{Tensor, Weights};

/// A network on the core, cut at its targets. Clones share its weights, and may compute at once.
pub struct Core {
    network: Arc<Network>,
    /// Programs for the sizes (height, width) that were last asked for, the last one first.
    programs: Mutex<Programs>,
}

struct Network {
    graph: Graph,
    targets: Vec<NodeId>,
    parameters: Vec<f32>,
    packed: Mutex<SharedWeights<f32>>,
    /// Channels that the network takes: three, or one for the mean of red, green and blue.
    channels: usize,
}

type Programs = Vec<([usize; 2], Program<f32>)>;

/// Programs of different sizes that are kept: a picture's tiles have up to four.
const KEPT: usize = 4;

/// A picture being climbed, and the gradient of the score with respect to it.
pub struct Canvas {
    picture: Planes,
    gradient: Vec<f32>,
}

/// rayon's threads.
struct Rayon;

impl Threads for Rayon {
    fn for_each_chunk<T: Send>(data: &mut [T], size: usize, body: impl Fn(usize, &mut [T]) + Sync) {
        data.par_chunks_mut(size).enumerate().for_each(|(index, chunk)| body(index, chunk));
    }
}

impl Core {
    /// `graph` is truncated to what `targets` need, and `weights` holds every parameter of it.
    pub fn new(graph: &Graph, weights: Weights, targets: &[NodeId]) -> Core {
        let (graph, weights) = fold_channel_order(graph, weights);
        let (graph, mut weights, targets) = fold_batch_norm(&graph, weights, targets);
        let parameters = ParameterLayout::new(&graph).flatten(&mut weights);
        let channels = match graph.nodes()[0].op {
            Op::Input { channels } => channels,
            _ => unreachable!("a graph begins with its input"),
        };
        let packed = Mutex::default();
        let network = Network { graph, targets, parameters, packed, channels };
        Core::of(Arc::new(network))
    }

    fn of(network: Arc<Network>) -> Core {
        Core { network, programs: Mutex::new(Vec::new()) }
    }

    /// The targets' activations for a whole picture, each 1×channels×height×width.
    ///
    /// # Errors
    /// [`Error::Failed`] where the picture does not fit the network.
    pub fn activations(&self, picture: Planes) -> Result<Vec<Tensor>, Error> {
        let canvas = self.canvas(picture)?;
        let window = Rectangle::whole(canvas.picture.height(), canvas.picture.width());
        let programs = self.forward(&canvas, Roll::default(), window)?;
        let program = &programs[0].1;
        let shapes = self.shapes(window)?;
        Ok((0..self.network.targets.len())
            .map(|index| {
                let shape = shapes[self.network.targets[index].index()];
                let shape = vec![1, shape.channels, shape.height, shape.width];
                Tensor::new(shape, program.target(index).to_vec())
            })
            .collect())
    }

    /// The gradient that [`Backend::gradient`] left in a canvas.
    pub fn gradient_planes(&self, canvas: &Canvas) -> Planes {
        Planes::new(canvas.picture.width(), canvas.picture.height(), canvas.gradient.clone())
    }

    fn shapes(&self, window: Rectangle) -> Result<Vec<crate::network::Shape>, Error> {
        crate::network::shapes(&self.network.graph, window.height, window.width)
            .map_err(|error| Error::Failed(error.to_string()))
    }

    /// Passes a window of the rolled picture forward; the program that did it is the first.
    fn forward(
        &self,
        canvas: &Canvas,
        roll: Roll,
        window: Rectangle,
    ) -> Result<MutexGuard<'_, Programs>, Error> {
        let network = &*self.network;
        let mut programs = self.programs.lock().expect("no thread panics with it");
        let size = [window.height, window.width];
        let memory = programs.first_mut().map(|(_, last)| last.release()).unwrap_or_default();
        match programs.iter().position(|(other, _)| *other == size) {
            Some(index) => programs[..=index].rotate_right(1),
            None => {
                programs.truncate(KEPT - 1);
                let plan = plan(size, &network.targets);
                let mut program = Program::within(&network.graph, plan, &memory)
                    .map_err(|error| Error::Failed(error.to_string()))?;
                let mut packed = network.packed.lock().expect("no thread panics with it");
                program.load_shared(&network.parameters, &mut packed);
                programs.insert(0, (size, program));
            }
        }
        let program = &mut programs[0].1;
        program.occupy(memory);
        self.take(canvas, roll, window, program.input());
        program.forward(&network.parameters, 1, None);
        Ok(programs)
    }

    /// Writes the window of the rolled picture into `input`, preprocessed.
    fn take(&self, canvas: &Canvas, roll: Roll, window: Rectangle, input: &mut [f32]) {
        let rolled = canvas.rolled(roll);
        let plane = rolled.height * rolled.width;
        let preprocessing = self.network.graph.preprocessing();
        let picture = canvas.picture.data();
        Rayon::for_each_chunk(input, window.width, |line, output| {
            let (channel, y) = (line / window.height, line % window.height);
            let row = rolled.row(window.top + y) * rolled.width;
            let (mean, deviation) = (preprocessing.mean[channel], preprocessing.deviation[channel]);
            for (from, to, length) in rolled.column_runs(window.left, window.width) {
                let output = &mut output[to - window.left..][..length];
                let values = |channel| &picture[channel * plane + row + from..][..length];
                if self.network.channels == 1 {
                    let colours = values(0).iter().zip(values(1)).zip(values(2));
                    for (output, ((red, green), blue)) in output.iter_mut().zip(colours) {
                        *output = ((red + green + blue) / 3.0 - mean) / deviation;
                    }
                } else {
                    for (output, value) in output.iter_mut().zip(values(channel)) {
                        *output = (value - mean) / deviation;
                    }
                }
            }
        });
    }

    /// Stores the kept part of a window's gradient, with respect to the preprocessed input.
    fn put(&self, gradient: &[f32], canvas: &mut Canvas, roll: Roll, tile: &Tile) {
        let rolled = canvas.rolled(roll);
        let Tile { window, kept, .. } = tile;
        let preprocessing = self.network.graph.preprocessing();
        Rayon::for_each_chunk(&mut canvas.gradient, rolled.width, |line, output| {
            let (channel, picture_y) = (line / rolled.height, line % rolled.height);
            let y = rolled.rolled_row(picture_y);
            if !(kept.top..kept.top + kept.height).contains(&y) {
                return;
            }
            let (source, share) =
                if self.network.channels == 1 { (0, 3.0) } else { (channel, 1.0) };
            let scale = preprocessing.deviation[source] * share;
            let row = (source * window.height + y - window.top) * window.width;
            for (to, from, length) in rolled.column_runs(kept.left, kept.width) {
                let values = &gradient[row + from - window.left..][..length];
                for (output, value) in output[to..to + length].iter_mut().zip(values) {
                    *output = value / scale;
                }
            }
        });
    }

    /// Σa² of each target over the tile's cells.
    fn measure(&self, program: &Program<f32>, tile: &Tile) -> Result<Vec<f64>, Error> {
        let shapes = self.shapes(tile.window)?;
        let energy = |(index, cells): (usize, &Option<Rectangle>)| {
            let shape = shapes[self.network.targets[index].index()];
            let cells = cells.unwrap_or(Rectangle::whole(shape.height, shape.width));
            let lines = program.target(index).chunks_exact(shape.width).enumerate();
            lines
                .filter(|(line, _)| {
                    (cells.top..cells.top + cells.height).contains(&(line % shape.height))
                })
                .map(|(_, line)| squares(&line[cells.left..cells.left + cells.width]))
                .sum()
        };
        Ok(tile.cells.iter().enumerate().map(energy).collect())
    }
}

fn plan(size: [usize; 2], targets: &[NodeId]) -> Plan<'_> {
    Plan { batch: 1, size, purpose: Use::Dreaming(targets), parallel: true }
}

/// Bytes that a step takes for each pixel of the picture, or of a tile, beside the picture itself.
///
/// `graph` is truncated to what `targets` need.
pub fn bytes_per_pixel(graph: &Graph, targets: &[NodeId]) -> usize {
    const REFERENCE: [usize; 2] = [512, 512];
    let (graph, targets) = folded(graph, targets);
    let plan = plan(REFERENCE, &targets);
    let bytes = Program::<f32>::within(&graph, plan, &Memory::default()).map_or(0, |program| {
        let footprint = program.footprint();
        footprint.shared + KEPT * footprint.own
    });
    bytes.div_ceil(REFERENCE[0] * REFERENCE[1])
}

/// Σa², added up in float64.
fn squares(values: &[f32]) -> f64 {
    const LANES: usize = 8;
    let mut lanes = [0.0f64; LANES];
    let (groups, rest) = values.as_chunks::<LANES>();
    for group in groups {
        for (lane, value) in lanes.iter_mut().zip(group) {
            *lane += f64::from(*value) * f64::from(*value);
        }
    }
    let rest = rest.iter().map(|value| f64::from(*value) * f64::from(*value));
    lanes.iter().sum::<f64>() + rest.sum::<f64>()
}

impl Canvas {
    fn rolled(&self, roll: Roll) -> Rolled {
        Rolled { height: self.picture.height(), width: self.picture.width(), roll }
    }
}

impl Clone for Core {
    fn clone(&self) -> Core {
        Core::of(self.network.clone())
    }
}

impl Backend for Core {
    type Canvas = Canvas;

    fn canvas(&self, picture: Planes) -> Result<Canvas, Error> {
        let gradient = vec![0.0; picture.data().len()];
        Ok(Canvas { picture, gradient })
    }

    fn finish(&self, canvas: Canvas) -> Result<Planes, Error> {
        Ok(canvas.picture)
    }

    fn energies(&self, canvas: &Canvas, roll: Roll, tile: &Tile) -> Result<Vec<f64>, Error> {
        let programs = self.forward(canvas, roll, tile.window)?;
        self.measure(&programs[0].1, tile)
    }

    fn gradient(
        &self,
        canvas: &mut Canvas,
        roll: Roll,
        tile: &Tile,
        factors: &dyn Fn(&[f64]) -> Vec<f64>,
    ) -> Result<Vec<f64>, Error> {
        let mut programs = self.forward(canvas, roll, tile.window)?;
        let program = &mut programs[0].1;
        let energies = self.measure(program, tile)?;
        let factors: Vec<f32> =
            factors(&energies).into_iter().map(|factor| factor as f32).collect();
        program.seed_targets(&factors);
        program.backward(&self.network.parameters, 1, None, false, None);
        self.put(program.input_gradient(), canvas, roll, tile);
        Ok(energies)
    }

    fn magnitude(&self, canvas: &Canvas, normalize: Normalize) -> Result<f64, Error> {
        Ok(magnitude::<Rayon>(&canvas.gradient, normalize))
    }

    fn climb(&self, canvas: &mut Canvas, rate: f64) -> Result<(), Error> {
        climb::<Rayon>(canvas.picture.data_mut(), &canvas.gradient, rate as f32);
        Ok(())
    }

    fn device(&self) -> String {
        "cpu".into()
    }
}
