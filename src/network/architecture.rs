//! The networks that dreamer trains itself: an architecture, and the form it takes for given data.

mod output;
mod text;

use super::zoo::{lenet, lenet5, mlp, small_vgg};
use super::{Activation, Graph, Preprocessing, Shape, ShapeError};

pub use output::ParseOutputError;
pub use text::ParseArchitectureError;

/// The most parameters of a network: 4 GiB of float32 values.
const MOST_PARAMETERS: usize = 1 << 30;

/// The longest side of a picture, in pixels.
const MOST_SIDE: usize = 1 << 16;

/// A network design that fits pictures of any size and any number of classes.
///
/// As text, for the command line and for weight files: `lenet5`, `lenet`,
/// `lenet:maps=8-32,kernel=3,hidden=200`, `vgg:16-16/32-32/64-64`, `vgg_bn:16-16/32-32`,
/// `mlp:784-30-10`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Architecture {
    /// LeNet-5 (LeCun et al. 1998).
    LeNet5,
    /// Its modern descendant: convolutions with max-pooling, then hidden layers.
    LeNet {
        /// Feature maps of each convolution; each is followed by 2×2 max-pooling.
        maps: Vec<usize>,
        /// Side of the convolution kernels.
        kernel: usize,
        /// Widths of the hidden layers between the last pooling and the output; may be empty.
        hidden: Vec<usize>,
    },
    /// Blocks of 3×3 convolutions (Simonyan and Zisserman 2014), small.
    Vgg {
        /// Feature maps of each convolution of each block; 2×2 average-pooling separates the
        /// blocks.
        blocks: Vec<Vec<usize>>,
        /// Whether each convolution is followed by a batch normalisation.
        batch_norm: bool,
    },
    /// A multi-layer perceptron.
    Mlp {
        /// From the number of values in a picture to the number of classes.
        widths: Vec<usize>,
    },
}

/// What an architecture leaves open: the pictures, the classes and the activation functions.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Form {
    /// Channels of the pictures: one (grey) or three.
    pub shape: Shape,
    /// Number of classes: the outputs of the network.
    pub classes: usize,
    /// After every layer with weights but the last.
    pub activation: Activation,
    /// What the output layer's values go through.
    pub output: Output,
    /// Dropout rate of the inputs of the hidden layers and of the output; 0 for none.
    pub dropout: f64,
    /// A one-channel network uses the first entries.
    pub preprocessing: Preprocessing,
}

/// The function that turns a network's last sums into its output.
///
/// As text: `softmax`, or an activation function's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Output {
    /// Probabilities that add up to 1; for cross-entropy.
    Softmax,
    /// Each class independently; cross-entropy needs the sigmoid, the quadratic loss allows any.
    Activation(Activation),
}

/// Why an architecture does not fit its data.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ArchitectureError {
    /// A layer leaves nothing of pictures of this size.
    #[error("{architecture} does not fit: {reason}")]
    Shape {
        /// The architecture that was asked for.
        architecture: Architecture,
        /// The layer, and what is wrong there.
        reason: ShapeError,
    },
    /// A multi-layer perceptron's first width is not that of the pictures.
    #[error(
        "{architecture} takes {wanted} values, but a picture of {width}×{height} pixels and \
         {channels} channel(s) has {found}; write mlp:{found}-…"
    )]
    Input {
        /// The architecture that was asked for.
        architecture: Architecture,
        /// The number that the architecture says.
        wanted: usize,
        /// The number that there is.
        found: usize,
        /// Width of the pictures, in pixels.
        width: usize,
        /// Height of the pictures, in pixels.
        height: usize,
        /// Channels of the pictures.
        channels: usize,
    },
    /// A multi-layer perceptron's last width is not the number of classes.
    #[error(
        "{architecture} has {wanted} outputs, but there are {found} classes; write mlp:…-{found}"
    )]
    Classes {
        /// The architecture that was asked for.
        architecture: Architecture,
        /// The number that the architecture says.
        wanted: usize,
        /// The number that there is.
        found: usize,
    },
    /// A layer has no values.
    #[error("{architecture} has an empty layer; every number must be at least 1")]
    Empty {
        /// The architecture that was asked for.
        architecture: Architecture,
    },
    /// The network has more parameters than any machine should train.
    #[error("{architecture} has more than {MOST_PARAMETERS} parameters; make its layers smaller")]
    TooLarge {
        /// The architecture that was asked for.
        architecture: Architecture,
    },
    /// Pictures are grey or RGB.
    #[error("pictures must have 1 or 3 channels, not {channels}")]
    Channels {
        /// Channels of the pictures.
        channels: usize,
    },
    /// The pictures are larger than any network takes.
    #[error("pictures may have sides of up to {MOST_SIDE} pixels; these are {width}×{height}")]
    Sides {
        /// Width of the pictures, in pixels.
        width: usize,
        /// Height of the pictures, in pixels.
        height: usize,
    },
    /// There is nothing to tell apart.
    #[error("a network needs at least two classes, not {classes}")]
    TooFewClasses {
        /// Number of classes.
        classes: usize,
    },
    /// The dropout rate is not in 0..1.
    #[error("a dropout rate must be at least 0 and below 1, not {rate}")]
    Dropout {
        /// The rate.
        rate: f64,
    },
}

