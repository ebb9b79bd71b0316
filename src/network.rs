//! A network is data: a graph of named nodes, and whatever follows from the graph alone.

mod architecture;
mod classes;
mod closing;
mod graph;
mod layers;
mod padding;
mod preprocessing;
mod receptive;
mod select;
mod shape;
mod sign;
mod subgraph;
pub mod zoo;

pub use architecture::{
    Architecture, ArchitectureError, Form, Output, ParseArchitectureError, ParseOutputError,
};
pub use classes::{Class, ClassError, Classes};
pub(crate) use closing::closing_activations;
pub use graph::{
    Activation, Builder, Convolution, Extent, Graph, Node, NodeId, Op, PartialConvolution, Window,
};
pub use layers::{Layer, UnknownLayer, find_layer, layers, multiplications};
pub use padding::Padding;
pub use preprocessing::{ChannelOrder, Preprocessing};
pub use receptive::{ReceptiveField, receptive_fields};
pub use select::{SelectError, channels, select, split_channels};
pub use shape::{Shape, ShapeError, shapes};
pub use sign::never_negative;
pub use subgraph::truncate;
