//! Which layers cannot be negative, from the graph alone.

use super::{Activation, Graph, Op};

/// For each node, whether no value of it is ever below zero, whatever the picture and the weights.
pub fn never_negative(graph: &Graph) -> Vec<bool> {
    let mut never = Vec::with_capacity(graph.nodes().len());
    for node in graph.nodes() {
        let inputs = || node.inputs.iter().all(|input| never[input.index()]);
        let own = match &node.op {
            Op::Activation(activation) => match activation {
                Activation::Relu | Activation::Relu6 | Activation::Sigmoid => true,
                Activation::Tanh | Activation::ScaledTanh | Activation::Softsign => inputs(),
            },
            Op::Softmax => true,
            Op::Input { .. }
            | Op::Convolution(_)
            | Op::PartialConvolution(_)
            | Op::BatchNorm { .. }
            | Op::Linear { .. }
            | Op::Subsample { .. } => false,
            Op::LocalResponseNorm { .. }
            | Op::MaxPool(_)
            | Op::AveragePool { .. }
            | Op::AdaptiveAveragePool { .. }
            | Op::Concat
            | Op::Channels { .. }
            | Op::Add
            | Op::Flatten
            | Op::Dropout { .. }
            | Op::Identity => inputs(),
        };
        never.push(own);
    }
    never
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::zoo;

    fn check(model: &str, layers: &[(&str, bool)]) {
        let graph = zoo::build(model).expect("the zoo has it");
        let never = never_negative(&graph);
        for (layer, expected) in layers {
            let id = graph.find(layer).expect("the network has it");
            assert_eq!(never[id.index()], *expected, "{layer} of {model}");
        }
    }

    #[test]
    fn what_is_rectified_pooled_or_joined_of_such_cannot_be_negative() {
        check(
            "squeezenet1_0",
            &[("features.0", false), ("features.1", true), ("features.2", true)],
        );
        check(
            "squeezenet1_0",
            &[("features.12", true), ("classifier.1", false), ("classifier.3", true)],
        );
        check("googlenet", &[("inception4c", true), ("conv1.bn", false), ("fc", false)]);
        check(
            "bvlc_googlenet",
            &[("pool1/norm1", true), ("prob", true), ("loss3/classifier", false)],
        );
        // Sums of what is not rectified, and of what is.
        check("mobilenet_v2", &[("features.10", false), ("features.18", true)]);
        check("resnet50", &[("layer3", true), ("layer3.0.bn3", false)]);
    }
}
