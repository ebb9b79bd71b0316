//! Dreaming on the core.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard};

use super::arrays::{Array, Rayon};
use super::parameters::ParameterLayout;
use super::program::{Memory, Plan, Program, SharedWeights, Use};
use crate::Size;
use crate::backend::fold::{fold_batch_norm, fold_channel_order, folded};
use crate::backend::pixels::{Placement, Run, Threads, copy_run};
use crate::backend::{Backend, Error, Record, Rectangle, Seed, View};
use crate::network::{Graph, NodeId, Op, Shape, shapes};
use crate::weights::Weights;

/// A network on the core, cut at its targets. Clones share its weights, and may compute at once.
pub struct Core {
    network: Arc<Network>,
    /// Programs for the sizes that were last asked for, the last one first.
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

type Programs = Vec<(Size, Program<f32>)>;

/// Programs of different sizes that are kept: a picture's tiles have up to four.
const KEPT: usize = 4;

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

    /// Passes a view of a picture forward; the program that did it is the first.
    fn run(&self, picture: &Array, view: View) -> Result<MutexGuard<'_, Programs>, Error> {
        let network = &*self.network;
        let mut programs = self.programs.lock().expect("no thread panics with it");
        let size = Size { height: view.height, width: view.width };
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
        self.take(picture, view, program.input());
        program.forward(&network.parameters, 1, None);
        Ok(programs)
    }

    /// Writes a view of a picture into `input`, preprocessed.
    fn take(&self, picture: &Array, view: View, input: &mut [f32]) {
        let placement = placement(picture, view);
        let Placement { height, width, .. } = placement;
        let plane = height * width;
        let preprocessing = self.network.graph.preprocessing();
        Rayon::for_each_chunk(input, view.width, |line, output| {
            let (channel, y) = (line / view.height, line % view.height);
            let row = placement.row(y) * width;
            let (mean, std) = (preprocessing.mean[channel], preprocessing.std[channel]);
            for Run { picture: from, view: to, count, reversed } in
                placement.column_runs(0, view.width)
            {
                let output = &mut output[to..][..count];
                let values = |channel| &picture.values[channel * plane + row + from..][..count];
                let change = |output: &mut f32, value| *output = (value - mean) / std;
                if self.network.channels == 1 {
                    let colours = values(0).iter().zip(values(1)).zip(values(2));
                    let grey = colours.map(|((red, green), blue)| (red + green + blue) / 3.0);
                    copy_run(reversed, output, grey, change);
                } else {
                    copy_run(reversed, output, values(channel).iter().copied(), change);
                }
            }
        });
    }

    /// Adds the kept part of a view's gradient, with respect to the preprocessed input.
    fn put(
        &self,
        view_gradient: &[f32],
        view: View,
        kept: Rectangle,
        gradient: &mut Array<'static>,
    ) {
        let placement = placement(gradient, view);
        let Placement { height, width, .. } = placement;
        let preprocessing = self.network.graph.preprocessing();
        Rayon::for_each_chunk(gradient.values.to_mut(), width, |line, output| {
            let (channel, picture_y) = (line / height, line % height);
            let (source, share) =
                if self.network.channels == 1 { (0, 3.0) } else { (channel, 1.0) };
            let scale = preprocessing.std[source] * share;
            for y in placement.view_rows(picture_y, kept.top, kept.height) {
                let row = (source * view.height + y) * view.width;
                for run in placement.column_runs(kept.left, kept.width) {
                    let Run { picture: to, view: from, count, reversed } = run;
                    let values = view_gradient[row + from..][..count].iter().copied();
                    let add = |output: &mut f32, value| *output += value / scale;
                    copy_run(reversed, &mut output[to..to + count], values, add);
                }
            }
        });
    }
}

fn placement(picture: &Array, view: View) -> Placement {
    Placement { height: picture.shape.height, width: picture.shape.width, view }
}

fn plan(size: Size, targets: &[NodeId]) -> Plan<'_> {
    Plan { batch: 1, size, purpose: Use::Dreaming(targets), parallel: true }
}

/// Bytes that a step takes for each pixel of the picture, or of a tile, beside the picture itself.
///
/// `graph` is truncated to what `targets` need.
pub fn bytes_per_pixel(graph: &Graph, targets: &[NodeId]) -> usize {
    const REFERENCE: Size = Size::square(512);
    let (graph, targets) = folded(graph, targets);
    let plan = plan(REFERENCE, &targets);
    let bytes = Program::<f32>::within(&graph, plan, &Memory::default()).map_or(0, |program| {
        let footprint = program.footprint();
        footprint.shared + KEPT * footprint.own
    });
    bytes.div_ceil(REFERENCE.pixels())
}

impl Clone for Core {
    fn clone(&self) -> Core {
        Core::of(self.network.clone())
    }
}

/// A forward pass, whose program is in use until it is dropped.
pub struct Trace<'a> {
    programs: MutexGuard<'a, Programs>,
    view: View,
    redirected: bool,
    /// Of the targets.
    shapes: Vec<Shape>,
}

impl Backend for Core {
    type Trace<'a> = Trace<'a>;

    fn forward(&self, picture: &Array, view: View, record: Record) -> Result<Trace<'_>, Error> {
        let Network { graph, targets, .. } = &*self.network;
        let shapes = shapes(graph, view.height, view.width)
            .map_err(|error| Error::Failed(error.to_string()))?;
        let shapes = targets.iter().map(|target| shapes[target.index()]).collect();
        let redirected = record == Record::Redirected;
        Ok(Trace { programs: self.run(picture, view)?, view, redirected, shapes })
    }

    fn activations<'t>(&self, trace: &'t Trace<'_>) -> Vec<Array<'t>> {
        let program = &trace.programs[0].1;
        let array = |(index, shape): (usize, &Shape)| Array {
            shape: *shape,
            values: Cow::Borrowed(program.target(index)),
        };
        trace.shapes.iter().enumerate().map(array).collect()
    }

    fn backward(
        &self,
        mut trace: Trace<'_>,
        seeds: Vec<Seed<Array<'static>>>,
        kept: Rectangle,
        gradient: &mut Array<'static>,
    ) -> Result<(), Error> {
        let program = &mut trace.programs[0].1;
        program.seed_targets(&seeds);
        program.backward_redirected(&self.network.parameters, trace.redirected);
        self.put(program.input_gradient(0), trace.view, kept, gradient);
        Ok(())
    }

    fn device(&self) -> String {
        "cpu".into()
    }
}
