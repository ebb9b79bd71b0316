//! The part of a network that chosen layers need.

use super::{Graph, NodeId, Op};

/// The subgraph that `targets` depend on, without nodes that do nothing at inference, and the
/// targets' ids in it.
pub fn truncate(graph: &Graph, targets: &[NodeId]) -> (Graph, Vec<NodeId>) {
    let mut needed = vec![false; graph.nodes().len()];
    for target in targets {
        needed[target.index()] = true;
    }
    for (id, node) in graph.iter().collect::<Vec<_>>().into_iter().rev() {
        if needed[id.index()] {
            for input in &node.inputs {
                needed[input.index()] = true;
            }
        }
    }

    let mut nodes = Vec::new();
    let mut moved = vec![NodeId(0); graph.nodes().len()];
    for (id, node) in graph.iter().filter(|(id, _)| needed[id.index()]) {
        if matches!(node.op, Op::Identity | Op::Dropout { .. }) {
            moved[id.index()] = moved[node.inputs[0].index()];
            continue;
        }
        let node = node.moved(&moved);
        moved[id.index()] = NodeId(nodes.len());
        nodes.push(node);
    }
    let targets = targets.iter().map(|target| moved[target.index()]).collect();
    (graph.with_nodes(nodes), targets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Architecture, Form};

    #[test]
    fn dropout_is_left_out_and_is_the_layer_that_it_would_drop_from() {
        let lenet5 = Architecture::LeNet5;
        let form = Form { dropout: 0.5, ..lenet5.digits() };
        let graph = lenet5.graph(&form).expect("it fits");
        let targets =
            ["c5.dropout", "s4.activation", "f6"].map(|name| graph.find(name).expect("a layer"));
        let (part, moved) = truncate(&graph, &targets);
        assert!(!part.nodes().iter().any(|node| matches!(node.op, Op::Dropout { .. })));
        let names = moved.iter().map(|id| part.node(*id).name.as_str()).collect::<Vec<_>>();
        assert_eq!(names, ["s4.activation", "s4.activation", "f6"]);
    }

    #[test]
    fn nothing_beyond_the_targets_is_left() {
        let lenet5 = Architecture::LeNet5;
        let graph = lenet5.graph(&lenet5.digits()).expect("it fits");
        let (part, _) = truncate(&graph, &[graph.find("c3").expect("a layer")]);
        let names = part.nodes().iter().map(|node| node.name.as_str()).collect::<Vec<_>>();
        assert_eq!(names, ["input", "c1", "c1.activation", "s2", "s2.activation", "c3"]);
        assert_eq!(part.input_channels(), 1);
    }
}
