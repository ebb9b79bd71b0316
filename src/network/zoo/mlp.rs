//! A multi-layer perceptron: fully connected layers only, as at the start of Nielsen's "Neural
//! Networks and Deep Learning" (2015).

use super::trained::Chain;
use crate::network::{Form, Graph};

/// Layers `hidden1`, `hidden2`, … and `output` between the `widths`, the first being the number of
/// values in a picture and the last the number of classes.
///
/// Dropout does not apply to the picture itself (Nielsen, chapter 3). The default layer is the
/// first one.
pub fn mlp(name: &str, widths: &[usize], form: &Form) -> Graph {
    let mut net = Chain::new(name, form);
    net.flatten();
    let layers = widths.len() - 1;
    for (index, pair) in widths.windows(2).enumerate() {
        let last = index + 1 == layers;
        let name = if last { "output".to_owned() } else { format!("hidden{}", index + 1) };
        if index > 0 {
            net.dropout(&name);
        }
        net.linear(&name, [pair[0], pair[1]]);
        if !last {
            net.activation(&name);
        }
    }
    net.output(if layers == 1 { "output" } else { "hidden1.activation" })
}
