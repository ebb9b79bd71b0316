//! The networks that `--model` names: those of the zoo, and the architectures that dreamer trains.

use std::ffi::OsStr;
use std::fmt::{self, Display};
use std::str::FromStr;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use dreamer::network::{Architecture, ArchitectureError, Graph, ParseArchitectureError, zoo};
use dreamer::trained::embedded;

/// Architectures that a list of models names; the others have numbers in their names.
const ARCHITECTURES: [&str; 2] = ["lenet5", "lenet"];

/// A network by its name.
#[derive(Clone, Debug, PartialEq)]
pub enum Model {
    /// Of the zoo, with weights that others have trained.
    Pretrained(&'static str),
    /// The one that is part of the program.
    Embedded,
    Trained(Architecture),
}

impl Model {
    /// Its graph: that of an architecture for pictures of handwritten digits.
    ///
    /// # Errors
    /// [`ArchitectureError`] where the architecture does not fit such pictures.
    pub fn graph(&self) -> Result<Graph, ArchitectureError> {
        match self {
            Model::Pretrained(name) => Ok(zoo::build(name).expect("the zoo has what it lists")),
            Model::Embedded => Ok(embedded::network().graph),
            Model::Trained(architecture) => architecture.graph(&architecture.digits()),
        }
    }
}

impl FromStr for Model {
    type Err = ParseArchitectureError;

    fn from_str(text: &str) -> Result<Model, ParseArchitectureError> {
        if text == embedded::NAME {
            return Ok(Model::Embedded);
        }
        match zoo::names().find(|name| *name == text) {
            Some(name) => Ok(Model::Pretrained(name)),
            None => text.parse().map(Model::Trained),
        }
    }
}

impl Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Model::Pretrained(name) => f.write_str(name),
            Model::Embedded => f.write_str(embedded::NAME),
            Model::Trained(architecture) => architecture.fmt(f),
        }
    }
}

/// All networks that have a name without numbers to choose.
pub fn names() -> impl Iterator<Item = &'static str> {
    zoo::names().chain([embedded::NAME]).chain(ARCHITECTURES)
}

/// Reads a [`Model`] from the command line, which lists the names where there is no such model.
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
            PossibleValuesParser::new(names()).parse_ref(command, argument, value)?;
        }
        Model::from_str.parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(names().map(PossibleValue::new)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_model_has_a_graph_of_its_name() {
        for name in names() {
            let model: Model = name.parse().expect("it is listed");
            assert_eq!(model.to_string(), name);
            let graph = model.graph().expect("it fits");
            assert!(model == Model::Embedded || graph.name() == name);
        }
    }
}
