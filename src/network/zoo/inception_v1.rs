//! GoogLeNet as of 2014: Going Deeper with Convolutions (Szegedy et al. 2014, arXiv:1409.4842),
//! with local response normalisation, biases and 5×5 branches, without batch normalisation. It is
//! the common part of the Caffe port and the authors' own graph.
//!
//! Every convolution is two layers: the sum, and the rectified sum. Both also have their names in
//! torchvision's GoogLeNet (`inception4c`, `inception4c.branch2`), except the poolings, which every
//! port numbers differently.
//!
//! The average before the classifier covers the whole plane, which is 7×7 at the training size of
//! 224×224, so that the classes can be dreamed in a picture of any size.

use crate::Size;
use crate::network::{Builder, Convolution, Graph, NodeId, Op, Window};

/// #1×1, #3×3 reduce, #3×3, #5×5 reduce, #5×5, pool proj: a row of the paper's table 1.
pub(super) type Widths = [usize; 6];

/// A port's names and numbers.
pub(super) struct Port {
    /// The 7×7 convolution with stride 2.
    pub first: Convolution,
    /// Local response normalisation.
    pub norm: Op,
    pub names: Names,
    /// Each module's number (`3a`) and widths.
    pub modules: [(&'static str, Widths); 9],
    pub classes: usize,
    pub default_layer: &'static str,
    /// What is seen in dreams of layers.
    pub motifs: &'static [(&'static str, &'static str)],
}

/// What a port calls its layers.
pub(super) struct Names {
    /// The convolutions of the stem: 7×7, 1×1 and 3×3.
    pub convolutions: [&'static str; 3],
    pub norms: [&'static str; 2],
    /// The poolings that halve the plane, in order.
    pub pools: [&'static str; 4],
    /// A module's layers, by the module's number: in the order of [`Widths`], the projection last.
    pub branches: fn(module: &str) -> [String; 6],
    /// The pooling in front of a module's projection.
    pub pool: fn(module: &str) -> String,
    /// A module's output.
    pub module: fn(module: &str) -> String,
    /// The sum and the rectified sum of a convolution, by the convolution's name.
    pub layers: fn(convolution: &str) -> [String; 2],
    /// The global average, dropout where the port has it, the classifier and its softmax.
    pub average: &'static str,
    pub dropout: Option<&'static str>,
    pub classifier: &'static str,
    pub softmax: &'static str,
}

/// Modules after which the plane is halved, by their numbers.
const HALVED_AFTER: [&str; 2] = ["3b", "4e"];

impl Port {
    /// Adds every layer to a network that has its input.
    pub(super) fn build(self, (mut net, input): (Builder, NodeId)) -> Graph {
        net.picture_size(Size::square(224));
        let names = self.names.layers;
        let mut layers = Layers { net, names };
        let [first, second, third] = self.names.convolutions;
        let mut pools = self.names.pools.into_iter();
        let mut halve = |layers: &mut Layers, top| {
            let name = pools.next().expect("a network halves its planes four times");
            layers.net.max_pool(name, top, Window::square(3, 2).ceil())
        };

        let mut top = layers.convolution(first, input, self.first, "conv1");
        top = halve(&mut layers, top);
        top = layers.net.add(self.names.norms[0], self.norm.clone(), &[top]);
        top = layers.convolution(second, top, Convolution::square(64, 64, 1), "conv2");
        top = layers.convolution(third, top, Convolution::square(64, 192, 3).padding(1), "conv3");
        top = layers.net.add(self.names.norms[1], self.norm, &[top]);
        top = halve(&mut layers, top);
        for (module, widths) in self.modules {
            top = layers.module(&self.names, module, top, widths);
            if HALVED_AFTER.contains(&module) {
                top = halve(&mut layers, top);
            }
        }

        let mut net = layers.net;
        top = net.adaptive_average_pool(self.names.average, top, 1);
        net.alias("avgpool", top);
        if let Some(name) = self.names.dropout {
            top = net.dropout(name, top);
        }
        let width = net.channels(top);
        top = net.linear(self.names.classifier, top, [width, self.classes]);
        net.alias("fc", top);
        net.add(self.names.softmax, Op::Softmax, &[top]);
        net.motifs(self.motifs);
        net.finish(self.default_layer)
    }
}

struct Layers {
    net: Builder,
    names: fn(&str) -> [String; 2],
}

impl Layers {
    /// A convolution and its ReLU, for which `alias` stands as well.
    fn convolution(
        &mut self,
        name: &str,
        input: NodeId,
        convolution: Convolution,
        alias: &str,
    ) -> NodeId {
        let [sum, rectified] = (self.names)(name);
        let sum = self.net.convolution(sum, input, convolution);
        let rectified = self.net.relu(rectified, sum);
        self.net.alias(alias, rectified);
        rectified
    }

    fn module(&mut self, names: &Names, module: &str, input: NodeId, widths: Widths) -> NodeId {
        let [one, three_reduce, three, five_reduce, five, projection] = widths;
        let branches = (names.branches)(module);
        let [one_name, three_reduce_name, three_name, five_reduce_name, five_name, projection_name] =
            &branches;
        let channels = self.net.channels(input);
        let alias = |branch: &str| format!("inception{module}.branch{branch}");
        let reduction = |width| Convolution::square(channels, width, 1);

        let branch1 = self.convolution(one_name, input, reduction(one), &alias("1"));
        let reduced = reduction(three_reduce);
        let reduced = self.convolution(three_reduce_name, input, reduced, &alias("2.0"));
        let op = Convolution::square(three_reduce, three, 3).padding(1);
        let branch2 = self.convolution(three_name, reduced, op, &alias("2"));
        let reduced = reduction(five_reduce);
        let reduced = self.convolution(five_reduce_name, input, reduced, &alias("3.0"));
        let op = Convolution::square(five_reduce, five, 5).padding(2);
        let branch3 = self.convolution(five_name, reduced, op, &alias("3"));
        let window = Window::square(3, 1).padding(1);
        let pooled = self.net.max_pool((names.pool)(module), input, window);
        let branch4 = self.convolution(projection_name, pooled, reduction(projection), &alias("4"));

        let branches = [branch1, branch2, branch3, branch4];
        let output = self.net.concat((names.module)(module), &branches);
        self.net.alias(format!("inception{module}"), output);
        output
    }
}
