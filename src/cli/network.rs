//! The network and the devices that the command line names.

use anyhow::anyhow;

use super::exit::Exit;
use super::offer;
use super::options::{DeviceOptions, ListOptions, NetworkOptions};
use super::progress::Display;
use dreamer::dream::{Dreamer, Executor, Model, Network, NetworkError, WeightSource};
use dreamer::network::{Classes, Graph, zoo};
use dreamer::weights::Search;

/// The network that is listed where none is named.
const LISTED: Model = Model::Pretrained("googlenet");

/// A network of which a list is made: its name, what it computes, and its classes where they are known.
///
/// # Errors
/// [`Exit`] where the file cannot be read, or there is no such network.
pub fn listed(options: &ListOptions) -> Result<(String, Graph, Option<Classes>), Exit> {
    let network = match (&options.weights, options.model.as_ref().unwrap_or(&LISTED)) {
        (Some(weights), _) => Network::of_file(options.model.as_ref(), weights)?,
        (None, Model::Embedded) => Network::embedded(),
        (None, model) => {
            let name = model.to_string();
            let classes = zoo::classes(&name).cloned();
            return Ok((name, model.graph().map_err(Exit::usage)?, classes));
        }
    };
    Ok((network.model, network.graph, network.classes))
}

/// A dreamer with the network that the command line names on the one device that it names.
///
/// # Errors
/// [`Exit`] where several devices are named, or one or the network is not there.
pub fn dreamer(
    network: &NetworkOptions,
    devices: &DeviceOptions,
    display: &Display,
) -> Result<Dreamer, Exit> {
    match devices.device.devices() {
        [_] => Ok(dreamers(network, devices, display)?.remove(0)),
        _ => Err(Exit::usage(anyhow!(
            "one photograph is dreamed on one device, not on {}; name one of them",
            devices.device
        ))),
    }
}

/// A dreamer on each device that the command line names, with the network that it names, or else the
/// first one whose weights are there, or else the one that is built in. Weights that are missing are
/// fetched if the user agrees.
///
/// # Errors
/// [`Exit`] where a device or the network is not there, or a file is not of the network that is named.
pub fn dreamers(
    network: &NetworkOptions,
    devices: &DeviceOptions,
    display: &Display,
) -> Result<Vec<Dreamer>, Exit> {
    let DeviceOptions { backend, device, threads } = devices;
    let executor = |device: &_| Executor::open(*backend, *device, *threads);
    let mut executors = device.devices().iter().map(executor).collect::<Result<Vec<_>, _>>()?;

    let NetworkOptions { model, weights, yes } = network;
    let search = Search::from_environment();
    let network = match (Network::open(model.as_ref(), weights.as_deref()), model) {
        (Err(NetworkError::Missing(missing)), Some(model)) => {
            let fetched = offer::instead(missing, &search, *yes, display)?;
            Network::with_weights(model, fetched)?
        }
        (network, _) => network?,
    };
    if let (None, None, WeightSource::Embedded) = (model, weights, &network.weights) {
        display.note(&format!(
            "note: using the small network that is built in; for GoogLeNet's dreams fetch its \
             weights, `dreamer models pull googlenet`, or put googlenet.safetensors or googlenet.pth \
             into {}",
            search.install_folder().display()
        ));
    }
    let first = Dreamer::new(network, executors.remove(0));
    let others: Vec<Dreamer> = executors.into_iter().map(|executor| first.on(executor)).collect();
    Ok([first].into_iter().chain(others).collect())
}
