//! Which activation functions a layer's values come from.

use super::{Graph, NodeId, Op};

/// For each node, whether it is an activation function with no other between it and a target.
pub fn closing_activations(graph: &Graph, targets: &[NodeId]) -> Vec<bool> {
    let mut closing = vec![false; graph.nodes().len()];
    let mut reached = closing.clone();
    targets.iter().for_each(|target| reached[target.index()] = true);
    for (index, node) in graph.nodes().iter().enumerate().rev() {
        if !reached[index] {
            continue;
        }
        match node.op {
            Op::Activation(_) => closing[index] = true,
            _ => node.inputs.iter().for_each(|input| reached[input.index()] = true),
        }
    }
    closing
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::zoo;

    #[test]
    fn activations_behind_others_are_not_the_closing_ones() {
        let graph = zoo::build("squeezenet1_0").expect("the zoo has it");
        let closing_of = |layer: &str| -> Vec<&str> {
            let target = graph.find(layer).expect("the network has it");
            let closing = closing_activations(&graph, &[target]);
            let nodes = graph.nodes().iter().zip(closing);
            nodes.filter(|(_, closing)| *closing).map(|(node, _)| &*node.name).collect()
        };
        let joined = ["features.12.expand1x1_activation", "features.12.expand3x3_activation"];
        assert_eq!(closing_of("features.12"), joined);
        assert_eq!(closing_of("features.1"), ["features.1"]);
        assert_eq!(
            closing_of("features.12.squeeze"),
            ["features.10.expand1x1_activation", "features.10.expand3x3_activation"]
        );
    }
}
