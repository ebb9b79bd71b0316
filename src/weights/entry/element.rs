//! The types of values.

use std::borrow::Cow;
use std::fmt::{self, Display};

/// What a tensor's values are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Element {
    F16,
    Bf16,
    F32,
    F64,
    /// A type that weights do not have, by its format's name for it: `I64` counters, quantised
    /// values, …
    Other(Cow<'static, str>),
}

impl Element {
    /// Bytes of one value; `None` for a type that is not read.
    pub fn size(&self) -> Option<usize> {
        match self {
            Element::F16 | Element::Bf16 => Some(2),
            Element::F32 => Some(4),
            Element::F64 => Some(8),
            Element::Other(_) => None,
        }
    }
}

impl Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Element::F16 => "float16",
            Element::Bf16 => "bfloat16",
            Element::F32 => "float32",
            Element::F64 => "float64",
            Element::Other(name) => name,
        })
    }
}

/// The order of the bytes of a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ByteOrder {
    #[default]
    Little,
    Big,
}
