//! Checkpoints, from which an interrupted training run resumes.
//!
//! A checkpoint lies beside the weights: `NAME.checkpoint.safetensors` beside `NAME.safetensors`,
//! which only ever holds the best network so far. It is rewritten after each epoch and when a run
//! is interrupted, and kept at the end, so that a run can be extended. It holds the last and the
//! best parameters and the optimiser's moments as flat vectors; the rest is JSON under the single
//! metadata key `dreamer-checkpoint`.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::data::{DataSet, DataSource, LoadOptions};
use super::history::{ClassDreams, Epoch, WatchedLayer};
use super::training::{Best, Position, State};
use super::{Memory, Settings};
use crate::atomic_file::{self, WriteError};
use crate::trained::Outcome;
use crate::weights::{self, ReadError, Tensor, Weights};

/// The metadata key.
const KEY: &str = "dreamer-checkpoint";

/// Inserted before a weight file's suffix to name its checkpoint.
const MARK: &str = ".checkpoint";

/// Names of the parameters in a checkpoint.
const PARAMETERS: &str = "parameters";
const AVERAGE: &str = "average";
const BEST: &str = "best";
const MOMENTS: &str = "moments";

/// A training run that can be resumed.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// The settings of the run, which are resumed.
    pub settings: Settings,
    /// The data set it learns from.
    pub source: DataSource,
    /// How the data set was loaded.
    pub load: LoadOptions,
    /// Number of training and of test examples, to detect other data.
    pub examples: [usize; 2],
    /// What has been learnt so far.
    pub state: State,
}

/// The metadata of a checkpoint.
#[derive(Serialize, Deserialize)]
struct Header {
    version: String,
    settings: Settings,
    source: DataSource,
    load: LoadOptions,
    examples: [usize; 2],
    /// Steps of the optimiser.
    steps: u64,
    position: Position,
    best: Option<Outcome>,
    epochs: Vec<Epoch>,
    layers: Vec<WatchedLayer>,
    #[serde(default)]
    dreams: Vec<ClassDreams>,
}

/// Why a run cannot be resumed from a file.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The file cannot be read.
    #[error(transparent)]
    Weights(#[from] ReadError),
    /// The file has tensors, but no state of training.
    #[error("{} is not a checkpoint of dreamer train", path.display())]
    NoCheckpoint {
        /// The file.
        path: PathBuf,
    },
    /// The state is not as this version writes it.
    #[error(
        "{} cannot be understood: {source}; it is damaged, or from another version of dreamer",
        path.display()
    )]
    Header {
        /// The file.
        path: PathBuf,
        /// Where it cannot be understood.
        source: serde_json::Error,
    },
    /// Tensors that the state needs are not there.
    #[error("{} is incomplete; it is damaged", path.display())]
    Incomplete {
        /// The file.
        path: PathBuf,
    },
    /// The data set has not as many examples as when the run began.
    #[error(
        "the run was started with {} training and {} test pictures, but there are now {} and {}; \
         resume with the same data",
        began[0], began[1], found[0], found[1]
    )]
    OtherData {
        /// Training and test examples when the run began.
        began: [usize; 2],
        /// Training and test examples now.
        found: [usize; 2],
    },
}

/// The checkpoint beside a weight file; the path itself if it is a checkpoint.
pub fn beside(weights: &Path) -> PathBuf {
    if is_checkpoint(weights) {
        return weights.to_owned();
    }
    let mut name = weights.file_stem().unwrap_or_default().to_owned();
    name.push(MARK);
    name.push(".safetensors");
    weights.with_file_name(name)
}

/// The weight file beside a checkpoint; the path itself if it is a weight file.
pub fn weights_beside(checkpoint: &Path) -> PathBuf {
    if !is_checkpoint(checkpoint) {
        return checkpoint.to_owned();
    }
    let stem = Path::new(checkpoint.file_stem().unwrap_or_default());
    let mut name = stem.file_stem().unwrap_or_default().to_owned();
    name.push(".safetensors");
    checkpoint.with_file_name(name)
}

fn is_checkpoint(path: &Path) -> bool {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    stem.ends_with(MARK) && stem != MARK
}

impl Checkpoint {
    /// Reads a checkpoint.
    ///
    /// # Errors
    /// [`CheckpointError`] names the file and what is wrong with it.
    pub fn read(path: &Path) -> Result<Checkpoint, CheckpointError> {
        let json = weights::read_metadata(path, KEY)?
            .ok_or_else(|| CheckpointError::NoCheckpoint { path: path.to_owned() })?;
        let header: Header = serde_json::from_str(&json)
            .map_err(|source| CheckpointError::Header { path: path.to_owned(), source })?;
        let tensors = weights::read_all(path)?;
        let values = |name: &str| {
            let incomplete = || CheckpointError::Incomplete { path: path.to_owned() };
            tensors.get(name).map(|tensor| tensor.data().to_vec()).ok_or_else(incomplete)
        };
        let best = |outcome| values(BEST).map(|parameters| Best { outcome, parameters });
        let moments = 0..header.settings.optimizer.moments();
        let state = State {
            parameters: values(PARAMETERS)?,
            average: match header.settings.average > 0.0 {
                true => values(AVERAGE)?,
                false => Vec::new(),
            },
            memory: Memory {
                steps: header.steps,
                moments: moments
                    .map(|moment| values(&format!("{MOMENTS}.{moment}")))
                    .collect::<Result<_, _>>()?,
            },
            position: header.position,
            best: header.best.map(best).transpose()?,
            epochs: header.epochs,
            layers: header.layers,
            dreams: header.dreams,
        };
        let Header { settings, source, load, examples, .. } = header;
        Ok(Checkpoint { settings, source, load, examples, state })
    }

