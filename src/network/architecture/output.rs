//! Output functions as text.

use std::fmt;
use std::str::FromStr;

use super::Output;
use crate::options::as_text;

const SOFTMAX: &str = "softmax";

/// Text that names no output function.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is not an output function; write softmax, sigmoid, tanh, scaled-tanh, softsign or relu"
)]
pub struct ParseOutputError {
    text: String,
}

impl FromStr for Output {
    type Err = ParseOutputError;

    fn from_str(text: &str) -> Result<Output, ParseOutputError> {
        if text == SOFTMAX {
            return Ok(Output::Softmax);
        }
        text.parse().map(Output::Activation).map_err(|_| ParseOutputError { text: text.to_owned() })
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Output::Softmax => f.write_str(SOFTMAX),
            Output::Activation(function) => function.fmt(f),
        }
    }
}

as_text!(Output);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_is_read_as_it_is_written() {
        for text in ["softmax", "sigmoid", "tanh", "scaled-tanh", "softsign", "relu"] {
            assert_eq!(text.parse::<Output>().unwrap().to_string(), text);
        }
        let error = "sofmax".parse::<Output>().unwrap_err().to_string();
        assert!(error.contains("write softmax, sigmoid"), "{error}");
    }
}
