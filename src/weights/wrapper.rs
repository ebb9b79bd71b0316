//! What wrappers around a network put before the names of all of its parameters.

use super::entry::Element;
use super::format::Index;

/// `torch.nn.DataParallel` and its kin, `torch.compile`, and modules of PyTorch Lightning that keep
/// the network as their attribute `model`.
const PREFIXES: &[&str] = &["module.", "_orig_mod.", "model."];

/// Wrappers around one another.
const MOST_WRAPPERS: usize = 4;

/// The same tensors under the names that they have in the network itself.
pub fn unwrap(mut index: Index) -> Index {
    for _ in 0..MOST_WRAPPERS {
        let Some(prefix) = PREFIXES.iter().find(|prefix| is_wrapped(&index, prefix)) else { break };
        index = index
            .into_iter()
            .map(|(name, entry)| match name.strip_prefix(prefix) {
                Some(own) => (own.to_owned(), entry),
                None => (name, entry),
            })
            .collect();
    }
    index
}

/// Whether the name of every tensor that can be weights begins with `prefix`: a wrapper's own
/// counters do not.
fn is_wrapped(index: &Index, prefix: &str) -> bool {
    let mut weights =
        index.iter().filter(|(_, entry)| !matches!(entry.element(), Element::Other(_))).peekable();
    weights.peek().is_some() && weights.all(|(name, _)| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::super::entry::Entry;
    use super::*;

    fn unwrapped(names: &[&str]) -> Vec<String> {
        let entry = |name: &str| match name.ends_with("counter") {
            true => Entry::unusable(Element::Other("int64".into()), vec![]),
            false => Entry::new(Element::F32, vec![1], vec![1.0_f32]).unwrap(),
        };
        let index = names.iter().map(|name| ((*name).to_owned(), entry(name))).collect();
        unwrap(index).into_keys().collect()
    }

    #[test]
    fn a_prefix_of_all_names_is_taken_off() {
        assert_eq!(unwrapped(&["module.a.weight", "module.b.bias"]), ["a.weight", "b.bias"]);
        assert_eq!(unwrapped(&["module._orig_mod.a", "module._orig_mod.b"]), ["a", "b"]);
        assert_eq!(unwrapped(&["model.a"]), ["a"]);
    }

    #[test]
    fn a_wrappers_own_counter_keeps_its_name() {
        assert_eq!(unwrapped(&["counter", "module.a", "module.counter"]), ["a", "counter"]);
    }

    #[test]
    fn a_prefix_of_some_names_stays() {
        assert_eq!(unwrapped(&["a", "module.b"]), ["a", "module.b"]);
        assert_eq!(unwrapped(&["module.counter"]), ["module.counter"]);
    }

    #[test]
    fn wrappers_around_one_another_without_end_are_left() {
        let name = "module.".repeat(MOST_WRAPPERS + 1) + "a";
        assert_eq!(unwrapped(&[&name]), ["module.a"]);
    }
}
