//! Data types.

use std::borrow::Cow;
use std::fmt::{self, Display};

/// The data type of a tensor's values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DType {
    /// IEEE 754 half precision.
    F16,
    /// bfloat16: the upper half of a float32.
    Bf16,
    /// float32.
    F32,
    /// float64.
    F64,
    /// A dtype that weights do not have, by its format's name for it: `I64` counters, quantised
    /// values, …
    Other(Cow<'static, str>),
}

impl DType {
    /// Bytes per value; `None` for a dtype that is not supported.
    pub fn size(&self) -> Option<usize> {
        match self {
            DType::F16 | DType::Bf16 => Some(2),
            DType::F32 => Some(4),
            DType::F64 => Some(8),
            DType::Other(_) => None,
        }
    }
}

impl Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            DType::F16 => "float16",
            DType::Bf16 => "bfloat16",
            DType::F32 => "float32",
            DType::F64 => "float64",
            DType::Other(name) => name,
        })
    }
}

/// The byte order of a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ByteOrder {
    /// The least significant byte first.
    #[default]
    Little,
    /// The most significant byte first.
    Big,
}
