//! A weight file's names and shapes checked against a network.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::escape::escape;
use crate::network::Graph;

/// How many names of each kind a [`Mismatch`] prints.
const LISTED: usize = 10;

/// How a file differs from the network it was read for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mismatch {
    /// Parameters that the chosen layers need and the file lacks.
    pub missing: Vec<String>,
    /// Tensors in the file that are not in the network.
    pub unexpected: Vec<String>,
    /// Name, shape in the file, shape in the network.
    pub reshaped: Vec<(String, Vec<usize>, Vec<usize>)>,
}

/// Checks that `found` (name → shape) holds every parameter of `needed` with its shape.
///
/// A file that fits may hold tensors unknown to `whole` (auxiliary heads, batch counters). They are
/// listed only when something else is wrong, as a hint to what the file is.
///
/// # Errors
/// The whole difference.
pub fn check(
    found: &BTreeMap<String, Vec<usize>>,
    needed: &Graph,
    whole: &Graph,
) -> Result<(), Mismatch> {
    let mut mismatch = Mismatch::default();
    for (name, shape) in parameters(needed) {
        match found.get(&name) {
            None => mismatch.missing.push(name),
            Some(other) if *other != shape => mismatch.reshaped.push((name, other.clone(), shape)),
            Some(_) => {}
        }
    }
    if mismatch == Mismatch::default() {
        return Ok(());
    }
    let known: BTreeSet<String> = parameters(whole).map(|(name, _)| name).collect();
    mismatch.unexpected = found.keys().filter(|name| !known.contains(*name)).cloned().collect();
    Err(mismatch)
}

/// Name and shape of every parameter of a graph.
pub(super) fn parameters(graph: &Graph) -> impl Iterator<Item = (String, Vec<usize>)> {
    graph.nodes().iter().flat_map(|node| {
        let named = move |(parameter, shape)| (format!("{}.{parameter}", node.name), shape);
        node.op.parameters().into_iter().map(named)
    })
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let reshaped: Vec<String> = self
            .reshaped
            .iter()
            .map(|(name, file, network)| {
                format!("{name} ({file:?} in the file, {network:?} in the network)")
            })
            .collect();
        let parts: Vec<String> = [
            ("missing", &self.missing),
            ("wrong shape", &reshaped),
            ("unexpected", &self.unexpected),
        ]
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(what, names)| format!("  {what}: {}", list(names)))
        .collect();
        f.write_str(&parts.join("\n"))
    }
}

fn list(names: &[String]) -> String {
    let listed = names.iter().take(LISTED).map(|name| escape(name).to_string());
    let mut text = listed.collect::<Vec<_>>().join(", ");
    if names.len() > LISTED {
        text += &format!(" and {} more", names.len() - LISTED);
    }
    text
}
