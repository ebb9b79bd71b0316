//! Removing the prefixes that wrappers around a network add to all of its parameter names.

use super::format::Index;
use super::tensor_view::DType;

/// `torch.nn.DataParallel` and similar wrappers, `torch.compile`, and PyTorch Lightning modules
/// with the network in their attribute `model`.
const PREFIXES: &[&str] = &["module.", "_orig_mod.", "model."];

/// Most nested wrappers.
const MOST_WRAPPERS: usize = 4;

/// The same tensors under their names in the network itself.
pub fn strip_prefix(mut index: Index) -> Index {
    for _ in 0..MOST_WRAPPERS {
        let Some(prefix) = PREFIXES.iter().find(|prefix| is_wrapped(&index, prefix)) else { break };
        index = index
            .into_iter()
            .map(|(name, view)| match name.strip_prefix(prefix) {
                Some(own) => (own.to_owned(), view),
                None => (name, view),
            })
            .collect();
    }
    index
}

/// Whether every tensor that can be weights has a name starting with `prefix`; a wrapper's own
/// counters do not.
fn is_wrapped(index: &Index, prefix: &str) -> bool {
    let mut weights =
        index.iter().filter(|(_, view)| !matches!(view.dtype(), DType::Other(_))).peekable();
    weights.peek().is_some() && weights.all(|(name, _)| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::super::tensor_view::TensorView;
    use super::*;

    fn unwrapped(names: &[&str]) -> Vec<String> {
        let view = |name: &str| match name.ends_with("counter") {
            true => TensorView::unusable(DType::Other("int64".into()), vec![]),
            false => TensorView::new(DType::F32, vec![1], vec![1.0_f32]).unwrap(),
        };
        let index = names.iter().map(|name| ((*name).to_owned(), view(name))).collect();
        strip_prefix(index).into_keys().collect()
    }

    #[test]
    fn a_prefix_of_all_names_is_stripped() {
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
    fn wrappers_nested_too_deeply_are_left() {
        let name = "module.".repeat(MOST_WRAPPERS + 1) + "a";
        assert_eq!(unwrapped(&[&name]), ["module.a"]);
    }
}
