//! `dreamer models import`.

use anyhow::anyhow;

use super::super::exit::Exit;
use super::super::interrupt;
use super::super::progress::Display;
use super::ImportArguments;
use dreamer::dream::{Model, Network};
use dreamer::trained::TrainedNetwork;
use dreamer::weights::{self, Search, import};

/// Imports a network's weights from a file into the folder where all dreams find them.
pub fn run(arguments: &ImportArguments) -> Result<(), Exit> {
    let display = Display::new(arguments.quiet);
    interrupt::watch(&display);
    let file = &arguments.file;
    display.busy(&format!("reading {}", file.display()));
    let model = arguments.model.as_ref();
    let is_described = TrainedNetwork::is_described(file)?;
    if let Some(Model::Trained(network)) = model.filter(|_| !is_described) {
        return Err(Exit::usage(anyhow!(
            "{} does not say what its {network} was trained on, which dreaming needs; only files \
             written by `dreamer train` can be imported as {network}",
            file.display()
        )));
    }
    let named = || weights::model_of(file).and_then(|name| name.parse::<Model>().ok());
    if model.is_none() && !is_described && named().is_none() {
        return Err(Exit::usage(anyhow!(
            "the name of {} does not say which network it is for; add --as NAME (`dreamer models` \
             lists them)",
            file.display()
        )));
    }
    let Network { model, graph, .. } = Network::of_file(model, file)?;
    let search = Search::from_environment();
    let folder = search.install_folder();
    let hold = interrupt::hold();
    let path = match is_described {
        true => import::copy(file, &model, folder, arguments.force),
        false => import::import(file, &model, &graph, folder, arguments.force),
    }?;
    drop(hold);
    display.clear();
    display.note(&format!("{model}: {}", path.display()));
    if search.find(&model).is_ok_and(|found| found != path) {
        let found = search.find(&model)?;
        display.note(&format!("note: {} takes precedence over it", found.display()));
    }
    Ok(())
}
