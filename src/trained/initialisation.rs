//! Weight initialisation.

/// How weights are initialised, given the number of inputs per output (fan-in) and of outputs per
/// input (fan-out).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Initialisation {
    /// Uniform within ±√(6 / (fan-in + fan-out)), biases 0 (Glorot and Bengio 2010)
    Glorot,
    /// Uniform within ±1/√fan-in, biases 0: the former standard (Glorot and Bengio 2010, eq. 1)
    Uniform,
    /// Normal with standard deviation 1/√fan-in, biases 0 (LeCun et al. 1998)
    Lecun,
    /// Normal with standard deviation √(2 / fan-in), biases 0: for ReLU (He et al. 2015)
    He,
    /// Normal with standard deviation 1, biases too (Nielsen 2015, chapter 1)
    Normal,
}

named! {
    Initialisation is "start";
    Glorot = "glorot",
    Uniform = "uniform",
    Lecun = "lecun",
    He = "he",
    Normal = "normal",
}
