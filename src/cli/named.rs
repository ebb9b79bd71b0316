//! Options whose values are a choice of the library's.

use std::str::FromStr;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use dreamer::dream::BackendChoice;
use dreamer::options::Value;

/// Reads one of a type's choices, whose help is its documentation.
pub fn one_of<T: Value + FromStr + Clone + Send + Sync + 'static>()
-> impl TypedValueParser<Value = T> {
    parser(T::choices())
}

/// What this build can compute with.
pub fn backend() -> impl TypedValueParser<Value = BackendChoice> {
    let mut choices = BackendChoice::choices();
    choices.retain(|(name, _)| cfg!(feature = "torch") || *name != "torch");
    parser(choices)
}

fn parser<T: FromStr + Clone + Send + Sync + 'static>(
    choices: Vec<(&'static str, &'static str)>,
) -> impl TypedValueParser<Value = T> {
    let possible = choices.into_iter().map(|(name, help)| PossibleValue::new(name).help(help));
    PossibleValuesParser::new(possible).map(|name| match name.parse() {
        Ok(value) => value,
        Err(_) => unreachable!("it is one of the possible values"),
    })
}
