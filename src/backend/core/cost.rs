//! What a network is trained to make small.

/// The cost of one example whose network answers a and should answer y (1 for the right class and 0
/// for the others).
///
/// After Nielsen, "Neural Networks and Deep Learning" (2015), chapters 1 and 3.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Cost {
    /// ½·Σ(a − y)².
    Quadratic,
    /// −Σ y·ln a behind a softmax; −Σ [y·ln a + (1 − y)·ln(1 − a)] behind a sigmoid, the scaled
    /// ones of tanh and softsign included (their answers are brought to 0..1 first).
    CrossEntropy,
}
