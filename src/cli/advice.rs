//! What to do about an error of the library, in terms of the command line's options.

use dreamer::backend;
use dreamer::dream::{Error, ExecutorError, Model, NetworkError, TileError};
use dreamer::network::{SelectError, UnknownLayer, find_layer, zoo};
use dreamer::trained::embedded;

/// What to do about an error, where there is more to say than it says itself.
pub fn advice(error: &anyhow::Error) -> Option<String> {
    error.chain().find_map(|cause| {
        let dream = cause.downcast_ref::<Error>();
        let network = cause.downcast_ref::<NetworkError>().or(match dream {
            Some(Error::Network(error)) => Some(&**error),
            _ => None,
        });
        let executor = cause.downcast_ref::<ExecutorError>().or(match dream {
            Some(Error::Executor(error)) => Some(error),
            _ => None,
        });
        let backend = match (dream, executor) {
            (Some(Error::Backend(error)), _) => Some(error),
            (_, Some(ExecutorError::Backend(error))) => Some(error),
            _ => None,
        };
        dream
            .and_then(of_dream)
            .or_else(|| network.and_then(of_network))
            .or_else(|| executor.and_then(of_executor))
            .or_else(|| backend.and_then(of_backend))
    })
}

fn of_dream(error: &Error) -> Option<String> {
    match error {
        Error::Layer(SelectError::Layer(UnknownLayer { name, .. })) => {
            with_layer(name).map(|model| format!("{model} has one: add --model {model}"))
        }
        Error::ChosenTile(error) | Error::Tile(error) => Some(match error {
            TileError::Global => "make the picture smaller with --max-size".into(),
            TileError::TooSmall { least, .. } => format!("write --tile={least} or more"),
        }),
        Error::Guide(_) => Some("choose a larger picture for --guide, or an earlier layer".into()),
        _ => None,
    }
}

/// A model with a layer of that name.
fn with_layer(name: &str) -> Option<&'static str> {
    zoo::names()
        .find(|model| zoo::build(model).is_some_and(|graph| find_layer(&graph, name).is_ok()))
}

fn of_network(error: &NetworkError) -> Option<String> {
    match error {
        NetworkError::AnotherModel { .. } => Some("leave out --model".into()),
        NetworkError::BuiltIn { path } => {
            Some(format!("leave out --weights, or name the network of {}", path.display()))
        }
        NetworkError::Unnamed { .. } => {
            let names: Vec<&str> = Model::names().filter(|name| *name != embedded::NAME).collect();
            Some(format!("add --model ({})", names.join(", ")))
        }
        _ => None,
    }
}

fn of_executor(error: &ExecutorError) -> Option<String> {
    match error {
        ExecutorError::CoreDevice(_) if cfg!(feature = "torch") => {
            Some("leave out --device, or --backend core".into())
        }
        ExecutorError::CoreDevice(_) => {
            Some("leave out --device (a dreamer that is built with libtorch can use a GPU)".into())
        }
        _ => None,
    }
}

fn of_backend(error: &backend::Error) -> Option<String> {
    match error {
        backend::Error::OutOfMemory { .. } => Some("try --tile, --max-size or --device cpu".into()),
        _ => None,
    }
}

/// Whether an error is about what was asked for, not about what went wrong.
pub fn is_usage(error: &anyhow::Error) -> bool {
    let network = |error: &NetworkError| {
        matches!(
            error,
            NetworkError::Architecture(_)
                | NetworkError::AnotherModel { .. }
                | NetworkError::BuiltIn { .. }
                | NetworkError::Unnamed { .. }
        )
    };
    let executor = |error: &ExecutorError| {
        matches!(error, ExecutorError::CoreDevice(_) | ExecutorError::NoTorch)
    };
    error.chain().any(|cause| {
        cause.downcast_ref().is_some_and(network)
            || cause.downcast_ref().is_some_and(executor)
            || cause.downcast_ref().is_some_and(|error: &Error| match error {
                Error::Network(error) => network(error),
                Error::Executor(error) => executor(error),
                Error::Layer(_) | Error::SameLayer { .. } | Error::ChosenTile(_) => true,
                _ => false,
            })
    })
}
