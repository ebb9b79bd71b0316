//! The networks that have a name: those of the zoo, the one that is built in, and the architectures that
//! dreamer trains.

use std::fmt::{self, Display};
use std::str::FromStr;

use crate::network::{Architecture, ArchitectureError, Graph, ParseArchitectureError, zoo};
use crate::trained::embedded;

/// Architectures that a list of models names; the others have numbers in their names.
const ARCHITECTURES: [&str; 2] = ["lenet5", "lenet"];

/// A network by its name.
#[derive(Clone, Debug, PartialEq)]
pub enum Model {
    /// Of the zoo, with weights that others have trained.
    Pretrained(&'static str),
    /// The one that is part of the crate.
    Embedded,
    /// An architecture, with weights of one's own.
    Trained(Architecture),
}

impl Model {
    /// All networks that have a name without numbers to choose.
    pub fn names() -> impl Iterator<Item = &'static str> {
        zoo::names().chain([embedded::NAME]).chain(ARCHITECTURES)
    }

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
        if [embedded::NAME, embedded::FORMER_NAME].contains(&text) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_model_has_a_graph_of_its_name() {
        for name in Model::names() {
            let model: Model = name.parse().expect("it is listed");
            assert_eq!(model.to_string(), name);
            let graph = model.graph().expect("it fits");
            assert!(model == Model::Embedded || graph.name() == name);
        }
    }
}
