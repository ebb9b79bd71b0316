//! The stack machine that executes pickles.

use std::collections::HashMap;

use super::input::Input;
use super::opcodes;
use super::value::{Call, Id, Object, Pickle, Value};

/// The most instructions in a pickle; a network's has thousands. Each takes memory, and a
/// compressed pickle can hold a thousand per byte of the file.
const MOST_INSTRUCTIONS: usize = 1 << 21;

/// The most objects, and the largest memo index.
const MOST_OBJECTS: usize = 1 << 20;

/// Why a pickle cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PickleError {
    #[error("its pickle ends too soon; the file is truncated or damaged")]
    Short,
    #[error("its pickle has an unknown instruction {0:#04x}; the file is damaged")]
    Unknown(u8),
    #[error("its pickle has protocol {0}; protocols up to 5 are supported")]
    Protocol(u8),
    #[error("its pickle needs {0}, which is outside the file")]
    Outside(&'static str),
    #[error("its pickle underflows the stack; the file is damaged")]
    Stack,
    #[error("its pickle reads a memo entry that was never written; the file is damaged")]
    Memo,
    #[error("its pickle adds items to an object that is not a container; the file is damaged")]
    Container,
    #[error("its pickle has text that is not UTF-8; the file is damaged")]
    Text,
    #[error("its pickle has a malformed number; the file is damaged")]
    Number,
    #[error("its pickle is larger than that of any network")]
    Large,
}

/// The state of the machine between two instructions.
pub struct Machine<'a> {
    pub(super) input: Input<'a>,
    stack: Vec<Value<'a>>,
    /// Stack heights at the marks.
    marks: Vec<usize>,
    memo: HashMap<u64, Value<'a>>,
    objects: Vec<Object<'a>>,
}

/// Reads the pickle at the start of `bytes`.
///
/// # Errors
/// [`PickleError`] if it is damaged, or needs something outside the file.
pub fn read(bytes: &[u8]) -> Result<Pickle<'_>, PickleError> {
    let mut machine = Machine {
        input: Input::new(bytes),
        stack: vec![],
        marks: vec![],
        memo: HashMap::new(),
        objects: vec![],
    };
    for _ in 0..MOST_INSTRUCTIONS {
        match machine.input.byte()? {
            opcodes::STOP => {
                let root = machine.pop()?;
                let Machine { input, objects, .. } = machine;
                return Ok(Pickle { root, length: input.position(), objects });
            }
            opcode => opcodes::execute(opcode, &mut machine)?,
        }
    }
    Err(PickleError::Large)
}

impl<'a> Machine<'a> {
    pub fn push(&mut self, value: Value<'a>) {
        self.stack.push(value);
    }

    /// Pushes a new object.
    pub fn make(&mut self, object: Object<'a>) -> Result<(), PickleError> {
        if self.objects.len() == MOST_OBJECTS {
            return Err(PickleError::Large);
        }
        self.push(Value::Object(Id(self.objects.len() as u32)));
        self.objects.push(object);
        Ok(())
    }

    /// Records a call of `function` without making it.
    pub fn call(&mut self, function: Value<'a>, arguments: Value<'a>) -> Result<(), PickleError> {
        self.make(Object::Call(Box::new(Call { function, arguments, state: None, items: vec![] })))
    }

    /// Pops the top value, which must lie above the last mark.
    pub fn pop(&mut self) -> Result<Value<'a>, PickleError> {
        let base = self.marks.last().copied().unwrap_or_default();
        if self.stack.len() <= base {
            return Err(PickleError::Stack);
        }
        self.stack.pop().ok_or(PickleError::Stack)
    }

    /// The top value, without popping it.
    pub fn top(&self) -> Result<Value<'a>, PickleError> {
        self.stack.last().copied().ok_or(PickleError::Stack)
    }

    pub fn pop_text(&mut self) -> Result<&'a str, PickleError> {
        match self.pop()? {
            Value::Text(text) => Ok(text),
            _ => Err(PickleError::Stack),
        }
    }

    /// Pops `LENGTH` values, lowest first.
    pub fn pop_array<const LENGTH: usize>(&mut self) -> Result<[Value<'a>; LENGTH], PickleError> {
        let mut values = [Value::None; LENGTH];
        for value in values.iter_mut().rev() {
            *value = self.pop()?;
        }
        Ok(values)
    }

    pub fn mark(&mut self) {
        self.marks.push(self.stack.len());
    }

    /// Pops everything above the last mark, and the mark.
    pub fn pop_marked(&mut self) -> Result<Vec<Value<'a>>, PickleError> {
        let mark = self.marks.pop().ok_or(PickleError::Stack)?;
        if mark > self.stack.len() {
            return Err(PickleError::Stack);
        }
        Ok(self.stack.split_off(mark))
    }

    /// Pops the top value, or the last mark if nothing lies above it.
    pub fn drop_top(&mut self) -> Result<(), PickleError> {
        match self.marks.last() {
            Some(mark) if *mark == self.stack.len() => drop(self.marks.pop()),
            _ => drop(self.pop()?),
        }
        Ok(())
    }

    /// Stores the top value in the memo under an index.
    pub fn keep(&mut self, number: u64) -> Result<(), PickleError> {
        let value = self.top()?;
        if self.memo.len() == MOST_OBJECTS {
            return Err(PickleError::Large);
        }
        self.memo.insert(number, value);
        Ok(())
    }

    /// Stores the top value in the memo under the next index.
    pub fn keep_next(&mut self) -> Result<(), PickleError> {
        self.keep(self.memo.len() as u64)
    }

    pub fn recall(&mut self, number: u64) -> Result<(), PickleError> {
        let value = *self.memo.get(&number).ok_or(PickleError::Memo)?;
        self.push(value);
        Ok(())
    }

    fn top_object(&mut self) -> Result<&mut Object<'a>, PickleError> {
        match self.top()? {
            Value::Object(Id(index)) => {
                self.objects.get_mut(index as usize).ok_or(PickleError::Container)
            }
            _ => Err(PickleError::Container),
        }
    }

    /// Appends to the sequence on top. Items appended to an object of another class, as to a list,
    /// are dropped.
    pub fn append(&mut self, mut values: Vec<Value<'a>>) -> Result<(), PickleError> {
        match self.top_object()? {
            Object::Sequence(sequence) => sequence.append(&mut values),
            Object::Call(_) => {}
            _ => return Err(PickleError::Container),
        }
        Ok(())
    }

    /// Adds alternating keys and values to the dictionary on top.
    pub fn insert(&mut self, values: &[Value<'a>]) -> Result<(), PickleError> {
        let items = match self.top_object()? {
            Object::Dictionary(items) => items,
            Object::Call(call) => &mut call.items,
            _ => return Err(PickleError::Container),
        };
        items.extend(pairs(values)?);
        Ok(())
    }

    /// Sets the state of the object on top. The state of a plain object is ignored.
    pub fn build(&mut self, state: Value<'a>) -> Result<(), PickleError> {
        if let Object::Call(call) = self.top_object()? {
            call.state = Some(state);
        }
        Ok(())
    }
}

/// Pairs of alternating keys and values.
pub fn pairs<'a, 'v>(
    values: &'v [Value<'a>],
) -> Result<impl Iterator<Item = (Value<'a>, Value<'a>)> + use<'a, 'v>, PickleError> {
    match values.as_chunks() {
        (pairs, []) => Ok(pairs.iter().map(|[key, value]| (*key, *value))),
        _ => Err(PickleError::Stack),
    }
}
