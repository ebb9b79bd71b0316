//! What is folded into convolutions when weights are loaded: the order of the colours, and batch
//! normalisation.

use crate::network::{ChannelOrder, Graph, Node, NodeId, Op};
use crate::weights::{Tensor, Weights};

/// The same network for pictures in RGB: where its weights take blue first, those that read the
/// input are turned round. `weights` must hold every parameter of `graph`.
pub fn fold_channel_order(graph: &Graph, mut weights: Weights) -> (Graph, Weights) {
    match graph.channel_order() {
        ChannelOrder::Rgb => {}
        ChannelOrder::Bgr => {
            for (_, node) in graph.iter().filter(|(_, node)| node.inputs.contains(&NodeId(0))) {
                exchange_red_and_blue(node, &mut weights);
            }
        }
    }
    (graph.in_rgb(), weights)
}

fn exchange_red_and_blue(node: &Node, weights: &mut Weights) {
    let Op::Convolution(op) = &node.op else { unreachable!("{} is not a convolution", node.name) };
    let key = format!("{}.weight", node.name);
    let mut kernel = weights.take(&key);
    let area = op.kernel[0] * op.kernel[1];
    for colours in kernel.data_mut().chunks_exact_mut(3 * area) {
        let (blue, rest) = colours.split_at_mut(area);
        blue.swap_with_slice(&mut rest[area..]);
    }
    weights.insert(key, kernel);
}

/// The same network with every batch-norm that alone reads a convolution folded into it:
/// `γ·(W∗x + b − μ)/√(σ² + ε) + β` is a convolution with weights `γ/√(σ² + ε)·W`.
///
/// A convolution that is itself a target keeps its own output. Returns the new graph, its weights
/// and the targets' ids in it. `weights` must hold every parameter of `graph`.
pub fn fold_batch_norm(
    graph: &Graph,
    mut weights: Weights,
    targets: &[NodeId],
) -> (Graph, Weights, Vec<NodeId>) {
    let (graph, targets) = fold(graph, targets, |convolution, batch_norm| {
        fold_into(convolution, batch_norm, &mut weights);
    });
    (graph, weights, targets)
}

/// The graph and the targets that [`fold_batch_norm`] returns, for which it needs no weights.
pub fn folded(graph: &Graph, targets: &[NodeId]) -> (Graph, Vec<NodeId>) {
    fold(graph, targets, |convolution, _| {
        if let Op::Convolution(op) = &mut convolution.op {
            op.bias = true;
        }
    })
}

/// Leaves out each batch-norm that a convolution can take in, which `take_in` does.
fn fold(
    graph: &Graph,
    targets: &[NodeId],
    mut take_in: impl FnMut(&mut Node, &Node),
) -> (Graph, Vec<NodeId>) {
    let mut readers = vec![0usize; graph.nodes().len()];
    for input in graph.nodes().iter().flat_map(|node| &node.inputs) {
        readers[input.index()] += 1;
    }

    let mut nodes: Vec<Node> = Vec::new();
    let mut moved = vec![NodeId(0); graph.nodes().len()];
    for (id, node) in graph.iter() {
        let foldable = matches!(node.op, Op::BatchNorm { .. })
            && readers[node.inputs[0].index()] == 1
            && !targets.contains(&node.inputs[0])
            && matches!(graph.node(node.inputs[0]).op, Op::Convolution(_));
        if foldable {
            let convolution = moved[node.inputs[0].index()];
            take_in(&mut nodes[convolution.index()], node);
            moved[id.index()] = convolution;
            continue;
        }
        let node = node.moved(&moved);
        moved[id.index()] = NodeId(nodes.len());
        nodes.push(node);
    }
    let targets = targets.iter().map(|target| moved[target.index()]).collect();
    (graph.with_nodes(nodes), targets)
}

/// Per-channel factor and offset that a batch-norm node applies: `factor · x + offset`.
pub fn affine(node: &Node, weights: &mut Weights) -> (Vec<f32>, Vec<f32>) {
    let Op::BatchNorm { epsilon, .. } = node.op else {
        unreachable!("{} is not a batch normalisation", node.name)
    };
    let [gamma, beta, mean, variance] = ["weight", "bias", "running_mean", "running_var"]
        .map(|parameter| weights.take(&format!("{}.{parameter}", node.name)).into_data());
    let factor: Vec<f64> = gamma
        .iter()
        .zip(&variance)
        .map(|(gamma, variance)| f64::from(*gamma) / (f64::from(*variance) + epsilon).sqrt())
        .collect();
    let offset = factor
        .iter()
        .zip(beta.iter().zip(&mean))
        .map(|(factor, (beta, mean))| (f64::from(*beta) - factor * f64::from(*mean)) as f32)
        .collect();
    (factor.iter().map(|factor| *factor as f32).collect(), offset)
}

fn fold_into(convolution: &mut Node, batch_norm: &Node, weights: &mut Weights) {
    let (factor, offset) = affine(batch_norm, weights);
    let Op::Convolution(op) = &mut convolution.op else {
        unreachable!("{} is not a convolution", convolution.name)
    };
    let key = |parameter: &str| format!("{}.{parameter}", convolution.name);

    let mut kernel = weights.take(&key("weight"));
    let per_output = kernel.data().len() / op.output;
    for (values, factor) in kernel.data_mut().chunks_exact_mut(per_output).zip(&factor) {
        values.iter_mut().for_each(|value| *value *= factor);
    }
    let mut bias = offset;
    if op.bias {
        let own = weights.take(&key("bias"));
        for (bias, (own, factor)) in bias.iter_mut().zip(own.data().iter().zip(&factor)) {
            *bias += own * factor;
        }
    }
    weights.insert(key("weight"), kernel);
    weights.insert(key("bias"), Tensor::new(vec![op.output], bias));
    op.bias = true;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Builder, Convolution, PartialConvolution, Preprocessing, Window};

    /// Behind a sub-sampling and a partial convolution it stays; behind a convolution it goes.
    #[test]
    fn only_convolutions_take_a_batch_norm_in() {
        let (mut net, input) = Builder::new("test", Preprocessing::SYMMETRIC);
        let convolution = net.convolution("convolution", input, Convolution::square(3, 2, 3));
        let folded = net.batch_norm("folded", convolution, 1e-3);
        let window = Window::square(2, 2);
        let sum = net.add("sum", Op::Subsample { channels: 2, window }, &[folded]);
        let behind_sum = net.batch_norm("behind_sum", sum, 1e-3);
        let op = PartialConvolution { input: 2, kernel: [3, 3], table: vec![vec![0], vec![1]] };
        let partial = net.add("partial", Op::PartialConvolution(op), &[behind_sum]);
        let last = net.batch_norm("behind_partial", partial, 1e-3);
        let graph = net.finish("partial");
        let weights = graph
            .nodes()
            .iter()
            .flat_map(|node| {
                node.op.parameters().into_iter().map(|(role, shape)| {
                    let values = vec![1.0; shape.iter().product()];
                    (format!("{}.{role}", node.name), Tensor::new(shape, values))
                })
            })
            .collect();
        let (graph, _, targets) = fold_batch_norm(&graph, weights, &[last]);
        let names = graph.nodes().iter().map(|node| node.name.as_str()).collect::<Vec<_>>();
        assert_eq!(
            names,
            ["input", "convolution", "sum", "behind_sum", "partial", "behind_partial"]
        );
        assert_eq!(graph.node(targets[0]).name, "behind_partial");
    }
}
