//! What a pickle describes: values, and the objects they refer to.

/// A plain value, or a reference to an [`Object`] of the same pickle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    None,
    Bool(bool),
    Int(i64),
    /// An integer beyond 64 bits: little-endian two's complement.
    Long(&'a [u8]),
    Float(f64),
    Text(&'a str),
    Bytes(&'a [u8]),
    Object(Id),
}

/// The index of an object in its [`Pickle`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Id(pub(super) u32);

/// An object, which may refer to any other, including itself.
#[derive(Clone, Debug, PartialEq)]
pub enum Object<'a> {
    /// A tuple, list or set.
    Sequence(Vec<Value<'a>>),
    Dictionary(Vec<(Value<'a>, Value<'a>)>),
    /// A function or class.
    Global {
        module: &'a str,
        name: &'a str,
    },
    Call(Box<Call<'a>>),
    /// A reference by name to something outside the pickle (a persistent ID).
    Persistent(Value<'a>),
}

/// A function with arguments, or a class with those of its constructor.
#[derive(Clone, Debug, PartialEq)]
pub struct Call<'a> {
    pub function: Value<'a>,
    pub arguments: Value<'a>,
    /// The state it was given, usually a dictionary of attributes.
    pub state: Option<Value<'a>>,
    /// Items added to it as to a dictionary.
    pub items: Vec<(Value<'a>, Value<'a>)>,
}

/// The objects of a pickle, and its root value.
#[derive(Debug)]
pub struct Pickle<'a> {
    pub root: Value<'a>,
    /// Length of the pickle in bytes; more may follow.
    pub length: usize,
    pub(super) objects: Vec<Object<'a>>,
}

impl<'a> Pickle<'a> {
    pub fn object(&self, value: Value<'a>) -> Option<&Object<'a>> {
        match value {
            Value::Object(Id(index)) => self.objects.get(index as usize),
            _ => None,
        }
    }

    /// The values of a tuple, list or set.
    pub fn sequence(&self, value: Value<'a>) -> Option<&[Value<'a>]> {
        match self.object(value)? {
            Object::Sequence(values) => Some(values),
            _ => None,
        }
    }

    /// Module and name of a function or class.
    pub fn global(&self, value: Value<'a>) -> Option<(&'a str, &'a str)> {
        match self.object(value)? {
            Object::Global { module, name } => Some((module, name)),
            _ => None,
        }
    }

    pub fn call(&self, value: Value<'a>) -> Option<&Call<'a>> {
        match self.object(value)? {
            Object::Call(call) => Some(call),
            _ => None,
        }
    }

    /// Keys and values of a dictionary of any class.
    pub fn items(&self, value: Value<'a>) -> Option<&[(Value<'a>, Value<'a>)]> {
        match self.object(value)? {
            Object::Dictionary(items) => Some(items),
            Object::Call(call) => Some(&call.items),
            _ => None,
        }
    }

    /// A dictionary's value under a key; as in Python the last one wins.
    pub fn item(&self, dictionary: Value<'a>, key: &str) -> Option<Value<'a>> {
        let mut items = self.items(dictionary)?.iter().rev();
        items.find(|(name, _)| *name == Value::Text(key)).map(|(_, value)| *value)
    }

    /// All persistent names.
    pub fn persistent(&self) -> impl Iterator<Item = Value<'a>> {
        self.objects.iter().filter_map(|object| match object {
            Object::Persistent(name) => Some(*name),
            _ => None,
        })
    }
}
