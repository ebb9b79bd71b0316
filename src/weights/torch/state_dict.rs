//! Finding the parameters of a network in a pickle, and their names.
//!
//! A file holds a state dictionary (names and tensors), a module (an object with its parameters,
//! buffers and submodules), or a checkpoint: a dictionary with one of these beside others, such as
//! the state of an optimiser.

use std::borrow::Cow;

use super::super::format::Index;
use super::super::pickle::{Call, Object, Value};
use super::rebuild::{TensorError, Tensors};

/// Keys under which checkpoints keep the network, most specific first.
const NETWORKS: &[&str] = &[
    "state_dict",
    "model_state_dict",
    "model_state",
    "model",
    "net",
    "network",
    "module",
    "params",
    "weights",
    "state_dict_ema",
    "model_ema",
    "ema",
    "params_ema",
];

/// Prefixes of keys under which checkpoints keep other things.
const OTHERS: &[&str] =
    &["optim", "scheduler", "lr_scheduler", "lr_sched", "scaler", "grad_scaler"];

/// The dictionaries of a module's contents.
const PARTS: &[&str] = &["_parameters", "_buffers", "_modules"];

/// The package of the classes in a TorchScript archive, whose objects are modules.
const TORCH_SCRIPT: &str = "__torch__";

/// The deepest nesting of dictionaries and modules.
const MOST_NESTED: usize = 64;

/// The most values to visit; no network has more.
const MOST_VALUES: usize = 1 << 20;

/// The most bytes of all names together.
const MOST_TEXT: usize = 1 << 28;

/// Why the tensors of a pickle cannot be listed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateDictError {
    #[error("it holds no named tensors")]
    NoTensors,
    #[error("{name}: {source}")]
    Tensor { name: String, source: TensorError },
    #[error("its dictionaries are larger than those of any network")]
    Large,
}

/// The named tensors of the network in a pickle.
///
/// # Errors
/// [`StateDictError`] if there are none, or one of them is damaged.
pub fn index<'a>(tensors: &Tensors<'_, 'a>) -> Result<Index<'a>, StateDictError> {
    let mut search = Search { tensors, path: vec![], looked_at: 0 };
    let network = search.network(tensors.pickle.root)?;
    let mut list = List { index: Index::new(), text: 0 };
    search.flatten(network, "", &mut list)?;
    if list.index.is_empty() { Err(StateDictError::NoTensors) } else { Ok(list.index) }
}

/// The tensors found so far.
struct List<'a> {
    index: Index<'a>,
    /// Bytes of all names.
    text: usize,
}

/// An item of a dictionary or module, and its name there.
type Child<'p> = (Cow<'p, str>, Value<'p>);

/// A walk through the values of a pickle.
struct Search<'s, 'p, 'a> {
    tensors: &'s Tensors<'p, 'a>,
    /// Dictionaries and modules on the way here: one that contains itself is not entered again.
    path: Vec<Value<'p>>,
    looked_at: usize,
}

