//! Reads a [`Model`] from the command line.

use std::ffi::OsStr;
use std::str::FromStr;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use dreamer::dream::Model;
use dreamer::network::ParseArchitectureError;

/// Lists the names where there is no such model.
#[derive(Clone)]
pub struct ModelParser;

impl TypedValueParser for ModelParser {
    type Value = Model;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<Model, clap::Error> {
        let read = value.to_str().map(Model::from_str);
        if let Some(Err(ParseArchitectureError::Unknown { .. })) = read {
            PossibleValuesParser::new(Model::names()).parse_ref(command, argument, value)?;
        }
        Model::from_str.parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Model::names().map(PossibleValue::new)))
    }
}
