//! Inception v3: Rethinking the Inception Architecture for Computer Vision (Szegedy et al. 2015,
//! arXiv:1512.00567), as in torchvision.
//!
//! torchvision has the names and widths of TensorFlow's slim model, not those of the paper's table
//! 1: five convolutions in the stem, some padded and some not, a 5×5 branch beside the factorised
//! one in the first modules, and 3×3 average pooling (padding counts as zeros) in the pooling
//! branches. Pictures arrive as −1..1: its `transform_input` produces that from pictures normalised
//! with ImageNet's statistics, and [`Preprocessing::SYMMETRIC`] combines both steps. The auxiliary
//! classifier, used only in training, is omitted.
//!
//! Nodes have torchvision's module names: `Conv2d_1a_3x3.conv`, `Conv2d_1a_3x3.bn` and, for the
//! functional ReLU that ends the module, `Conv2d_1a_3x3` itself. Functional operations are named
//! after their branch: `Mixed_5b.avg_pool` before `Mixed_5b.branch_pool`, the max-pooling
//! `Mixed_6a.branch_pool`, and the inner concatenations `Mixed_7b.branch3x3` and
//! `Mixed_7b.branch3x3dbl`.

use super::googlenet::basic_conv;
use crate::network::{
    Builder, Convolution, Extent, Graph, NodeId, Op, Padding, Preprocessing, Window,
};

/// A convolution of a branch.
enum Layer {
    /// Width and kernel (height × width), padded to keep the plane's size.
    Same(usize, Extent),
    /// Width; 3×3 with stride 2 and no padding.
    Halve(usize),
}

use Layer::{Halve, Same};

/// What is seen in dreams of its layers.
const MOTIFS: &[(&str, &str)] = &[
    ("Conv2d_2b_3x3", "blobs"),
    ("Conv2d_4a_3x3", "small cells"),
    ("Mixed_5b", "facets"),
    ("Mixed_5c", "spirals"),
    ("Mixed_5d", "coils, ribs"),
    ("Mixed_6a", "eyes, coils"),
    ("Mixed_6b", "eyes, fur, faces"),
    ("Mixed_6c", "fur, scales"),
    ("Mixed_6d", "dogs"),
    ("Mixed_6e", "textures"),
];

pub fn inception_v3() -> Graph {
    let (mut builder, input) = Builder::new("inception_v3", Preprocessing::SYMMETRIC);
    let net = &mut builder;
    let three = |input, output| Convolution::square(input, output, 3);
    let mut top = basic_conv(net, "Conv2d_1a_3x3", input, three(3, 32).stride(2));
    top = basic_conv(net, "Conv2d_2a_3x3", top, three(32, 32));
    top = basic_conv(net, "Conv2d_2b_3x3", top, three(32, 64).padding(1));
    top = net.max_pool("maxpool1", top, Window::square(3, 2));
    top = basic_conv(net, "Conv2d_3b_1x1", top, Convolution::square(64, 80, 1));
    top = basic_conv(net, "Conv2d_4a_3x3", top, three(80, 192));
    top = net.max_pool("maxpool2", top, Window::square(3, 2));

    for (name, pool_width) in [("Mixed_5b", 32), ("Mixed_5c", 64), ("Mixed_5d", 64)] {
        top = inception_a(Module::new(net, name, top), pool_width);
    }
    top = inception_b(Module::new(net, "Mixed_6a", top));
    for (name, width) in
        [("Mixed_6b", 128), ("Mixed_6c", 160), ("Mixed_6d", 160), ("Mixed_6e", 192)]
    {
        top = inception_c(Module::new(net, name, top), width);
    }
    top = inception_d(Module::new(net, "Mixed_7a", top));
    for name in ["Mixed_7b", "Mixed_7c"] {
        top = inception_e(Module::new(net, name, top));
    }
    top = net.adaptive_average_pool("avgpool", top, 1);
    top = net.dropout("dropout", top);
    top = net.flatten("flatten", top);
    net.linear("fc", top, [2048, 1000]);
    builder.motifs(MOTIFS);
    builder.finish("Mixed_6b")
}

/// 35×35 at the paper's picture size: its figure 5, with a 5×5 branch.
fn inception_a(mut module: Module, pool_width: usize) -> NodeId {
    let branches = [
        module.conv("branch1x1", Same(64, [1, 1])),
        module.chain("branch5x5", &[Same(48, [1, 1]), Same(64, [5, 5])]),
        module.chain("branch3x3dbl", &[Same(64, [1, 1]), Same(96, [3, 3]), Same(96, [3, 3])]),
        module.average_pool(pool_width),
    ];
    module.concat(&branches)
}

