//! The files that a training run writes.

use std::path::{Path, PathBuf};

use super::super::interrupt;
use dreamer::atomic_file::{self, WriteError};
use dreamer::train::checkpoint::{self, Run};
use dreamer::train::data::DataSource;
use dreamer::train::{Settings, Training};

/// The paths of the weights and the checkpoint.
pub struct Files {
    weights: PathBuf,
    checkpoint: PathBuf,
    /// Whether this run has written weights.
    written: bool,
}

/// The default name of the weights: `lenet-mnist.safetensors`.
pub fn default_name(settings: &Settings, source: &DataSource) -> PathBuf {
    let source = source.to_string();
    let kind = source.split(':').next().unwrap_or_default();
    let network = settings.network.to_string().replace([':', ',', '='], "-");
    format!("{network}-{kind}.safetensors").into()
}

impl Files {
    /// Checks before any work that the files, and a report, can be written.
    pub fn new(
        weights: PathBuf,
        report: Option<PathBuf>,
        force: bool,
    ) -> Result<Files, WriteError> {
        let _hold = interrupt::hold();
        let checkpoint = checkpoint::beside(&weights);
        atomic_file::check(&weights, force)?;
        atomic_file::check(&checkpoint, force)?;
        if let Some(report) = report {
            atomic_file::check(&report, force)?;
        }
        Ok(Files { weights, checkpoint, written: false })
    }

    pub fn weights(&self) -> &Path {
        &self.weights
    }

    /// Writes the best network.
    pub fn write_weights(&mut self, training: &Training) -> Result<(), WriteError> {
        training.network().write(&self.weights)?;
        self.written = true;
        Ok(())
    }

    /// Writes the checkpoint for `--resume`.
    pub fn write_checkpoint(&self, training: &Training, run: &Run) -> Result<(), WriteError> {
        run.write(training.state(), &self.checkpoint)
    }

    /// Writes an interrupted run, with the current network if there is no better one yet.
    pub fn write_interrupted(&mut self, training: &Training, run: &Run) -> Result<(), WriteError> {
        if !self.written {
            self.write_weights(training)?;
        }
        self.write_checkpoint(training, run)
    }

    /// What an interrupted run leaves behind, in one line.
    pub fn what_is_kept(&self, training: &Training) -> String {
        let weights = self.weights.display();
        let kept = match &training.state().best {
            None => format!("{weights} holds the network of the unfinished first epoch"),
            Some(best) => format!(
                "{weights} holds the best network so far, with {:.2} % test error after epoch {}",
                100.0 * best.outcome.test.error,
                best.outcome.epoch
            ),
        };
        format!("{kept}; continue with --resume {weights}")
    }
}
