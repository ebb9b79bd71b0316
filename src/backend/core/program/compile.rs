//! From a graph to a program: a layer or a function for each node, and where its values lie.

use super::memory::{Lengths, Memory};
use super::{Gradients, Plan, Program, Source, Step, Use, View};
use crate::backend::core::activation::{Activate, Dropout, Softmax};
use crate::backend::core::batch::Write;
use crate::backend::core::batch_norm::BatchNorm;
use crate::backend::core::convolution::{Convolution, Purpose, Ranges, Scratch};
use crate::backend::core::kernel::Kernels;
use crate::backend::core::layer::{Function, Layer};
use crate::backend::core::linear::Linear;
use crate::backend::core::max_pool::MaxPool;
use crate::backend::core::normalise::LocalResponseNorm;
use crate::backend::core::parameters::ParameterLayout;
use crate::backend::core::partial::PartialConvolution;
use crate::backend::core::pool::{AdaptiveAveragePool, AveragePool, Geometry, Subsample};
use crate::backend::core::scalar::Scalar;
use crate::backend::core::structural::{Add, Channels, Concat, Copy};
use crate::network::{
    self, Activation, Graph, NodeId, Op, Padding, Shape, ShapeError, Window, closing_activations,
    shapes,
};

impl<T: Scalar + Kernels> Program<T> {
    /// Makes a graph ready for pictures of one size.
    ///
    /// # Errors
    /// [`ShapeError`] where such pictures do not fit the network.
    pub fn new(graph: &Graph, plan: Plan) -> Result<Program<T>, ShapeError> {
        let memory = Memory::default();
        let mut program = Program::within(graph, plan, &memory)?;
        program.occupy(memory);
        Ok(program)
    }

    /// Likewise, without memory as yet: it is to use some that other programs of the graph use too.
    ///
    /// # Errors
    /// As for [`Program::new`].
    pub fn within(graph: &Graph, plan: Plan, memory: &Memory<T>) -> Result<Program<T>, ShapeError> {
        let shapes = shapes(graph, plan.size.height, plan.size.width)?;
        let mut compiler = Compiler::new(graph, plan, shapes, memory.scratch.clone());
        for (id, _) in graph.iter() {
            compiler.place(id);
        }
        for (id, _) in graph.iter() {
            compiler.compile(id);
        }
        Ok(compiler.finish())
    }
}

/// How a node becomes part of a program.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Input,
    /// Another name for its input's values.
    Alias,
    /// Replaces its input's values.
    InPlace,
    /// The same, on a copy of them.
    CopyThenInPlace,
    /// Writes values of its own.
    Own,
    /// A concatenation into which its inputs wrote by themselves.
    Joined,
}

struct Compiler<'a, T> {
    graph: &'a Graph,
    plan: Plan<'a>,
    shapes: Vec<Shape>,
    layout: ParameterLayout,
    /// How many nodes and targets refer to each node.
    readers: Vec<usize>,
    /// Of each node, whether no activation function follows it on the way to a target.
    closing: Vec<bool>,
    roles: Vec<Role>,
    views: Vec<View>,
    /// Length of each buffer.
    buffers: Vec<usize>,
    steps: Vec<Step<T>>,
    scratch: Scratch<T>,
}

