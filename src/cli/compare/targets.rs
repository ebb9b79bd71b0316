//! The layers and channels that names and patterns on the command line stand for.

use std::ops::RangeInclusive;

use anyhow::anyhow;
use glob::{MatchOptions, Pattern};

use super::super::exit::Exit;
use dreamer::dream::Settings;
use dreamer::network::{Graph, Layer, NodeId, Op, channels, layers, select, split_channels};

/// Every layer, after its activation function.
const ALL: &str = "all";

/// Something to dream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub kind: TargetKind,
    /// As `--layer` or `--class` takes it.
    pub name: String,
    /// What there is to know of it, in a few words.
    pub note: String,
}

/// What a target's name is the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetKind {
    /// A layer or a channel of one.
    Layer,
    Class,
}

impl Target {
    /// A class.
    pub fn class(name: &str) -> Target {
        Target { kind: TargetKind::Class, name: name.trim().to_owned(), note: String::new() }
    }

    /// Settings with this as what is dreamed.
    pub fn set(&self, settings: &Settings) -> Settings {
        let mut settings = Settings { layers: vec![], classes: vec![], ..settings.clone() };
        let own = match self.kind {
            TargetKind::Layer => &mut settings.layers,
            TargetKind::Class => &mut settings.classes,
        };
        own.push(self.name.as_str().into());
        settings
    }
}

/// The layers that `patterns` stand for, and the channels that `lists` do, each once.
///
/// # Errors
/// [`Exit`] names what there is none of.
pub fn find(graph: &Graph, patterns: &[String], lists: &[String]) -> Result<Vec<Target>, Exit> {
    let known = layers(graph);
    let mut found: Vec<(NodeId, Option<RangeInclusive<usize>>, Target)> = Vec::new();
    let mut add = |id: NodeId, channels: Option<RangeInclusive<usize>>, name: String| {
        if !found.iter().any(|(other, of, _)| *other == id && *of == channels) {
            let note = match channels {
                None => note(graph, &known, id),
                Some(_) => String::new(),
            };
            found.push((id, channels, Target { kind: TargetKind::Layer, name, note }));
        }
    };
    for pattern in patterns {
        let pattern = pattern.trim();
        if pattern == ALL && graph.find(ALL).is_none() {
            main_layers(graph).for_each(|id| add(id, None, graph.node(id).name.clone()));
        } else if pattern.contains(['*', '?', '[']) {
            let matches = matching(graph, pattern)?;
            matches.into_iter().for_each(|(name, id)| add(id, None, name));
        } else {
            let (id, channels) = one(graph, pattern)?;
            add(id, channels, pattern.to_owned());
        }
    }
    for (layer, channel) in listed(graph, lists)? {
        add(one(graph, &layer)?.0, Some(channel..=channel), format!("{layer}:{channel}"));
    }
    Ok(found.into_iter().map(|(_, _, target)| target).collect())
}

/// The layer of a name, and the channels that it names.
fn one(graph: &Graph, name: &str) -> Result<(NodeId, Option<RangeInclusive<usize>>), Exit> {
    select(graph, &[name]).map_err(Exit::usage)?;
    let (layer, channels) =
        if graph.find(name).is_some() { (name, None) } else { split_channels(name) };
    Ok((graph.find(layer).expect("it was found"), channels))
}

/// Every layer but those that an activation function or a batch-norm alone reads, whose dreams are
/// nearly the function's own, and those that change nothing.
fn main_layers(graph: &Graph) -> impl Iterator<Item = NodeId> {
    let is_refined = |id: NodeId| {
        let mut readers = graph.nodes().iter().filter(|node| node.inputs.contains(&id));
        let (first, second) = (readers.next(), readers.next());
        let refines = |op: &Op| matches!(op, Op::Activation(_) | Op::BatchNorm { .. });
        second.is_none() && first.is_some_and(|node| refines(&node.op))
    };
    let changes =
        |op: &Op| !matches!(op, Op::Input { .. } | Op::Identity | Op::Dropout { .. } | Op::Flatten);
    let nodes = graph.iter().filter(move |(id, node)| changes(&node.op) && !is_refined(*id));
    nodes.map(|(id, _)| id)
}

/// The layers whose names, or other names, are like a pattern, in the network's order.
fn matching(graph: &Graph, pattern: &str) -> Result<Vec<(String, NodeId)>, Exit> {
    // A dot, as a slash in the names of other frameworks, is to a layer what a slash is to a file.
    let path = |name: &str| name.replace('.', "/");
    let glob = Pattern::new(&path(pattern))
        .map_err(|error| Exit::usage(anyhow!("{pattern:?} is no pattern: {error}")))?;
    let options = MatchOptions { require_literal_separator: true, ..MatchOptions::new() };
    let matches = |name: &str| glob.matches_with(&path(name), options);
    let found: Vec<(String, NodeId)> = graph
        .iter()
        .filter(|(_, node)| !matches!(node.op, Op::Input { .. }))
        .filter_map(|(id, node)| {
            let others = graph.aliases().filter(|(_, of)| *of == id).map(|(name, _)| name);
            let name = [node.name.as_str()].into_iter().chain(others).find(|name| matches(name))?;
            Some((name.to_owned(), id))
        })
        .collect();
    match found.is_empty() {
        true => Err(Exit::usage(anyhow!(
            "{model} has no layer like {pattern:?}, in which * is anything without a dot and ** \
             anything between dots; `dreamer layers --model {model}` lists them all",
            model = graph.name()
        ))),
        false => Ok(found),
    }
}

