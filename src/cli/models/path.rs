//! `dreamer models path`.

use super::super::exit::Exit;
use super::super::print::print;
use super::PathArguments;
use dreamer::weights::Search;

/// Prints the weight file of a network, or the folder of weights.
pub fn run(arguments: &PathArguments) -> Result<(), Exit> {
    let search = Search::from_environment();
    let path = match &arguments.model {
        None => search.install_folder().to_owned(),
        Some(model) => search.find(&model.to_string())?,
    };
    Ok(print(&format!("{}\n", path.display()))?)
}