impl<'a, T: Scalar + Kernels> Compiler<'a, T> {
    fn new(
        graph: &'a Graph,
        plan: Plan<'a>,
        shapes: Vec<Shape>,
        scratch: Scratch<T>,
    ) -> Compiler<'a, T> {
        let mut readers = vec![0; graph.nodes().len()];
        let targets: &[NodeId] = match plan.purpose {
            Use::Dreaming(targets) => targets,
            Use::Training { .. } => &[],
        };
        for read in graph.nodes().iter().flat_map(|node| &node.inputs).chain(targets) {
            readers[read.index()] += 1;
        }
        Compiler {
            graph,
            plan,
            shapes,
            layout: ParameterLayout::new(graph),
            readers,
            closing: closing_activations(graph, targets),
            roles: Vec::new(),
            views: Vec::new(),
            buffers: Vec::new(),
            steps: Vec::new(),
            scratch,
        }
    }

    /// Decides where a node's values lie.
    fn place(&mut self, id: NodeId) {
        let node = self.graph.node(id);
        let sole = |input: &NodeId| self.readers[input.index()] == 1 && self.is_movable(*input);
        let role = match &node.op {
            Op::Input { .. } => Role::Input,
            Op::Identity | Op::Flatten => Role::Alias,
            Op::Dropout { .. } if matches!(self.plan.purpose, Use::Dreaming(_)) => Role::Alias,
            Op::Activation(_) | Op::Softmax | Op::Dropout { .. } => {
                let input = &node.inputs[0];
                match sole(input) && !self.is_read_on_the_way_back(*input) {
                    true => Role::InPlace,
                    false => Role::CopyThenInPlace,
                }
            }
            Op::Concat if node.inputs.iter().all(|input| sole(input) && self.is_whole(*input)) => {
                Role::Joined
            }
            _ => Role::Own,
        };
        self.roles.push(role);
        let view = match role {
            Role::Alias | Role::InPlace => self.views[node.inputs[0].index()],
            _ => {
                let volume = self.shapes[id.index()].volume();
                self.buffers.push(volume * self.plan.batch);
                View { buffer: self.buffers.len() - 1, offset: 0, step: volume, volume }
            }
        };
        self.views.push(view);
        if role == Role::Joined {
            self.join(id);
        }
    }

    /// Whether a node's values are not the network's input, which a caller may read again.
    fn is_movable(&self, id: NodeId) -> bool {
        match self.roles[id.index()] {
            Role::Input => false,
            // What an alias names must have no other reader either.
            Role::Alias => {
                let input = self.graph.node(id).inputs[0];
                self.readers[input.index()] == 1 && self.is_movable(input)
            }
            _ => true,
        }
    }

    /// Whether what wrote a node's values finds its derivative from them, so that they must stay.
    fn is_read_on_the_way_back(&self, id: NodeId) -> bool {
        let node = self.graph.node(id);
        match (&node.op, self.roles[id.index()]) {
            (Op::Activation(_) | Op::Softmax, _) => true,
            (_, Role::Alias | Role::Joined) => {
                node.inputs.iter().any(|input| self.is_read_on_the_way_back(*input))
            }
            _ => false,
        }
    }

    /// Whether a node's values are all of their buffer, and may move.
    fn is_whole(&self, id: NodeId) -> bool {
        let view = self.views[id.index()];
        view.offset == 0 && view.step * self.plan.batch == self.buffers[view.buffer]
    }

    /// Moves the inputs of a concatenation into its own buffer.
    fn join(&mut self, id: NodeId) {
        let whole = self.views[id.index()];
        let mut offset = 0;
        for input in &self.graph.node(id).inputs {
            let moved = self.views[input.index()].buffer;
            self.buffers[moved] = 0;
            for view in self.views.iter_mut().filter(|view| view.buffer == moved) {
                view.buffer = whole.buffer;
                view.offset += offset;
                view.step = whole.step;
            }
            offset += self.shapes[input.index()].volume();
        }
    }

    fn compile(&mut self, id: NodeId) {
        let node = self.graph.node(id);
        let output = self.views[id.index()];
        match self.roles[id.index()] {
            Role::Input | Role::Alias | Role::Joined => {}
            Role::Own => {
                let layer = self.layer(id);
                let inputs = node.inputs.iter().map(|input| self.source(*input)).collect();
                self.steps.push(Step::Layer { layer, inputs, output });
            }
            Role::CopyThenInPlace => {
                let inputs = vec![self.source(node.inputs[0])];
                self.steps.push(Step::Layer { layer: Box::new(Copy), inputs, output });
                let function = self.function(id, false);
                self.steps.push(Step::Function { function, values: output });
            }
            Role::InPlace => {
                let relu = node.op == Op::Activation(Activation::Relu);
                let done = match self.steps.last_mut() {
                    Some(Step::Layer { layer, output: before, .. })
                        if relu && *before == output =>
                    {
                        layer.take_relu()
                    }
                    _ => false,
                };
                let function = self.function(id, done);
                self.steps.push(Step::Function { function, values: output });
            }
        }
    }

    fn source(&self, id: NodeId) -> Source {
        Source { view: self.views[id.index()], gradient: None }
    }

    fn function(&self, id: NodeId, done: bool) -> Box<dyn Function<T>> {
        let shape = self.shapes[id.index()];
        match &self.graph.node(id).op {
            Op::Activation(activation) => {
                // Values that are woken together, where they are all silent.
                let group = match self.closing[id.index()] {
                    true => shape.height * shape.width,
                    false => shape.volume(),
                };
                Box::new(Activate::new(*activation, done, group))
            }
            Op::Softmax => Box::new(Softmax { channels: shape.channels }),
            Op::Dropout { rate } => {
                let stream = id.index() as u64;
                Box::new(Dropout::new(*rate, stream, shape.volume(), self.plan.batch))
            }
            _ => unreachable!("only these are placed as functions"),
        }
    }

    fn ranges(&self, id: NodeId) -> Ranges {
        Ranges {
            weight: self.layout.range(id, "weight").expect("layers with parameters have weights"),
            bias: self.layout.range(id, "bias"),
        }
    }

    fn layer(&self, id: NodeId) -> Box<dyn Layer<T>> {
        let node = self.graph.node(id);
        let before = self.shapes[node.inputs[0].index()];
        let after = self.shapes[id.index()];
        let batch = self.plan.batch;
        let extent = [before.height, before.width];
        let purpose = || Purpose {
            training_batch: if matches!(self.plan.purpose, Use::Training { .. }) {
                batch
            } else {
                0
            },
            input_gradient: self.wants_gradient(node.inputs[0]),
        };
        let geometry = |window: &Window| Geometry {
            maps: before.channels,
            window: *window,
            input: extent,
            output: [after.height, after.width],
        };
        match &node.op {
            Op::Convolution(op) if covers_its_input(op, extent) => Box::new(Linear {
                input: before.volume(),
                output: op.output,
                ranges: self.ranges(id),
            }),
            Op::Convolution(op) => Box::new(Convolution::new(
                op,
                extent,
                self.ranges(id),
                purpose(),
                self.scratch.clone(),
            )),
            Op::PartialConvolution(op) => Box::new(PartialConvolution::new(
                op,
                extent,
                self.ranges(id),
                purpose(),
                self.scratch.clone(),
            )),
            Op::Linear { input, output } => {
                Box::new(Linear { input: *input, output: *output, ranges: self.ranges(id) })
            }
            Op::BatchNorm { channels, epsilon } => {
                let starts = ["weight", "bias", "running_mean", "running_var"]
                    .map(|role| self.layout.range(id, role).expect("it has all four").start);
                Box::new(BatchNorm::new(*channels, *epsilon, starts))
            }
            Op::LocalResponseNorm { size, alpha, beta, k } => Box::new(LocalResponseNorm::new(
                before.channels,
                *size,
                [*alpha, *beta, *k],
                before.volume(),
                batch,
            )),
            Op::MaxPool(window) => Box::new(MaxPool::new(geometry(window), batch)),
            Op::AveragePool { window, count_padding } => {
                Box::new(AveragePool { geometry: geometry(window), count_padding: *count_padding })
            }
            Op::Subsample { window, .. } => {
                Box::new(Subsample { geometry: geometry(window), ranges: self.ranges(id) })
            }
            Op::AdaptiveAveragePool { output } => {
                Box::new(AdaptiveAveragePool { input: extent, output: *output })
            }
            Op::Concat => Box::new(Concat),
            Op::Channels { first, count } => {
                let plane = before.height * before.width;
                Box::new(Channels { values: first * plane..(first + count) * plane })
            }
            Op::Add => Box::new(Add),
            Op::Input { .. }
            | Op::Activation(_)
            | Op::Softmax
            | Op::Flatten
            | Op::Dropout { .. }
            | Op::Identity => unreachable!("{} is no layer", node.name),
        }
    }

    /// Whether the gradient with respect to a node's values is wanted: always in a dream, and in training
    /// where parameters lie behind them or the input's is asked for.
    fn wants_gradient(&self, id: NodeId) -> bool {
        match self.plan.purpose {
            Use::Dreaming(_) => true,
            Use::Training { input: true } => true,
            Use::Training { input: false } => {
                let node = self.graph.node(id);
                !node.op.parameters().is_empty()
                    || node.inputs.iter().any(|input| self.wants_gradient(*input))
            }
        }
    }

    fn finish(mut self) -> Program<T> {
        let targets: Vec<View> = match self.plan.purpose {
            Use::Dreaming(targets) => {
                targets.iter().map(|target| self.views[target.index()]).collect()
            }
            Use::Training { .. } => vec![],
        };
        self.mark_gradients(&targets);
        let last = self.views[self.views.len() - 1];
        let closing = match self.steps.last() {
            Some(Step::Function { values, .. }) if *values == last => Some(self.steps.len() - 1),
            _ => None,
        };
        let (gradients, places) = self.gradients(&targets);
        Program {
            activations: Vec::new(),
            gradients: Gradients { memory: Vec::new(), places },
            lengths: Lengths { activations: self.buffers, gradients },
            scratch: self.scratch,
            views: self.views,
            steps: self.steps,
            targets,
            closing,
            parallel: self.plan.parallel,
        }
    }

    /// Lengths of the memory for gradients, and which of it each buffer's has: in training its own, to
    /// be looked at; in a dream shared among buffers whose gradients are not alive together.
    fn gradients(&self, targets: &[View]) -> (Vec<usize>, Vec<usize>) {
        if matches!(self.plan.purpose, Use::Training { .. }) {
            return (self.buffers.clone(), (0..self.buffers.len()).collect());
        }
        let mut lives = Lives::new(self.buffers.len());
        targets.iter().for_each(|target| lives.begin(target.buffer, &self.buffers));
        for (index, step) in self.steps.iter().enumerate().rev() {
            let output = match step {
                Step::Layer { inputs, output, .. } => {
                    for source in inputs {
                        lives.begin(source.view.buffer, &self.buffers);
                    }
                    output
                }
                Step::Function { values, .. } => values,
            };
            let written_before = self.steps[..index].iter().any(|step| match step {
                Step::Layer { output: view, .. } | Step::Function { values: view, .. } => {
                    view.buffer == output.buffer
                }
            });
            if !written_before {
                lives.end(output.buffer);
            }
        }
        let places = lives.places.into_iter().map(|place| place.unwrap_or(0)).collect();
        (lives.lengths, places)
    }

    /// Finds, from the last step to the first, which gradients begin a sum and which add to one.
    fn mark_gradients(&mut self, targets: &[View]) {
        let wanted: Vec<View> = (self.graph.iter())
            .filter(|(id, _)| self.wants_gradient(*id))
            .map(|(id, _)| self.views[id.index()])
            .collect();
        let mut begun: Vec<View> = targets.to_vec();
        for step in self.steps.iter_mut().rev() {
            let Step::Layer { inputs, .. } = step else { continue };
            for source in inputs.iter_mut().filter(|source| wanted.contains(&source.view)) {
                source.gradient = Some(match begun.contains(&source.view) {
                    true => Write::Add,
                    false => Write::Set,
                });
                begun.push(source.view);
            }
        }
    }
}