impl Architecture {
    /// The modern LeNet with the maps and hidden layers of LeNet-5.
    pub fn lenet() -> Architecture {
        Architecture::LeNet {
            maps: lenet::MAPS.into(),
            kernel: lenet::KERNEL,
            hidden: lenet::HIDDEN.into(),
        }
    }

    /// The activation function of the original publication: scaled tanh for LeNet-5, ReLU for the
    /// modern LeNet and the VGG, sigmoid for a multi-layer perceptron.
    pub fn default_activation(&self) -> Activation {
        match self {
            Architecture::LeNet5 => Activation::ScaledTanh,
            Architecture::LeNet { .. } | Architecture::Vgg { .. } => Activation::Relu,
            Architecture::Mlp { .. } => Activation::Sigmoid,
        }
    }

    /// Its form for handwritten digits: 28×28 grey pixels, ten classes, its default activation
    /// function, a softmax, no dropout, and values from −1 to 1.
    pub fn digits(&self) -> Form {
        Form {
            shape: Shape { channels: 1, height: 28, width: 28 },
            classes: 10,
            activation: self.default_activation(),
            output: Output::Softmax,
            dropout: 0.0,
            preprocessing: Preprocessing::SYMMETRIC,
        }
    }

    /// The network. Its last node is the output, one value per class; its name is the
    /// architecture's text.
    ///
    /// # Errors
    /// [`ArchitectureError`] if the pictures or classes do not fit.
    pub fn graph(&self, form: &Form) -> Result<Graph, ArchitectureError> {
        self.check(form)?;
        let graph = match self {
            Architecture::LeNet5 => lenet5::lenet5(form),
            Architecture::LeNet { maps, kernel, hidden } => {
                lenet::lenet(&self.to_string(), maps, *kernel, hidden, form)
            }
            Architecture::Vgg { blocks, batch_norm } => {
                small_vgg::vgg(&self.to_string(), blocks, *batch_norm, form)
            }
            Architecture::Mlp { widths } => Ok(mlp::mlp(&self.to_string(), widths, form)),
        };
        let graph = graph
            .map_err(|reason| ArchitectureError::Shape { architecture: self.clone(), reason })?;
        match parameters(&graph) {
            Some(..=MOST_PARAMETERS) => Ok(graph),
            _ => Err(ArchitectureError::TooLarge { architecture: self.clone() }),
        }
    }

    fn check(&self, form: &Form) -> Result<(), ArchitectureError> {
        let Form { shape, classes, dropout, .. } = *form;
        let architecture = || self.clone();
        if !matches!(shape.channels, 1 | 3) {
            return Err(ArchitectureError::Channels { channels: shape.channels });
        }
        if shape.width.max(shape.height) > MOST_SIDE {
            return Err(ArchitectureError::Sides { width: shape.width, height: shape.height });
        }
        if classes < 2 {
            return Err(ArchitectureError::TooFewClasses { classes });
        }
        if !(0.0..1.0).contains(&dropout) {
            return Err(ArchitectureError::Dropout { rate: dropout });
        }
        let sound = match self {
            Architecture::LeNet5 => true,
            Architecture::LeNet { maps, kernel, hidden } => {
                !maps.is_empty() && *kernel > 0 && !maps.iter().chain(hidden).any(|n| *n == 0)
            }
            Architecture::Vgg { blocks, .. } => {
                !blocks.is_empty()
                    && blocks.iter().all(|maps| !maps.is_empty() && !maps.contains(&0))
            }
            Architecture::Mlp { widths } => widths.len() >= 2 && !widths.contains(&0),
        };
        if !sound {
            return Err(ArchitectureError::Empty { architecture: architecture() });
        }
        let Architecture::Mlp { widths } = self else { return Ok(()) };
        let (first, last) = (widths[0], widths[widths.len() - 1]);
        if first != shape.volume() {
            return Err(ArchitectureError::Input {
                architecture: architecture(),
                wanted: first,
                found: shape.volume(),
                width: shape.width,
                height: shape.height,
                channels: shape.channels,
            });
        }
        if last != classes {
            return Err(ArchitectureError::Classes {
                architecture: architecture(),
                wanted: last,
                found: classes,
            });
        }
        Ok(())
    }
}

/// Number of parameters of a network; `None` on overflow.
fn parameters(graph: &Graph) -> Option<usize> {
    let shapes = graph.nodes().iter().flat_map(|node| node.op.parameters());
    let volume = |shape: Vec<usize>| shape.iter().try_fold(1usize, |all, n| all.checked_mul(*n));
    shapes.map(|(_, shape)| volume(shape)).try_fold(0usize, |sum, volume| sum.checked_add(volume?))
}