/// Layers and channels of a list such as `a:0-3`, `5`, `b`.
fn listed(graph: &Graph, items: &[String]) -> Result<Vec<(String, usize)>, Exit> {
    let mut all = Vec::new();
    let mut last: Option<String> = None;
    for item in items {
        let item = item.trim();
        let (layer, numbers) = match (item.rsplit_once(':'), &last) {
            (Some((layer, numbers)), _) => (layer.to_owned(), Some(numbers)),
            // `5` and `7-9` go on with the layer before.
            (None, Some(layer)) if range(item).is_some() => (layer.clone(), Some(item)),
            (None, _) => (item.to_owned(), None),
        };
        let (id, _) = one(graph, &layer)?;
        let count = channels(graph, id).map_err(Exit::usage)?;
        let [from, to] = match numbers {
            None => [0, count - 1],
            Some(numbers) => range(numbers).filter(|[from, to]| from <= to).ok_or_else(|| {
                let last = count - 1;
                Exit::usage(anyhow!(
                    "{numbers:?} are no channels of {layer}; write {layer}:N or {layer}:FROM-TO \
                     with numbers from 0 to {last}"
                ))
            })?,
        };
        // Names the layer, and the channels that it has.
        one(graph, &format!("{layer}:{to}"))?;
        all.extend((from..=to).map(|channel| (layer.clone(), channel)));
        last = Some(layer);
    }
    Ok(all)
}

/// `5` or `7-9` as the first and the last number.
fn range(text: &str) -> Option<[usize; 2]> {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    Some([from.trim().parse().ok()?, to.trim().parse().ok()?])
}

/// `256 channels · sees 59 px`.
fn note(graph: &Graph, known: &[Layer], id: NodeId) -> String {
    let name = &graph.node(id).name;
    let Some(layer) = known.iter().find(|layer| layer.name == *name) else { return String::new() };
    let sees = match layer.receptive_field {
        None => "all".to_owned(),
        Some([height, width]) if height == width => format!("{height} px"),
        Some([height, width]) => format!("{width}×{height} px"),
    };
    format!("{} channels · sees {sees}", layer.channels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dreamer::network::zoo;

    fn names(model: &str, patterns: &[&str], lists: &[&str]) -> Vec<String> {
        let graph = zoo::build(model).expect("the zoo has it");
        let owned =
            |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let found = find(&graph, &owned(patterns), &owned(lists)).expect("they are there");
        found.into_iter().map(|target| target.name).collect()
    }

    fn error(patterns: &[&str], lists: &[&str]) -> String {
        let graph = zoo::build("squeezenet1_0").expect("the zoo has it");
        let owned =
            |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        match find(&graph, &owned(patterns), &owned(lists)) {
            Err(Exit::Usage(error)) => error.to_string(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_star_is_anything_without_a_dot() {
        let blocks = ["a", "b", "c", "d", "e"].map(|block| format!("inception4{block}"));
        assert_eq!(names("googlenet", &["inception4*"], &[]), blocks);
        assert_eq!(names("squeezenet1_0", &["features.1?"], &[]).len(), 3);
        let inner = names("squeezenet1_0", &["features.3.*"], &[]);
        assert!(inner.len() == 6 && inner[0] == "features.3.squeeze", "{inner:?}");
    }

    #[test]
    fn patterns_are_compared_with_other_names_too() {
        let caffe = names("bvlc_googlenet", &["inception4*"], &[]);
        assert_eq!(caffe.len(), 5);
    }

    #[test]
    fn all_layers_are_those_after_their_functions() {
        let all = names("squeezenet1_0", &["all"], &[]);
        assert!(all.contains(&"features.3".into()) && all.contains(&"features.1".into()));
        assert!(!all.contains(&"features.0".into()), "{all:?}");
        assert!(!all.contains(&"classifier.0".into()), "{all:?}");
    }

    #[test]
    fn a_layer_that_several_patterns_find_is_there_once_in_the_first_ones_place() {
        let found = names("squeezenet1_0", &["features.9", "features.?", "features.9"], &[]);
        assert_eq!(found[0], "features.9");
        assert_eq!(found.iter().filter(|name| *name == "features.9").count(), 1);
    }

    #[test]
    fn channels_are_a_number_a_range_or_all() {
        assert_eq!(names("squeezenet1_0", &[], &["features.2:3"]), ["features.2:3"]);
        let range = ["features.2:0", "features.2:1", "features.2:7"];
        assert_eq!(names("squeezenet1_0", &[], &["features.2:0-1", "7"]), range);
        assert_eq!(names("squeezenet1_0", &[], &["features.2"]).len(), 96);
        assert_eq!(names("squeezenet1_0", &["features.2:4"], &[]), ["features.2:4"]);
    }

    #[test]
    fn what_is_not_there_is_told() {
        assert!(error(&["feature.*"], &[]).contains("no layer like \"feature.*\""));
        assert!(error(&["features.99"], &[]).contains("has no layer \"features.99\""));
        assert!(error(&[], &["features.2:0-96"]).contains("there is no channel 96"));
        assert!(error(&[], &["features.2:9-3"]).contains("\"9-3\" are no channels of features.2"));
        assert!(error(&[], &["features.2:"]).contains("from 0 to 95"));
        assert!(error(&["features.[7"], &[]).contains("is no pattern"));
    }
}
