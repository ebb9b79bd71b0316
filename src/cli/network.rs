//! The network and the devices that the command line names.

use anyhow::anyhow;

use super::exit::Exit;
use super::offer;
use super::options::{DeviceOptions, NetworkOptions};
use super::progress::Display;
use dreamer::dream::{Dreamer, Executor, Network, NetworkError, WeightSource};
use dreamer::weights::Search;

/// The network that the command line names, or else the first one whose weights are there, or else the
/// one that is built in. Weights that are missing are fetched if the user agrees.
///
/// # Errors
/// [`Exit`] where it is not there, or a file is not of the network that is named.
pub fn open(options: &NetworkOptions, display: &Display) -> Result<Network, Exit> {
    let NetworkOptions { model, weights, yes } = options;
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
            "note: dreaming with the small network that is built in; for GoogLeNet's dreams fetch its \
             weights, `dreamer models pull googlenet`, or put googlenet.safetensors or googlenet.pth \
             into {}",
            search.install_folder().display()
        ));
    }
    Ok(network)
}

/// A dreamer with the network on the one device that is named.
///
/// # Errors
/// [`Exit`] where there are several, or it is not there.
pub fn dreamer(network: Network, options: &DeviceOptions) -> Result<Dreamer, Exit> {
    let [device] = options.device.devices() else {
        return Err(Exit::usage(anyhow!(
            "one photograph is dreamed on one device, not on {}; name one of them",
            options.device
        )));
    };
    let executor = Executor::open(options.backend, *device, options.threads)?;
    Ok(Dreamer::new(network, executor))
}

/// A dreamer with the network on each device that is named.
///
/// # Errors
/// [`Exit`] where one of them is not there.
pub fn dreamers(network: Network, options: &DeviceOptions) -> Result<Vec<Dreamer>, Exit> {
    let DeviceOptions { backend, device, threads } = options;
    let open = |device: &_| Executor::open(*backend, *device, *threads);
    let mut executors = device.devices().iter().map(open).collect::<Result<Vec<_>, _>>()?;
    let first = Dreamer::new(network, executors.remove(0));
    let others: Vec<Dreamer> = executors.into_iter().map(|executor| first.on(executor)).collect();
    Ok([first].into_iter().chain(others).collect())
}
