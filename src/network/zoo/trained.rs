//! The layers that dreamer's own networks share.

use crate::network::{
    Builder, Convolution, Extent, Form, Graph, NodeId, Op, Output, Padding, PartialConvolution,
    ShapeError, Window,
};

/// Standard deviation, in pixels, of the Gaussian over the gradient of their dreams.
const SMOOTHING: f64 = 0.75;

/// Added to a batch normalisation's variances: PyTorch's.
const EPSILON: f64 = 1e-5;

/// A chain of layers, each reading the one before. `NAME.activation` is the activation function
/// after layer `NAME`, and `NAME.dropout` the dropout of its inputs in training.
pub struct Chain<'a> {
    net: Builder,
    top: NodeId,
    form: &'a Form,
}

impl<'a> Chain<'a> {
    pub fn new(name: &str, form: &'a Form) -> Chain<'a> {
        let (mut net, top) = Builder::with_channels(name, form.preprocessing, form.shape.channels);
        net.picture_size(form.shape.size());
        Chain { net, top, form }
    }

    /// A convolution of stride 1 and its activation function.
    pub fn convolution(&mut self, name: &str, maps: usize, kernel: usize, padding: Extent) {
        self.sums(name, maps, kernel, padding, true);
        self.activation(name);
    }

    /// A convolution of stride 1, its batch normalisation, which has the bias, and its activation function.
    pub fn normalised_convolution(
        &mut self,
        name: &str,
        maps: usize,
        kernel: usize,
        padding: Extent,
    ) {
        self.sums(name, maps, kernel, padding, false);
        self.top = self.net.batch_norm(format!("{name}.norm"), self.top, EPSILON);
        self.activation(name);
    }

    /// A convolution whose maps see the input maps given in a table, and its activation function.
    pub fn partial_convolution(&mut self, name: &str, kernel: usize, table: Vec<Vec<usize>>) {
        let input = self.net.channels(self.top);
        let convolution = PartialConvolution { input, kernel: [kernel; 2], table };
        self.top = self.net.add(name, Op::PartialConvolution(convolution), &[self.top]);
        self.activation(name);
    }

    /// Trainable 2×2 sub-sampling and its activation function.
    pub fn subsample(&mut self, name: &str) {
        let channels = self.net.channels(self.top);
        let op = Op::Subsample { channels, window: Window::square(2, 2) };
        self.top = self.net.add(name, op, &[self.top]);
        self.activation(name);
    }

    /// 2×2 max-pooling.
    pub fn max_pool(&mut self, name: &str) {
        self.top = self.net.max_pool(name, self.top, Window::square(2, 2));
    }

    /// 2×2 average-pooling.
    pub fn average_pool(&mut self, name: &str) {
        let op = Op::AveragePool { window: Window::square(2, 2), count_padding: false };
        self.top = self.net.add(name, op, &[self.top]);
    }

    /// The mean of each map.
    pub fn mean(&mut self, name: &str) {
        self.top = self.net.adaptive_average_pool(name, self.top, 1);
    }

    /// The network, ending in the mean of each class's map `output` of scores at every place, and its output
    /// function (B. Zhou et al., "Learning deep features for discriminative localization", 2016).
    pub fn finish_with_class_maps(mut self, default_layer: &str) -> Graph {
        self.dropout("output");
        self.sums("output", self.form.classes, 1, [0; 2], true);
        self.mean("mean");
        self.output(default_layer)
    }

    /// A layer whose values each see the whole remaining plane of a picture of the form's size, and
    /// its activation function.
    ///
    /// It is a convolution with a kernel as large as that plane. In a larger picture it is computed
    /// at every position, as a dream needs.
    pub fn covering(&mut self, name: &str, width: usize) -> Result<(), ShapeError> {
        self.cover(name, width)?;
        self.activation(name);
        Ok(())
    }

    /// The network, ending in a covering layer `output` and its output function.
    pub fn finish(mut self, default_layer: &str) -> Result<Graph, ShapeError> {
        self.cover("output", self.form.classes)?;
        Ok(self.output(default_layer))
    }

    /// The picture as one row of values, for fully connected layers.
    pub fn flatten(&mut self) {
        self.top = self.net.flatten("flatten", self.top);
    }

    /// A fully connected layer from `widths[0]` to `widths[1]` values, without an activation
    /// function.
    pub fn linear(&mut self, name: &str, widths: [usize; 2]) {
        self.top = self.net.linear(name, self.top, widths);
    }

    /// The form's activation function after the layer `name`.
    pub fn activation(&mut self, name: &str) {
        let name = format!("{name}.activation");
        self.top = self.net.activation(name, self.top, self.form.activation);
    }

    /// Dropout before the layer `name`, if the form has any.
    pub fn dropout(&mut self, name: &str) {
        if self.form.dropout > 0.0 {
            let op = Op::Dropout { rate: self.form.dropout };
            self.top = self.net.add(format!("{name}.dropout"), op, &[self.top]);
        }
    }

    /// The network, ending in the form's output function of the last layer.
    pub fn output(mut self, default_layer: &str) -> Graph {
        match self.form.output {
            Output::Softmax => self.net.add("softmax", Op::Softmax, &[self.top]),
            Output::Activation(function) => {
                self.net.activation("output.activation", self.top, function)
            }
        };
        self.net.smoothing(SMOOTHING);
        self.net.class_maps();
        self.net.finish(default_layer)
    }

    /// A convolution of stride 1 alone.
    fn sums(&mut self, name: &str, maps: usize, kernel: usize, padding: Extent, bias: bool) {
        let padding = Padding::symmetric(padding);
        let square = Convolution::square(self.net.channels(self.top), maps, kernel);
        let convolution = Convolution { padding, bias, ..square };
        self.top = self.net.convolution(name, self.top, convolution);
    }

    fn cover(&mut self, name: &str, width: usize) -> Result<(), ShapeError> {
        let plane = self.net.last_shape()?;
        self.dropout(name);
        let convolution = Convolution {
            kernel: [plane.height, plane.width],
            ..Convolution::square(plane.channels, width, 1)
        };
        self.top = self.net.convolution(name, self.top, convolution);
        Ok(())
    }
}