impl<'p, 'a> Search<'_, 'p, 'a> {
    /// The part of a checkpoint that is the network.
    fn network(&mut self, root: Value<'p>) -> Result<Value<'p>, StateDictError> {
        let mut network = root;
        for _ in 0..MOST_NESTED {
            if self.is_module(network) {
                break;
            }
            match self.inner_network(network)? {
                Some(inner) => network = inner,
                None => break,
            }
        }
        Ok(network)
    }

    /// What a checkpoint keeps under its most specific key.
    fn inner_network(
        &mut self,
        checkpoint: Value<'p>,
    ) -> Result<Option<Value<'p>>, StateDictError> {
        let children = self.children(checkpoint)?;
        for name in NETWORKS {
            let child = children.iter().rev().find(|(key, _)| key == name);
            let Some((_, child)) = child.filter(|(_, child)| !self.tensors.is_tensor(*child))
            else {
                continue;
            };
            if self.has_tensors(*child)? {
                return Ok(Some(*child));
            }
        }
        Ok(None)
    }

    /// Adds every tensor in a dictionary or module, recursively.
    fn flatten(
        &mut self,
        value: Value<'p>,
        prefix: &str,
        list: &mut List<'a>,
    ) -> Result<(), StateDictError> {
        if !self.enter(value)? {
            return Ok(());
        }
        let is_checkpoint = prefix.is_empty() && !self.is_module(value);
        for (key, child) in self.children(value)? {
            if is_checkpoint && OTHERS.iter().any(|other| key.starts_with(other)) {
                continue;
            }
            list.text += prefix.len() + key.len();
            if list.text > MOST_TEXT {
                return Err(StateDictError::Large);
            }
            let name = if prefix.is_empty() { key.into() } else { format!("{prefix}.{key}") };
            match self.tensors.tensor(child) {
                Some(Ok(view)) => drop(list.index.insert(name, view)),
                Some(Err(source)) => return Err(StateDictError::Tensor { name, source }),
                None => self.flatten(child, &name, list)?,
            }
        }
        self.path.pop();
        Ok(())
    }

    /// Whether a dictionary or module contains a tensor, at any depth.
    fn has_tensors(&mut self, value: Value<'p>) -> Result<bool, StateDictError> {
        if self.tensors.is_tensor(value) {
            return Ok(true);
        }
        if !self.enter(value)? {
            return Ok(false);
        }
        let mut found = false;
        for (_, child) in self.children(value)? {
            found = self.has_tensors(child)?;
            if found {
                break;
            }
        }
        self.path.pop();
        Ok(found)
    }

    fn look_at(&mut self, values: usize) -> Result<(), StateDictError> {
        self.looked_at += values;
        if self.looked_at > MOST_VALUES { Err(StateDictError::Large) } else { Ok(()) }
    }

    /// Enters a value, unless the walk is already inside it or too deep.
    fn enter(&mut self, value: Value<'p>) -> Result<bool, StateDictError> {
        self.look_at(1)?;
        let enters = matches!(value, Value::Object(_))
            && self.path.len() < MOST_NESTED
            && !self.path.contains(&value);
        if enters {
            self.path.push(value);
        }
        Ok(enters)
    }

    /// Names and values of the items of a dictionary or module.
    fn children(&mut self, value: Value<'p>) -> Result<Vec<Child<'p>>, StateDictError> {
        let pickle = self.tensors.pickle;
        let items = match self.attributes(value) {
            Some(attributes) if self.is_script(value) => vec![pickle.items(attributes)],
            Some(attributes) => PARTS
                .iter()
                .filter_map(|part| pickle.item(attributes, part))
                .map(|part| pickle.items(part))
                .collect(),
            None => vec![pickle.items(value)],
        };
        let items = items.into_iter().flatten().flatten();
        let children: Vec<Child> =
            items.filter_map(|(key, value)| Some((name(*key)?, *value))).collect();
        self.look_at(children.len())?;
        Ok(children)
    }

    fn is_module(&self, value: Value<'p>) -> bool {
        self.attributes(value).is_some()
    }

    /// The attributes of a module, stored as a dictionary.
    fn attributes(&self, value: Value<'p>) -> Option<Value<'p>> {
        let attributes = self.tensors.pickle.call(value)?.state?;
        let has_part = |part: &&str| self.tensors.pickle.item(attributes, part).is_some();
        (self.is_script(value) || PARTS.iter().any(has_part)).then_some(attributes)
    }

    /// Whether it is an object of a class defined by a TorchScript archive.
    fn is_script(&self, value: Value<'p>) -> bool {
        let Some(Object::Call(call)) = self.tensors.pickle.object(value) else { return false };
        let Call { function, .. } = **call;
        let class = self.tensors.pickle.global(function);
        class.is_some_and(|(module, _)| module.split('.').next() == Some(TORCH_SCRIPT))
    }
}

/// A key as part of a name.
fn name(key: Value<'_>) -> Option<Cow<'_, str>> {
    match key {
        Value::Text(name) => Some(name.into()),
        Value::Int(number) => Some(number.to_string().into()),
        _ => None,
    }
}