/// From 35×35 to 17×17: figure 10.
fn inception_b(mut module: Module) -> NodeId {
    let branches = [
        module.conv("branch3x3", Halve(384)),
        module.chain("branch3x3dbl", &[Same(64, [1, 1]), Same(96, [3, 3]), Halve(96)]),
        module.max_pool(),
    ];
    module.concat(&branches)
}

/// 17×17, with 7×7 convolutions factorised into rows and columns: figure 6.
fn inception_c(mut module: Module, width: usize) -> NodeId {
    let (row, column) = ([1, 7], [7, 1]);
    let branches = [
        module.conv("branch1x1", Same(192, [1, 1])),
        module.chain("branch7x7", &[Same(width, [1, 1]), Same(width, row), Same(192, column)]),
        module.chain(
            "branch7x7dbl",
            &[
                Same(width, [1, 1]),
                Same(width, column),
                Same(width, row),
                Same(width, column),
                Same(192, row),
            ],
        ),
        module.average_pool(192),
    ];
    module.concat(&branches)
}

/// From 17×17 to 8×8.
fn inception_d(mut module: Module) -> NodeId {
    let (row, column) = ([1, 7], [7, 1]);
    let branches = [
        module.chain("branch3x3", &[Same(192, [1, 1]), Halve(320)]),
        module.chain(
            "branch7x7x3",
            &[Same(192, [1, 1]), Same(192, row), Same(192, column), Halve(192)],
        ),
        module.max_pool(),
    ];
    module.concat(&branches)
}

/// 8×8, with branches that fork into a row and a column: figure 7.
fn inception_e(mut module: Module) -> NodeId {
    let one = module.conv("branch1x1", Same(320, [1, 1]));
    let three = module.conv("branch3x3_1", Same(384, [1, 1]));
    let three = module.fork("branch3x3", 2, three);
    let double = module.chain("branch3x3dbl", &[Same(448, [1, 1]), Same(384, [3, 3])]);
    let double = module.fork("branch3x3dbl", 3, double);
    let pooled = module.average_pool(192);
    module.concat(&[one, three, double, pooled])
}

/// A module under construction: what its branches read, and the name that they share.
struct Module<'a> {
    net: &'a mut Builder,
    name: &'static str,
    input: NodeId,
}

impl<'a> Module<'a> {
    fn new(net: &'a mut Builder, name: &'static str, input: NodeId) -> Module<'a> {
        Module { net, name, input }
    }

    fn layer(&mut self, name: &str, input: NodeId, layer: &Layer) -> NodeId {
        let channels = self.net.channels(input);
        let convolution = match *layer {
            Same(width, kernel) => Convolution {
                kernel,
                padding: Padding::symmetric(kernel.map(|side| side / 2)),
                ..Convolution::square(channels, width, 1)
            },
            Halve(width) => Convolution::square(channels, width, 3).stride(2),
        };
        basic_conv(self.net, &format!("{}.{name}", self.name), input, convolution)
    }

    /// A convolution that reads the module's input.
    fn conv(&mut self, name: &str, layer: Layer) -> NodeId {
        self.layer(name, self.input, &layer)
    }

    /// `NAME_1`, `NAME_2` and so on, each reading the one before.
    fn chain(&mut self, name: &str, layers: &[Layer]) -> NodeId {
        (1..).zip(layers).fold(self.input, |top, (index, layer)| {
            self.layer(&format!("{name}_{index}"), top, layer)
        })
    }

    /// A 1×3 and a 3×1 convolution side by side, `NAME_2a` and `NAME_2b` for index 2.
    fn fork(&mut self, name: &str, index: usize, input: NodeId) -> NodeId {
        let row = self.layer(&format!("{name}_{index}a"), input, &Same(384, [1, 3]));
        let column = self.layer(&format!("{name}_{index}b"), input, &Same(384, [3, 1]));
        self.net.concat(format!("{}.{name}", self.name), &[row, column])
    }

    /// 3×3 average pooling, then a 1×1 convolution.
    fn average_pool(&mut self, width: usize) -> NodeId {
        let window = Window::square(3, 1).padding(1);
        let op = Op::AveragePool { window, count_padding: true };
        let pooled = self.net.add(format!("{}.avg_pool", self.name), op, &[self.input]);
        self.layer("branch_pool", pooled, &Same(width, [1, 1]))
    }

    /// 3×3 max-pooling with stride 2.
    fn max_pool(&mut self) -> NodeId {
        let name = format!("{}.branch_pool", self.name);
        self.net.max_pool(name, self.input, Window::square(3, 2))
    }

    fn concat(&mut self, branches: &[NodeId]) -> NodeId {
        self.net.concat(self.name, branches)
    }
}
