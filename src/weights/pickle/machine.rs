//! The stack machine that pickles are programs for.

use std::collections::HashMap;

use super::input::Input;
use super::opcodes;
use super::value::{Call, Id, Object, Pickle, Value};

/// Instructions that a pickle may have: a network's takes thousands. Each takes memory, and where a
/// pickle is compressed a file has a thousand of them in each of its bytes.
const MOST_INSTRUCTIONS: usize = 1 << 21;

/// Objects that a pickle may have, and numbers that it may keep values under.
const MOST_OBJECTS: usize = 1 << 20;

/// Why a pickle cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PickleError {
    #[error("its pickle ends too soon; the file was cut short or is damaged")]
    Short,
    #[error("its pickle has an unknown instruction {0:#04x}; the file is damaged")]
    Unknown(u8),
    #[error("its pickle is of protocol {0}; protocols up to 5 are read")]
    Protocol(u8),
    #[error("its pickle needs {0}, which is outside of the file")]
    Outside(&'static str),
    #[error("its pickle takes what it has not put down; the file is damaged")]
    Stack,
    #[error("its pickle recalls an object that it has not kept; the file is damaged")]
    Memo,
    #[error("its pickle puts things into what holds none; the file is damaged")]
    Container,
    #[error("its pickle has text that is not UTF-8; the file is damaged")]
    Text,
    #[error("its pickle has a number that is none; the file is damaged")]
    Number,
    #[error("its pickle has more parts than that of any network")]
    Large,
}

/// The state of the machine between two instructions.
pub struct Machine<'a> {
    pub(super) input: Input<'a>,
    stack: Vec<Value<'a>>,
    /// Heights of the stack that were marked.
    marks: Vec<usize>,
    memo: HashMap<u64, Value<'a>>,
    objects: Vec<Object<'a>>,
}

/// Reads the pickle with which `bytes` begin.
///
/// # Errors
/// [`PickleError`] if it is damaged, or needs something outside of it.
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

    /// Puts a new object onto the stack.
    pub fn make(&mut self, object: Object<'a>) -> Result<(), PickleError> {
        if self.objects.len() == MOST_OBJECTS {
            return Err(PickleError::Large);
        }
        self.push(Value::Object(Id(self.objects.len() as u32)));
        self.objects.push(object);
        Ok(())
    }

    /// Notes down a call of `function`, which is not called.
    pub fn call(&mut self, function: Value<'a>, arguments: Value<'a>) -> Result<(), PickleError> {
        self.make(Object::Call(Box::new(Call { function, arguments, state: None, items: vec![] })))
    }

    /// Takes the value on top, which must lie above the last mark.
    pub fn pop(&mut self) -> Result<Value<'a>, PickleError> {
        let base = self.marks.last().copied().unwrap_or_default();
        if self.stack.len() <= base {
            return Err(PickleError::Stack);
        }
        self.stack.pop().ok_or(PickleError::Stack)
    }

    /// The value on top, which stays.
    pub fn top(&self) -> Result<Value<'a>, PickleError> {
        self.stack.last().copied().ok_or(PickleError::Stack)
    }

    pub fn pop_text(&mut self) -> Result<&'a str, PickleError> {
        match self.pop()? {
            Value::Text(text) => Ok(text),
            _ => Err(PickleError::Stack),
        }
    }

    /// The topmost `LENGTH` values, lowest first.
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

    /// Everything above the last mark, and the mark.
    pub fn pop_marked(&mut self) -> Result<Vec<Value<'a>>, PickleError> {
        let mark = self.marks.pop().ok_or(PickleError::Stack)?;
        if mark > self.stack.len() {
            return Err(PickleError::Stack);
        }
        Ok(self.stack.split_off(mark))
    }

    /// Drops the value on top, or the last mark if there is none above it.
    pub fn drop_top(&mut self) -> Result<(), PickleError> {
        match self.marks.last() {
            Some(mark) if *mark == self.stack.len() => drop(self.marks.pop()),
            _ => drop(self.pop()?),
        }
        Ok(())
    }

    /// Keeps the value on top under a number.
    pub fn keep(&mut self, number: u64) -> Result<(), PickleError> {
        let value = self.top()?;
        if self.memo.len() == MOST_OBJECTS {
            return Err(PickleError::Large);
        }
        self.memo.insert(number, value);
        Ok(())
    }

    /// Keeps the value on top under the next number.
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

    /// Appends to the sequence on top. What is put into an object of a class of its own, as into a
    /// list, is left out.
    pub fn append(&mut self, mut values: Vec<Value<'a>>) -> Result<(), PickleError> {
        match self.top_object()? {
            Object::Sequence(sequence) => sequence.append(&mut values),
            Object::Call(_) => {}
            _ => return Err(PickleError::Container),
        }
        Ok(())
    }

    /// Puts keys and values, one after another, into the dictionary on top.
    pub fn insert(&mut self, values: &[Value<'a>]) -> Result<(), PickleError> {
        let items = match self.top_object()? {
            Object::Dictionary(items) => items,
            Object::Call(call) => &mut call.items,
            _ => return Err(PickleError::Container),
        };
        items.extend(pairs(values)?);
        Ok(())
    }

    /// Gives the object on top its state. That of a plain object says nothing.
    pub fn build(&mut self, state: Value<'a>) -> Result<(), PickleError> {
        if let Object::Call(call) = self.top_object()? {
            call.state = Some(state);
        }
        Ok(())
    }
}

/// Keys and values that lie one after another.
pub fn pairs<'a, 'v>(
    values: &'v [Value<'a>],
) -> Result<impl Iterator<Item = (Value<'a>, Value<'a>)> + use<'a, 'v>, PickleError> {
    match values.as_chunks() {
        (pairs, []) => Ok(pairs.iter().map(|[key, value]| (*key, *value))),
        _ => Err(PickleError::Stack),
    }
}
