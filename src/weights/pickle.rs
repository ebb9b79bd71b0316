//! Python's pickles, read as data: what a pickle would call is noted down, and nothing is called.
//!
//! A pickle is a program for a small stack machine that builds objects, some of them by calling
//! whatever function the pickle names. This machine has every instruction of protocols 0 to 5
//! (Python's `pickletools` describes them) but those that need something outside of the pickle, and
//! in place of calling a function it keeps the function's name and arguments as a [`Call`]. Those
//! who know what a function makes of its arguments can then do likewise.

mod input;
mod machine;
mod opcodes;
#[cfg(test)]
mod tests;
mod value;

pub use machine::{PickleError, read};
pub use value::{Call, Object, Pickle, Value};
