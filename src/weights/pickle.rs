//! Python pickles, read as data: calls are recorded, never made.
//!
//! A pickle is a program for a small stack machine that builds objects, some by calling any
//! function the pickle names. This machine implements every instruction of protocols 0 to 5 (see
//! Python's `pickletools`) except those that need something outside the pickle. Instead of calling
//! a function it records the name and arguments as a [`Call`]; whoever knows the function can
//! interpret them.

mod input;
mod machine;
mod opcodes;
#[cfg(test)]
mod tests;
mod value;

pub use machine::{PickleError, read};
pub use value::{Call, Object, Pickle, Value};
