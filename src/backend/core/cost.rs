//! What a network is trained to make small.

use super::scalar::Scalar;
use crate::network::{Activation, Op};

/// The cost of one example whose network answers a and should answer y.
///
/// y is 1 for the right class and 0 for the others; behind a tanh or softsign it is −1 for the
/// others, which is where those functions go. After Nielsen, "Neural Networks and Deep Learning"
/// (2015), chapters 1 and 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cost {
    /// ½·Σ(a − y)².
    Quadratic,
    /// −Σ y·ln a behind a softmax; −Σ [y·ln a + (1 − y)·ln(1 − a)] behind anything else, where a and
    /// y are brought from −1..1 to 0..1 behind a tanh or softsign.
    CrossEntropy,
}

named! {
    Cost is "cost";
    Quadratic = "quadratic",
    CrossEntropy = "cross-entropy",
}

/// How a network's last node answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Answer {
    /// Shares of 1.
    Softmax,
    /// Values in 0..1.
    Sigmoid,
    /// Values in −amplitude..amplitude.
    Symmetric { amplitude: f64 },
    /// Any values.
    Open,
}

/// Probabilities are kept this far from 0 and 1 where a logarithm is taken or divided by them.
const MARGIN: f64 = 1e-7;

impl Answer {
    /// The way in which a network with this last operation answers.
    pub fn of(op: &Op) -> Answer {
        match op {
            Op::Softmax => Answer::Softmax,
            Op::Activation(Activation::Sigmoid) => Answer::Sigmoid,
            Op::Activation(Activation::Tanh | Activation::Softsign) => {
                Answer::Symmetric { amplitude: 1.0 }
            }
            Op::Activation(Activation::ScaledTanh) => Answer::Symmetric { amplitude: 1.7159 },
            _ => Answer::Open,
        }
    }

    /// What the network should answer for classes that are not the right one.
    fn wrong(self) -> f64 {
        match self {
            Answer::Symmetric { .. } => -1.0,
            _ => 0.0,
        }
    }

    /// A probability from an answer, and how fast it rises with the answer.
    fn probability(self, answer: f64) -> (f64, f64) {
        let (probability, slope) = match self {
            Answer::Symmetric { amplitude } => ((answer / amplitude + 1.0) / 2.0, 0.5 / amplitude),
            _ => (answer, 1.0),
        };
        (probability.clamp(MARGIN, 1.0 - MARGIN), slope)
    }
}

impl Cost {
    /// Whether [`Cost::of`] gives the gradient with respect to the last function's argument z rather
    /// than to its result: where cost and function belong together, σ′(z) cancels out.
    pub fn cancels(self, answer: Answer) -> bool {
        self == Cost::CrossEntropy && matches!(answer, Answer::Softmax | Answer::Sigmoid)
    }

    /// The cost of one example, and BP1 but for the factor σ′(z): sets `gradient` to ∂C/∂a, or to
    /// the whole error δ = ∂C/∂z where the cost [cancels](Cost::cancels) that factor.
    pub fn of<T: Scalar>(
        self,
        answer: Answer,
        values: &[T],
        label: usize,
        gradient: &mut [T],
    ) -> f64 {
        let mut cost = 0.0;
        for (class, (value, gradient)) in values.iter().zip(gradient).enumerate() {
            let right = class == label;
            let value = value.to_f64();
            let slope = match self {
                Cost::Quadratic => {
                    let difference = value - if right { 1.0 } else { answer.wrong() };
                    cost += 0.5 * difference * difference;
                    difference
                }
                Cost::CrossEntropy => {
                    let (probability, slope) = answer.probability(value);
                    let wanted = if right { 1.0 } else { 0.0 };
                    if right {
                        cost -= probability.ln();
                    } else if answer != Answer::Softmax {
                        cost -= (1.0 - probability).ln();
                    }
                    match self.cancels(answer) {
                        true => value - wanted,
                        false => {
                            (probability - wanted) / (probability * (1.0 - probability)) * slope
                        }
                    }
                }
            };
            if !value.is_finite() {
                cost = f64::NAN;
            }
            *gradient = T::from_f64(slope);
        }
        cost
    }
}
