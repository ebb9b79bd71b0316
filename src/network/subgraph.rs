//! The part of a network that chosen layers need, and nothing beyond.

use super::{Graph, NodeId, Op};

/// The sub-graph of everything that `targets` are computed from, without nodes that do nothing at
/// inference, and the targets' ids in it.
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
