//! Loss functions.

use super::scalar::Scalar;
use crate::network::{Activation, Op};
use crate::options::choices;

choices! {
    /// The loss of one example with output a and target y.
    ///
    /// y is 1 for the true class and 0 for the others; after a tanh or softsign it is −1 for the
    /// others, the lower bound of those functions. After Nielsen, "Neural Networks and Deep Learning"
    /// (2015), chapters 1 and 3.
    pub enum Loss {
        /// ½·Σ(a − y)².
        Quadratic "quadratic",
        /// −Σ y·ln a after a softmax; −Σ [y·ln a + (1 − y)·ln(1 − a)] after anything else, with a and y
        /// mapped from −1..1 to 0..1 after a tanh or softsign.
        CrossEntropy "cross-entropy",
    }
}

/// The kind of output of a network's last node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OutputKind {
    /// Probabilities that add up to 1.
    Softmax,
    /// Values in 0..1.
    Sigmoid,
    /// Values in −amplitude..amplitude.
    Symmetric {
        /// The bound of the values.
        amplitude: f64,
    },
    /// Any values.
    Open,
}

/// Probabilities are kept this far from 0 and 1 in logarithms and divisions.
const MARGIN: f64 = 1e-7;

impl OutputKind {
    /// The kind of output of a network with this last operation.
    pub fn of(op: &Op) -> OutputKind {
        match op {
            Op::Softmax => OutputKind::Softmax,
            Op::Activation(Activation::Sigmoid) => OutputKind::Sigmoid,
            Op::Activation(Activation::Tanh | Activation::Softsign) => {
                OutputKind::Symmetric { amplitude: 1.0 }
            }
            Op::Activation(Activation::ScaledTanh) => OutputKind::Symmetric { amplitude: 1.7159 },
            _ => OutputKind::Open,
        }
    }

    /// The target for the classes other than the true one.
    fn wrong(self) -> f64 {
        match self {
            OutputKind::Symmetric { .. } => -1.0,
            _ => 0.0,
        }
    }

    /// The probability for an output, and its derivative.
    fn probability(self, output: f64) -> (f64, f64) {
        let (probability, slope) = match self {
            OutputKind::Symmetric { amplitude } => {
                ((output / amplitude + 1.0) / 2.0, 0.5 / amplitude)
            }
            _ => (output, 1.0),
        };
        (probability.clamp(MARGIN, 1.0 - MARGIN), slope)
    }
}

impl Loss {
    /// Whether [`Loss::of`] gives the gradient with respect to the last function's argument z
    /// rather than to its result: for matching loss and function, σ′(z) cancels out.
    pub fn cancels(self, kind: OutputKind) -> bool {
        self == Loss::CrossEntropy && matches!(kind, OutputKind::Softmax | OutputKind::Sigmoid)
    }

    /// The loss of one example, and BP1 except for the factor σ′(z): sets `gradient` to ∂C/∂a, or
    /// to the whole error δ = ∂C/∂z if the loss [cancels](Loss::cancels) that factor.
    pub fn of<T: Scalar>(
        self,
        kind: OutputKind,
        values: &[T],
        label: usize,
        gradient: &mut [T],
    ) -> f64 {
        let mut loss = 0.0;
        for (class, (value, gradient)) in values.iter().zip(gradient).enumerate() {
            let right = class == label;
            let value = value.to_f64();
            let slope = match self {
                Loss::Quadratic => {
                    let difference = value - if right { 1.0 } else { kind.wrong() };
                    loss += 0.5 * difference * difference;
                    difference
                }
                Loss::CrossEntropy => {
                    let (probability, slope) = kind.probability(value);
                    let wanted = if right { 1.0 } else { 0.0 };
                    if right {
                        loss -= probability.ln();
                    } else if kind != OutputKind::Softmax {
                        loss -= (1.0 - probability).ln();
                    }
                    match self.cancels(kind) {
                        true => value - wanted,
                        false => {
                            (probability - wanted) / (probability * (1.0 - probability)) * slope
                        }
                    }
                }
            };
            if !value.is_finite() {
                loss = f64::NAN;
            }
            *gradient = T::from_f64(slope);
        }
        loss
    }
}
