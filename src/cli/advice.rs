//! What to do about an error of the library, in terms of the command line's options.

use std::error::Error;

use dreamer::atomic_file;
use dreamer::backend;
use dreamer::dream::{self, ExecutorError, Model, NetworkError, TileError};
use dreamer::network::{ClassError, SelectError, UnknownLayer, find_layer, zoo};
use dreamer::picture;
use dreamer::train::checkpoint::CheckpointError;
use dreamer::train::data::DataError;
use dreamer::train::equalize::EqualizeError;
use dreamer::train::experiment::ExperimentError;
use dreamer::train::{Contradiction, TrainError};
use dreamer::trained::{TrainedError, embedded};
use dreamer::weights::Missing;
use dreamer::weights::fetch::{FetchError, MIRROR};
use dreamer::weights::import::ImportError;

/// The advice for an error or the first of its causes that has any.
pub fn advice(error: &anyhow::Error) -> Option<String> {
    error.chain().find_map(of_cause)
}

fn of_cause(cause: &(dyn Error + 'static)) -> Option<String> {
    let of_kind = [
        of::<atomic_file::WriteError>(cause, of_file),
        of(cause, |error| match error {
            ImportError::Write(error) => of_file(error),
            _ => None,
        }),
        of(cause, of_fetch),
        of(cause, of_reading),
        of(cause, of_writing),
        of(cause, |missing| Some(of_missing(missing))),
        of(cause, |unknown| Some(of_layer(unknown))),
        of(cause, |error| match error {
            SelectError::Layer(unknown) => Some(of_layer(unknown)),
            _ => None,
        }),
        of(cause, of_training),
        of(cause, |error| match error {
            ExperimentError::Training { source, .. } => of_training(source),
            ExperimentError::Data(error) => of_data(error),
            _ => None,
        }),
        of(cause, of_data),
        of(cause, |error: &Contradiction| {
            Some(format!("leave out --{}", error.setting.replace(' ', "-")))
        }),
        of(cause, |error| match error {
            EqualizeError::Activation => Some("leave out --equalize, or --activation".to_owned()),
            _ => None,
        }),
        of(cause, |error| match error {
            CheckpointError::NoCheckpoint { .. } => {
                Some("name a checkpoint, or the weights beside it".to_owned())
            }
            _ => None,
        }),
        of(cause, of_trained),
        of(cause, of_dream),
        of(cause, of_network),
        of(cause, of_executor),
        of(cause, of_backend),
    ];
    of_kind.into_iter().flatten().next()
}

/// The advice for a cause of one type.
fn of<T: Error + 'static>(
    cause: &(dyn Error + 'static),
    advice: impl Fn(&T) -> Option<String>,
) -> Option<String> {
    cause.downcast_ref().and_then(advice)
}

fn of_file(error: &atomic_file::WriteError) -> Option<String> {
    use atomic_file::WriteError;
    let advice = match error {
        WriteError::Exists { .. } => "pass --force to overwrite it, or choose another name",
        WriteError::Folder { .. } => "choose the name of a file in it",
        WriteError::MissingFolder { .. } => "create it, or choose another",
        WriteError::DiskFull { .. } => "make room, or choose another folder",
        WriteError::Closed { .. } => "keep the reader running, or write to a file",
        WriteError::Unwritable { .. } => "choose another name or folder",
    };
    Some(advice.to_owned())
}

fn of_writing(error: &picture::WriteError) -> Option<String> {
    match error {
        picture::WriteError::File(error) => Some(format!("{} with --output", of_file(error)?)),
        picture::WriteError::Suffix(_) | picture::WriteError::Encode { .. } => None,
    }
}

fn of_reading(error: &picture::ReadError) -> Option<String> {
    use picture::ReadError;
    let advice = match error {
        ReadError::Directory { .. } => {
            "name a picture in it, or dream all of them with --output FOLDER/"
        }
        ReadError::TooManyPixels { .. } => "raise the limit with --max-pixels if that is intended",
        ReadError::TooMuchMemory { .. } => {
            "raise the limit with --max-pixels, or make the picture smaller"
        }
        _ => return None,
    };
    Some(advice.to_owned())
}

fn of_missing(_: &Missing) -> String {
    "name a file with --weights FILE, or put it into one of those folders (DREAMER_MODELS names \
     another)"
        .to_owned()
}

fn of_layer(UnknownLayer { model, .. }: &UnknownLayer) -> String {
    format!("`dreamer layers --model {model}` lists all layers")
}

fn of_fetch(error: &FetchError) -> Option<String> {
    match error {
        FetchError::ByHand { model, .. } => {
            Some(format!("then run `dreamer models import FILE --as {model}`"))
        }
        FetchError::Refused { model, .. } => Some(format!(
            "download the file elsewhere and run `dreamer models import FILE --as {model}`, or name \
             a mirror in {MIRROR}"
        )),
        FetchError::Size { .. } => Some(format!(
            "name another mirror in {MIRROR}, or download the file elsewhere and import it"
        )),
        FetchError::Write(error) => of_file(error),
        _ => None,
    }
}

fn of_trained(error: &TrainedError) -> Option<String> {
    match error {
        TrainedError::NoDescription { .. } => Some(
            "files written by `dreamer train` do; for any other file name the network with --model"
                .to_owned(),
        ),
        _ => None,
    }
}

fn of_training(error: &TrainError) -> Option<String> {
    let advice = match error {
        TrainError::Output(_) => {
            "choose another --output-activation (softmax or sigmoid), or --loss quadratic"
        }
        TrainError::OtherState => "train from scratch without --resume",
        TrainError::Diverged { .. } => "try a smaller --learning-rate or another --init",
        _ => return None,
    };
    Some(advice.to_owned())
}

fn of_data(error: &DataError) -> Option<String> {
    match error {
        DataError::TooFew { .. } => Some("request fewer".to_owned()),
        DataError::Validation { .. } => Some("lower --validation".to_owned()),
        DataError::Picture(error) => of_reading(error),
        _ => None,
    }
}

fn of_dream(error: &dream::Error) -> Option<String> {
    match error {
        dream::Error::Layer(SelectError::Layer(unknown)) => {
            Some(with_layer(&unknown.name).map_or_else(
                || of_layer(unknown),
                |model| format!("{model} has one: add --model {model}"),
            ))
        }
        dream::Error::Class(error) => of_class(error),
        dream::Error::ChosenTile(error) | dream::Error::Tile(error) => Some(match error {
            TileError::Global => "make the picture smaller with --max-size".into(),
            TileError::TooSmall { least, .. } => format!("write --tile={least} or more"),
        }),
        dream::Error::Guide(_) => {
            Some("choose a larger picture for --guide, or an earlier layer".into())
        }
        dream::Error::Network(error) => of_network(error),
        dream::Error::Executor(error) => of_executor(error),
        dream::Error::Backend(error) => of_backend(error),
        dream::Error::Picture(error) => of_reading(error),
        _ => None,
    }
}

fn of_class(error: &ClassError) -> Option<String> {
    match error {
        ClassError::NoNames { .. } => Some("name the layer and the channel with --layer".into()),
        ClassError::Unknown { model, .. } => {
            Some(format!("`dreamer classes --model {model}` lists all classes"))
        }
        ClassError::Ambiguous { .. } => Some("choose one by its index or its number".into()),
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
        NetworkError::Missing(missing) => Some(of_missing(missing)),
        NetworkError::Trained(error) => of_trained(error),
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
        ExecutorError::Backend(error) => of_backend(error),
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
            || cause.downcast_ref().is_some_and(|error: &dream::Error| match error {
                dream::Error::Network(error) => network(error),
                dream::Error::Executor(error) => executor(error),
                dream::Error::Layer(_)
                | dream::Error::Class(_)
                | dream::Error::Setting(_)
                | dream::Error::SameLayer { .. }
                | dream::Error::ChosenTile(_) => true,
                _ => false,
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_cause_with_advice_gives_it() {
        let missing = Missing { model: "vgg16".into(), searched: vec![] };
        let error = anyhow::Error::new(missing).context("cannot dream");
        assert!(advice(&error).unwrap().contains("--weights FILE"));
        assert_eq!(advice(&anyhow::anyhow!("cannot dream")), None);
    }

    #[test]
    fn weights_that_cannot_be_downloaded_can_be_imported() {
        let (model, url, page) = ("vgg16", "https://a.org/b.pth", "https://a.org");
        let import = "`dreamer models import FILE --as vgg16`";
        let by_hand = FetchError::ByHand { model: model.into(), page: page.into() };
        assert!(advice(&by_hand.into()).unwrap().contains(import));
        let status = "404 Not Found".into();
        let refused = FetchError::Refused { model: model.into(), url: url.into(), status };
        let advice = advice(&refused.into()).unwrap();
        assert!(advice.contains(import) && advice.contains("DREAMER_MIRROR"), "{advice}");
    }

    #[test]
    fn an_error_inside_another_is_found() {
        let exists = || atomic_file::WriteError::Exists { path: "a.npz".into() };
        for error in [ImportError::from(exists()).into(), FetchError::from(exists()).into()] {
            assert!(advice(&error).unwrap().starts_with("pass --force"), "{error}");
        }
        let diverged = TrainError::OtherState;
        let error = ExperimentError::Training { run: "tanh".into(), source: Box::new(diverged) };
        assert!(advice(&error.into()).unwrap().ends_with("--resume"));
    }
}
