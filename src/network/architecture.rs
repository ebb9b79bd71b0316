//! The networks that dreamer trains itself: an architecture, and the form it takes on given pictures.

mod output;
mod text;

use super::zoo::{lenet, lenet5, mlp, small_vgg};
use super::{Activation, Graph, Preprocessing, Shape, ShapeError};

pub use output::ParseOutputError;
pub use text::ParseArchitectureError;

/// Most parameters that a network may have: 4 GiB of float32 values.
const MOST_PARAMETERS: usize = 1 << 30;

/// Most pixels of a picture's side.
const MOST_SIDE: usize = 1 << 16;

/// A network's plan, which pictures of any size and any number of classes can fill in.
///
/// As text, for the command line and for weight files: `lenet5`, `lenet`,
/// `lenet:maps=8-32,kernel=3,hidden=200`, `vgg:16-16/32-32/64-64`, `mlp:784-30-10`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Architecture {
    /// LeNet-5 (LeCun et al. 1998).
    LeNet5,
    /// What has become of it: convolutions with max-pooling, then hidden layers.
    LeNet {
        /// Maps of each convolution; a 2×2 max-pooling follows each.
        maps: Vec<usize>,
        /// Height and width of the convolutions' kernels.
        kernel: usize,
        /// Widths of the hidden layers between the last pooling and the output; there may be none.
        hidden: Vec<usize>,
    },
    /// Blocks of 3×3 convolutions (Simonyan and Zisserman 2014), small.
    Vgg {
        /// Maps of each convolution of each block; a 2×2 average-pooling comes between two blocks.
        blocks: Vec<Vec<usize>>,
    },
    /// A multi-layer perceptron.
    Mlp {
        /// From the picture's number of values to the number of classes.
        widths: Vec<usize>,
    },
}

/// What an architecture leaves open: the pictures, the classes and the functions between.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Form {
    /// Of the pictures; one channel (grey) or three.
    pub shape: Shape,
    pub classes: usize,
    /// Behind every layer with weights but the last.
    pub activation: Activation,
    pub output: Output,
    /// Rate at which the inputs of hidden layers and of the output are dropped in training; 0 for
    /// none.
    pub dropout: f64,
    /// A one-channel network uses the first entries.
    pub preprocessing: Preprocessing,
}

/// What makes a network's last sums its answer.
///
/// As text: `softmax`, or an activation function's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Output {
    /// Probabilities that add up to 1; for a cross-entropy.
    Softmax,
    /// Each class on its own; a cross-entropy wants the sigmoid, a quadratic cost takes any.
    Activation(Activation),
}

/// Why an architecture cannot take a form.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ArchitectureError {
    #[error("{architecture} does not fit: {reason}")]
    Shape { architecture: Architecture, reason: ShapeError },
    #[error(
        "{architecture} takes {wanted} values, but a picture of {width}×{height} pixels and \
         {channels} channel(s) has {found}; write mlp:{found}-…"
    )]
    Input {
        architecture: Architecture,
        wanted: usize,
        found: usize,
        width: usize,
        height: usize,
        channels: usize,
    },
    #[error(
        "{architecture} tells {wanted} classes apart, but there are {found}; write mlp:…-{found}"
    )]
    Classes { architecture: Architecture, wanted: usize, found: usize },
    #[error("{architecture} has a layer without any values; every number is at least 1")]
    Empty { architecture: Architecture },
    #[error("{architecture} has more than {MOST_PARAMETERS} parameters; make its layers smaller")]
    TooLarge { architecture: Architecture },
    #[error("pictures have 1 channel or 3, not {channels}")]
    Channels { channels: usize },
    #[error("pictures have sides of up to {MOST_SIDE} pixels, and these are {width}×{height}")]
    Sides { width: usize, height: usize },
    #[error("a network tells at least two classes apart, not {classes}")]
    TooFewClasses { classes: usize },
    #[error("a dropout rate is at least 0 and below 1, not {rate}")]
    Dropout { rate: f64 },
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

    /// The activation function that its inventors gave it: LeNet-5 the scaled tanh, the modern LeNet
    /// and the VGG the ReLU, and a multi-layer perceptron the sigmoid.
    pub fn default_activation(&self) -> Activation {
        match self {
            Architecture::LeNet5 => Activation::ScaledTanh,
            Architecture::LeNet { .. } | Architecture::Vgg { .. } => Activation::Relu,
            Architecture::Mlp { .. } => Activation::Sigmoid,
        }
    }

    /// Its form for pictures of handwritten digits: 28×28 grey pixels, ten classes, its own
    /// activation function, a softmax, no dropout, and values from −1 to 1.
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

    /// The network. Its last node is the answer, one value for each class; its name is the
    /// architecture's text.
    ///
    /// # Errors
    /// [`ArchitectureError`] where pictures or classes do not fit.
    pub fn graph(&self, form: &Form) -> Result<Graph, ArchitectureError> {
        self.check(form)?;
        let graph = match self {
            Architecture::LeNet5 => lenet5::lenet5(form),
            Architecture::LeNet { maps, kernel, hidden } => {
                lenet::lenet(&self.to_string(), maps, *kernel, hidden, form)
            }
            Architecture::Vgg { blocks } => small_vgg::vgg(&self.to_string(), blocks, form),
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
            Architecture::Vgg { blocks } => {
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

/// Number of a network's parameters; `None` where no computer word holds it.
fn parameters(graph: &Graph) -> Option<usize> {
    let shapes = graph.nodes().iter().flat_map(|node| node.op.parameters());
    let volume = |shape: Vec<usize>| shape.iter().try_fold(1usize, |all, n| all.checked_mul(*n));
    shapes.map(|(_, shape)| volume(shape)).try_fold(0usize, |sum, volume| sum.checked_add(volume?))
}
