//! Layers, and some channels of layers, by name.

use std::ops::RangeInclusive;

use crate::Size;

use super::{Graph, Node, NodeId, Op, ShapeError, UnknownLayer, find_layer, shapes, truncate};

/// Why a name selects no layer or channel.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// The network has no such layer.
    #[error(transparent)]
    Layer(#[from] UnknownLayer),
    /// The layer has no such channel.
    #[error(
        "{layer} of {model} has {channels} channels, 0 to {}; there is no channel {channel}",
        channels - 1
    )]
    Channel {
        /// The network.
        model: String,
        /// The layer.
        layer: String,
        /// Number of its channels.
        channels: usize,
        /// The channel that was asked for, from 0.
        channel: usize,
    },
    /// The network does not fit pictures of any size.
    #[error(transparent)]
    Shape(#[from] ShapeError),
}

/// Splits `LAYER:CHANNEL` and `LAYER:FIRST-LAST` into the layer's name and the channels' numbers.
pub fn split_channels(name: &str) -> (&str, Option<RangeInclusive<usize>>) {
    let number = |text: &str| -> Option<usize> {
        text.parse().ok().filter(|_| text.bytes().all(|digit| digit.is_ascii_digit()))
    };
    let split = name.rsplit_once(':').and_then(|(layer, channels)| {
        let (first, last) = channels.split_once('-').unwrap_or((channels, channels));
        let (first, last) = (number(first)?, number(last)?);
        (first <= last).then_some((layer, first..=last))
    });
    split.map_or((name, None), |(layer, channels)| (layer, Some(channels)))
}

/// Number of channels of a layer.
///
/// # Errors
/// [`ShapeError`] if the network does not fit a picture of its own size.
pub fn channels(graph: &Graph, layer: NodeId) -> Result<usize, ShapeError> {
    let Size { height, width } = graph.picture_size();
    Ok(shapes(graph, height, width)?[layer.index()].channels)
}

/// The part of a network needed for layers, or channels of layers (`LAYER:CHANNEL`,
/// `LAYER:FIRST-LAST`), and their ids in it.
///
/// A channel is a node of its own after its layer, so that code which executes, cuts or measures a
/// graph handles channels without special cases.
///
/// # Errors
/// [`SelectError`] says which layers or channels there are instead.
pub fn select(graph: &Graph, names: &[&str]) -> Result<(Graph, Vec<NodeId>), SelectError> {
    let mut nodes = graph.nodes().to_vec();
    let mut targets = Vec::new();
    for name in names {
        let (layer, chosen) = match graph.find(name) {
            Some(_) => (*name, None),
            None => split_channels(name),
        };
        let id = find_layer(graph, layer)?;
        targets.push(match chosen {
            None => id,
            Some(chosen) => {
                let (channels, channel) = (channels(graph, id)?, *chosen.end());
                if channel >= channels {
                    let [model, layer] = [graph.name(), layer].map(str::to_owned);
                    return Err(SelectError::Channel { model, layer, channels, channel });
                }
                channels_node(&mut nodes, id, &chosen)
            }
        });
    }
    Ok(truncate(&graph.with_nodes(nodes), &targets))
}

/// The node of some channels of a layer, added if there is none yet.
fn channels_node(nodes: &mut Vec<Node>, layer: NodeId, chosen: &RangeInclusive<usize>) -> NodeId {
    let (first, last) = (*chosen.start(), *chosen.end());
    let numbers = if first == last { first.to_string() } else { format!("{first}-{last}") };
    let name = format!("{}:{numbers}", nodes[layer.index()].name);
    let place = nodes.iter().position(|node| node.name == name).unwrap_or_else(|| {
        let op = Op::Channels { first, count: last + 1 - first };
        nodes.push(Node { name, op, inputs: vec![layer] });
        nodes.len() - 1
    });
    NodeId(place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::zoo;

    fn squeezenet() -> Graph {
        zoo::build("squeezenet1_0").expect("the zoo has it")
    }

    #[test]
    fn a_channel_is_a_node_after_its_layer() {
        let (part, targets) = select(&squeezenet(), &["features.2:95"]).expect("it is there");
        let channel = part.node(targets[0]);
        assert_eq!(channel.op, Op::Channels { first: 95, count: 1 });
        assert_eq!(part.node(channel.inputs[0]).name, "features.2");
        assert_eq!(part.nodes().len(), 5);
        let shape = shapes(&part, 64, 64).expect("it fits")[targets[0].index()];
        assert_eq!((shape.channels, shape.height), (1, 14));
    }

    #[test]
    fn channels_from_one_to_another_are_one_node() {
        let (part, targets) = select(&squeezenet(), &["features.2:90-95"]).expect("they are there");
        let channels = part.node(targets[0]);
        assert_eq!(channels.name, "features.2:90-95");
        assert_eq!(channels.op, Op::Channels { first: 90, count: 6 });
        let shape = shapes(&part, 64, 64).expect("it fits")[targets[0].index()];
        assert_eq!((shape.channels, shape.height), (6, 14));
        let error = select(&squeezenet(), &["features.2:90-96"]).expect_err("there are 96");
        assert!(error.to_string().contains("there is no channel 96"), "{error}");
    }

    #[test]
    fn a_channel_named_twice_is_one_node() {
        // The second one is an alias of the first.
        let names = ["features.12:1", "features:1"];
        let (_, targets) = select(&squeezenet(), &names).expect("they are there");
        assert_eq!(targets[0], targets[1]);
    }

    #[test]
    fn a_missing_channel_is_an_error_that_says_which_exist() {
        let error = select(&squeezenet(), &["features.0:96"]).expect_err("there are 96");
        assert_eq!(
            error.to_string(),
            "features.0 of squeezenet1_0 has 96 channels, 0 to 95; there is no channel 96"
        );
        let error = select(&squeezenet(), &["features.99:0"]).expect_err("there is no such layer");
        assert!(error.to_string().contains("has no layer \"features.99\""), "{error}");
    }

    #[test]
    fn only_numbers_after_a_colon_are_channels() {
        assert_eq!(split_channels("conv1:7"), ("conv1", Some(7..=7)));
        assert_eq!(split_channels("conv1:7-12"), ("conv1", Some(7..=12)));
        for name in ["conv1", "conv1:", "conv1:+7", "conv1:a", "conv1:-1", "conv1:7-", "conv1:7-3"]
        {
            assert_eq!(split_channels(name), (name, None));
        }
    }
}
