//! The grammar of `dreamer train`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::super::arguments::up_to;
use super::super::named::{activation, initialisation, inputs, loss};
use dreamer::backend::core::Loss;
use dreamer::network::{Activation, Architecture, Output};
use dreamer::train::augment::Augmentation;
use dreamer::train::data::{DataSource, LoadOptions};
use dreamer::train::{Choices, Initialisation, Inputs, Rule, Schedule};

const EXAMPLES: &str = "\
Examples:
  dreamer train --data digits             LeNet on drawn digits, nothing to download
  dreamer train --network lenet5 --data mnist:FOLDER --report lenet5.html
  dreamer train -n mlp:784-30-10 -d mnist:FOLDER          as in Nielsen's book
  dreamer train -n lenet -d mnist:FOLDER --augment shift,rotate,scale,elastic
  dreamer train -n lenet:maps=16-32,hidden=64 -d folder:PHOTOS --size 48
  dreamer train --resume lenet-mnist.safetensors --epochs 20

The best network so far is always on the disk, in the file of --output. The file
NAME.checkpoint.safetensors beside it is what --resume goes on from, after
Ctrl-C or to add epochs.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct TrainArguments {
    /// Network: lenet5, lenet, lenet:maps=8-32,kernel=3,hidden=200 or mlp:784-30-10 [default: lenet]
    #[arg(short, long, value_name = "NETWORK", help_heading = "Network")]
    pub network: Option<Architecture>,

    /// Data to learn: mnist:FOLDER, cifar10:FOLDER, folder:FOLDER (a folder of pictures for each
    /// class), digits or motifs (drawn)
    #[arg(
        short,
        long,
        value_name = "DATA",
        required_unless_present = "resume",
        help_heading = "Data"
    )]
    pub data: Option<DataSource>,

    /// Side of the pictures [default: 28 for digits, 32 for motifs and folders, else the
    /// data's own]
    #[arg(long, value_name = "PIXELS", value_parser = up_to::<4096>, help_heading = "Data")]
    pub size: Option<usize>,

    /// Number of training pictures [default: all; 20000 digits, 26000 motifs]
    #[arg(long, value_name = "N", value_parser = up_to::<100_000_000>, help_heading = "Data")]
    pub training: Option<usize>,

    /// Number of test pictures [default: all; 4000 digits, 2600 motifs]
    #[arg(long, value_name = "N", value_parser = up_to::<100_000_000>, help_heading = "Data")]
    pub test: Option<usize>,

    /// Number of training pictures, chosen at random, that are kept for choosing the best epoch by
    /// [default: none; the test error chooses it]
    #[arg(long, value_name = "N", value_parser = up_to::<100_000_000>, help_heading = "Data")]
    pub validation: Option<usize>,

    /// Distort the training pictures anew in each epoch: some of shift, rotate, scale, elastic,
    /// flip, as in shift=1,rotate=10,scale=0.1,elastic=6:20
    #[arg(long, value_name = "LIST", help_heading = "Data")]
    pub augment: Option<Augmentation>,

    /// What is done to the pixels before the first layer
    #[arg(long, value_parser = inputs(), help_heading = "Data")]
    pub inputs: Option<Inputs>,

    /// Make the trained network ready for dreaming: bring all maps to the same size, and bound them
    /// (its answers stay almost the same)
    #[arg(long, help_heading = "Network")]
    pub balance: bool,

    /// Activation function of the hidden layers
    #[arg(short, long, value_parser = activation(), help_heading = "Network")]
    pub activation: Option<Activation>,

    /// Function behind the last layer: softmax or an activation function [default: what suits the
    /// loss]
    #[arg(long, value_name = "FUNCTION", help_heading = "Network")]
    pub output_activation: Option<Output>,

    /// Share of the hidden layers' values that is dropped in each step
    #[arg(long, value_name = "RATE", allow_negative_numbers = true, value_parser = rate,
          help_heading = "Network")]
    pub dropout: Option<f64>,

    /// How the weights are spread at first
    #[arg(long, value_parser = initialisation(), help_heading = "Network")]
    pub init: Option<Initialisation>,

    /// What is made small
    #[arg(short, long, value_parser = loss(), help_heading = "Learning")]
    pub loss: Option<Loss>,

    /// sgd, momentum:momentum=0.9, nesterov:momentum=0.9 or adam:beta1=0.9,beta2=0.999
    #[arg(long, value_name = "RULE", help_heading = "Learning")]
    pub optimizer: Option<Rule>,

    /// Learning rate at the start
    #[arg(short, long, value_name = "RATE", allow_negative_numbers = true, value_parser = above_zero,
          help_heading = "Learning")]
    pub learning_rate: Option<f64>,

    /// How the learning rate falls: constant, step:every=10,factor=0.1, exponential:factor=0.95 or
    /// cosine:least=0.01
    #[arg(long, value_name = "SCHEDULE", help_heading = "Learning")]
    pub schedule: Option<Schedule>,

    /// Times that all training pictures are gone through
    #[arg(short, long, value_name = "N", value_parser = up_to::<1_000_000>,
          help_heading = "Learning")]
    pub epochs: Option<usize>,

    /// Pictures in a mini-batch
    #[arg(short, long, value_name = "N", value_parser = up_to::<65_536>,
          help_heading = "Learning")]
    pub batch_size: Option<usize>,

    /// Factor of the weights' squares (L2 penalty; with adam decoupled from the gradient)
    #[arg(long, value_name = "FACTOR", allow_negative_numbers = true, value_parser = not_negative,
          help_heading = "Learning")]
    pub weight_decay: Option<f64>,

    /// End after so many epochs without a lower validation error (or test error, where nothing is
    /// kept for validation)
    #[arg(long, value_name = "N", value_parser = up_to::<1_000_000>, help_heading = "Learning")]
    pub early_stop: Option<usize>,

    /// Seed of the random numbers; the same seed gives the same network with as many threads
    #[arg(long)]
    pub seed: Option<u64>,

    /// Go on with the run whose weights are in FILE
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub resume: Option<PathBuf>,

    /// Weights to write, as safetensors [default: NETWORK-DATA.safetensors in the current folder]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,

    /// Overwrite the output if it exists
    #[arg(short, long)]
    pub force: bool,

    /// Write a page (HTML) that shows how the network learnt
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub report: Option<PathBuf>,

    /// Threads to compute with [default: one a core]
    #[arg(short, long, value_name = "N", value_parser = up_to::<1024>)]
    pub threads: Option<usize>,

    /// Print nothing but errors
    #[arg(short, long)]
    pub quiet: bool,

    /// Print a line of JSON for each epoch to standard output
    #[arg(long)]
    pub json: bool,
}

