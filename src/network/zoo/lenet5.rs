//! LeNet-5: Gradient-Based Learning Applied to Document Recognition (LeCun, Bottou, Bengio & Haffner
//! 1998, Proceedings of the IEEE 86(11)), section II.B, figure 2 and table I.
//!
//! Nodes have the paper's names. Its last layer, fixed radial basis functions that compare F6 with
//! drawings of the digits, is a trainable linear layer here, so that any classes can be learned.
//!
//! For the paper's 32×32 pixels:
//!
//! | layer  | maps | plane | sees        | parameters                  |
//! | ------ | ---- | ----- | ----------- | --------------------------- |
//! | C1     |    6 | 28×28 | 5×5         | 156                         |
//! | S2     |    6 | 14×14 | 2×2         | 12                          |
//! | C3     |   16 | 10×10 | 5×5, some   | 1,516                       |
//! | S4     |   16 |   5×5 | 2×2         | 32                          |
//! | C5     |  120 |   1×1 | 5×5, all    | 48,120                      |
//! | F6     |   84 |   1×1 | all         | 10,164                      |
//! | output |   10 |   1×1 | all         | 850 (the paper's are fixed) |

use super::trained::Chain;
use crate::network::{Form, Graph, ShapeError};

/// Table I: the maps of S2 seen by each map of C3.
const S2_TO_C3: [&[usize]; 16] = [
    &[0, 1, 2],
    &[1, 2, 3],
    &[2, 3, 4],
    &[3, 4, 5],
    &[0, 4, 5],
    &[0, 1, 5],
    &[0, 1, 2, 3],
    &[1, 2, 3, 4],
    &[2, 3, 4, 5],
    &[0, 3, 4, 5],
    &[0, 1, 4, 5],
    &[0, 1, 2, 5],
    &[0, 1, 3, 4],
    &[1, 2, 4, 5],
    &[0, 2, 3, 5],
    &[0, 1, 2, 3, 4, 5],
];

/// Side of the paper's input. Smaller pictures get a margin of [`MARGIN`] pixels, which enlarges
/// MNIST's 28×28 to it.
const FIELD: usize = 32;
const MARGIN: usize = 2;

/// C5 covers all of S4, which for larger pictures is more than the paper's 5×5.
pub fn lenet5(form: &Form) -> Result<Graph, ShapeError> {
    let margin =
        [form.shape.height, form.shape.width].map(|side| if side < FIELD { MARGIN } else { 0 });
    let mut net = Chain::new("lenet5", form);
    net.convolution("c1", 6, 5, margin);
    net.subsample("s2");
    net.partial_convolution("c3", 5, S2_TO_C3.map(<[usize]>::to_vec).into());
    net.subsample("s4");
    net.covering("c5", 120)?;
    net.covering("f6", 84)?;
    net.finish("s4.activation")
}