    /// Checks, by the number of examples, that `data` are those the run was started with.
    ///
    /// # Errors
    /// [`CheckpointError::OtherData`].
    pub fn check_data(&self, data: &DataSet) -> Result<(), CheckpointError> {
        let (began, found) = (self.examples, examples(data));
        if began == found { Ok(()) } else { Err(CheckpointError::OtherData { began, found }) }
    }
}

/// Number of training and of test examples.
pub fn examples(data: &DataSet) -> [usize; 2] {
    [data.training.len(), data.test.len()]
}

/// The part of a checkpoint that does not change.
#[derive(Clone, Debug)]
pub struct Run {
    /// The settings of the run, which are resumed.
    pub settings: Settings,
    /// The data set it learns from.
    pub source: DataSource,
    /// How the data set was loaded.
    pub load: LoadOptions,
    /// Number of training and of test examples.
    pub examples: [usize; 2],
}

impl Run {
    /// Writes a checkpoint of the run at `state`, replacing any that exists.
    ///
    /// # Errors
    /// [`WriteError`]; an existing file stays.
    pub fn write(&self, state: &State, path: &Path) -> Result<(), WriteError> {
        let header = Header {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            settings: self.settings.clone(),
            source: self.source.clone(),
            load: self.load.clone(),
            examples: self.examples,
            steps: state.memory.steps,
            position: state.position,
            best: state.best.as_ref().map(|best| best.outcome),
            epochs: state.epochs.clone(),
            layers: state.layers.clone(),
            dreams: state.dreams.clone(),
        };
        let json = serde_json::to_string(&header).expect("a header is plain data");
        let moments = state.memory.moments.iter().enumerate();
        let moments = moments.map(|(moment, values)| (format!("{MOMENTS}.{moment}"), values));
        let best = state.best.iter().map(|best| (BEST.to_owned(), &best.parameters));
        let averages = (!state.average.is_empty()).then_some((AVERAGE.to_owned(), &state.average));
        let parameters = [(PARAMETERS.to_owned(), &state.parameters)].into_iter();
        let tensors: Weights = parameters
            .chain(averages)
            .chain(best)
            .chain(moments)
            .map(|(name, values)| (name, Tensor::new(vec![values.len()], values.clone())))
            .collect();
        atomic_file::write(path, &weights::encode(&tensors, KEY, json))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::Choices;
    use crate::train::history::Tile;

    fn run() -> (Run, State) {
        let optimizer = Some("adam".parse().unwrap());
        let settings = Choices { optimizer, average: Some(0.5), ..Choices::default() }.resolve();
        let load = LoadOptions { training: Some(300), ..LoadOptions::default() };
        let run = Run { settings, source: "mnist:a b".parse().unwrap(), load, examples: [300, 4] };
        let outcome = Outcome { epoch: 1, ..serde_json::from_str(OUTCOME).unwrap() };
        let state = State {
            parameters: vec![0.1, f32::MIN_POSITIVE, -3e38],
            average: vec![0.2, 0.0, -1e38],
            memory: Memory { steps: 7, moments: vec![vec![1.0, 2.0, 3.0], vec![4.0, 5.0, 6.0]] },
            position: Position { epoch: 1, step: 3, loss: 0.1 + 0.2, errors: 2, seconds: 0.5 },
            best: Some(Best { parameters: vec![7.0, 8.0, 9.0], outcome }),
            epochs: vec![Epoch { number: 1, learning_rate: 0.1 + 0.2, ..Epoch::default() }],
            layers: vec![],
            dreams: vec![ClassDreams {
                epoch: 1,
                labels: vec![3],
                tiles: vec![Tile { width: 1, height: 1, channels: 3, pixels: vec![1, 255, 0] }],
            }],
        };
        (run, state)
    }

    const OUTCOME: &str =
        r#"{"epoch": 1, "training": {"loss": 1, "error": 1}, "test": {"loss": 1, "error": 0.1}}"#;

    #[test]
    fn a_run_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.checkpoint.safetensors");
        let (run, state) = run();
        run.write(&state, &path).unwrap();
        let read = Checkpoint::read(&path).unwrap();
        let Run { settings, source, load, examples } = run;
        assert_eq!(read, Checkpoint { settings, source, load, examples, state });
    }

    #[test]
    fn a_file_that_is_no_checkpoint_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.safetensors");
        std::fs::write(&path, weights::encode(&Weights::default(), "format", "pt".into())).unwrap();
        let error = Checkpoint::read(&path).unwrap_err().to_string();
        assert!(error.contains("a.safetensors is not a checkpoint"), "{error}");
    }

    #[test]
    fn a_checkpoint_without_its_tensors_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.safetensors");
        let (run, state) = run();
        run.write(&state, &path).unwrap();
        let json = weights::read_metadata(&path, KEY).unwrap().unwrap();
        std::fs::write(&path, weights::encode(&Weights::default(), KEY, json)).unwrap();
        assert!(matches!(Checkpoint::read(&path), Err(CheckpointError::Incomplete { .. })));
    }

    #[test]
    fn the_two_files_of_a_run_lead_to_each_other() {
        let (weights, run) =
            (Path::new("x/a.safetensors"), Path::new("x/a.checkpoint.safetensors"));
        assert_eq!(beside(weights), run);
        assert_eq!(beside(run), run);
        assert_eq!(weights_beside(run), weights);
        assert_eq!(weights_beside(weights), weights);
    }
}