impl TrainArguments {
    /// What has been chosen of the settings.
    pub fn choices(&self) -> Choices {
        Choices {
            network: self.network.clone(),
            activation: self.activation,
            output_activation: self.output_activation,
            inputs: self.inputs,
            loss: self.loss,
            init: self.init,
            optimizer: self.optimizer,
            learning_rate: self.learning_rate,
            schedule: self.schedule,
            epochs: self.epochs,
            batch_size: self.batch_size,
            weight_decay: self.weight_decay,
            dropout: self.dropout,
            augment: self.augment,
            early_stop: self.early_stop,
            seed: self.seed,
        }
    }

    /// How the data are loaded.
    pub fn load(&self, seed: u64) -> LoadOptions {
        LoadOptions {
            seed,
            size: self.size,
            training: self.training,
            test: self.test,
            validation: self.validation.unwrap_or(0),
        }
    }
}

fn number(text: &str, holds: fn(f64) -> bool, wanted: &str) -> Result<f64, String> {
    let value = text.parse().ok().filter(|value| holds(*value));
    value.ok_or_else(|| format!("{text:?} is not a number {wanted}"))
}

fn rate(text: &str) -> Result<f64, String> {
    number(text, |value| (0.0..1.0).contains(&value), "from 0 to below 1")
}

fn above_zero(text: &str) -> Result<f64, String> {
    number(text, |value| value > 0.0 && value.is_finite(), "above 0")
}

fn not_negative(text: &str) -> Result<f64, String> {
    number(text, |value| value >= 0.0 && value.is_finite(), "that is 0 or more")
}
