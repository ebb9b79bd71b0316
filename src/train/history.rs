//! What happened in a training run, for the page and the table that tell it.

/// A training run.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct History {
    /// Such as `lenet on mnist`.
    pub title: String,
    /// The command line that runs it again.
    pub command: String,
    /// Names of the classes, by label.
    pub classes: Vec<String>,
    pub epochs: Vec<Epoch>,
    /// The layers watched, first to last.
    pub layers: Vec<WatchedLayer>,
    /// Kernels of the first convolution (or the first layer's weights), brought to 0..255.
    pub filters: Vec<Tile>,
    /// What layers make of a test picture.
    pub feature_maps: Vec<FeatureMaps>,
    /// Test pictures that the best network gets wrong.
    pub mistakes: Vec<Mistake>,
}

/// One pass over the training examples.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Epoch {
    /// 1 for the first.
    pub number: usize,
    /// Time that its training took.
    pub seconds: f64,
    pub learning_rate: f64,
    pub training: Score,
    pub test: Score,
}

/// How well a network does on a set of examples.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Score {
    /// Mean cost of an example.
    pub cost: f64,
    /// Share (0..1) of the examples that are classified wrongly.
    pub error: f64,
}

/// The distributions of a layer's values over time.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct WatchedLayer {
    pub name: String,
    pub snapshots: Vec<Snapshot>,
}

/// The distributions of a layer's values at one moment, over some hundred training examples (Glorot
/// and Bengio 2010, figures 2, 3, 4, 6 and 7).
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Snapshot {
    /// Epochs done (0 before the first step).
    pub epoch: f64,
    pub activations: Distribution,
    /// Gradients of the cost with respect to the activations.
    pub gradients: Distribution,
}

/// A distribution in numbers.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Distribution {
    pub mean: f64,
    pub deviation: f64,
    /// The 2nd, 25th, 50th, 75th and 98th percentiles.
    pub percentiles: [f64; 5],
    /// Share of the values in each of some equal intervals between the lowest and the highest.
    pub histogram: Vec<f64>,
    pub lowest: f64,
    pub highest: f64,
}

/// A small picture of 8 bits a value: rows of pixels, 1 (grey) or 3 (RGB) bytes each.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Tile {
    pub width: usize,
    pub height: usize,
    pub channels: usize,
    pub pixels: Vec<u8>,
}

/// What a layer makes of a picture: one tile for each map.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FeatureMaps {
    pub layer: String,
    pub maps: Vec<Tile>,
}

/// A test picture that is classified wrongly.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Mistake {
    pub picture: Tile,
    pub label: u16,
    pub answer: u16,
    /// The answer's output.
    pub confidence: f64,
}