/// Which buffers' gradients are alive, from the last step to the first, and where.
struct Lives {
    places: Vec<Option<usize>>,
    /// Length of each place, and the places that are free.
    lengths: Vec<usize>,
    free: Vec<usize>,
}

impl Lives {
    fn new(buffers: usize) -> Lives {
        Lives { places: vec![None; buffers], lengths: Vec::new(), free: Vec::new() }
    }

    /// Gives a buffer's gradient a place, unless it has one: of those that are free the one that must
    /// grow least, or shrink least if none must grow.
    fn begin(&mut self, buffer: usize, lengths: &[usize]) {
        if self.places[buffer].is_some() {
            return;
        }
        let wanted = lengths[buffer];
        let best = (0..self.free.len()).min_by_key(|index| {
            let length = self.lengths[self.free[*index]];
            (wanted.saturating_sub(length), length.saturating_sub(wanted))
        });
        let place = match best {
            Some(index) => self.free.swap_remove(index),
            None => {
                self.lengths.push(0);
                self.lengths.len() - 1
            }
        };
        self.lengths[place] = self.lengths[place].max(wanted);
        self.places[buffer] = Some(place);
    }

    /// Lets others have the place of a buffer's gradient.
    fn end(&mut self, buffer: usize) {
        self.free.extend(self.places[buffer]);
    }
}

/// Whether a convolution has one result for each map: then it is a fully connected layer.
fn covers_its_input(op: &network::Convolution, extent: [usize; 2]) -> bool {
    op.kernel == extent && op.padding == Padding::default() && op.groups == 1
}
