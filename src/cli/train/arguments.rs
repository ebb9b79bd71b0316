//! The arguments of `dreamer train`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::super::named::one_of;
use dreamer::backend::core::Loss;
use dreamer::network::{Activation, Architecture, Output};
use dreamer::options::up_to;
use dreamer::train::augment::Augmentation;
use dreamer::train::data::{DataSource, LoadOptions};
use dreamer::train::{Adversary, Choices, Initialisation, Inputs, Rule, Schedule};

const EXAMPLES: &str = "\
Examples:
  dreamer train --data digits             LeNet on drawn digits, no download
  dreamer train --network lenet5 --data mnist:FOLDER --report lenet5.html
  dreamer train -n mlp:784-30-10 -d mnist:FOLDER          as in Nielsen's book
  dreamer train -n lenet -d mnist:FOLDER --augment shift,rotate,scale,elastic
  dreamer train -n lenet:maps=16-32,hidden=64 -d folder:PHOTOS --size 48
  dreamer train --resume lenet-mnist.safetensors --epochs 20

The best network so far is always on disk, in the file of --output. --resume
continues from NAME.checkpoint.safetensors beside it, after Ctrl-C or to add
epochs.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct TrainArguments {
    /// Network: lenet5, lenet, lenet:maps=8-32,kernel=3,hidden=200, vgg:16-16/32-32, vgg_bn:16-16/32-32 (with
    /// batch normalisation) or mlp:784-30-10 [default: lenet]
    #[arg(short, long, value_name = "NETWORK", help_heading = "Network")]
    pub network: Option<Architecture>,

    /// Data set: mnist:FOLDER, cifar10:FOLDER, folder:FOLDER (one subfolder of pictures per class),
    /// digits or motifs (drawn)
    #[arg(
        short,
        long,
        value_name = "DATA",
        required_unless_present = "resume",
        help_heading = "Data"
    )]
    pub data: Option<DataSource>,

    /// Side of the pictures [default: 28 for digits, 32 for motifs and folders, otherwise the data's
    /// own]
    #[arg(long, value_name = "PIXELS", value_parser = up_to::<4096>, help_heading = "Data")]
    pub size: Option<usize>,

    /// Number of training pictures [default: all; 20000 digits, 26000 motifs]
    #[arg(long, value_name = "N", value_parser = up_to::<100_000_000>, help_heading = "Data")]
    pub training: Option<usize>,

    /// Number of test pictures [default: all; 4000 digits, 2600 motifs]
    #[arg(long, value_name = "N", value_parser = up_to::<100_000_000>, help_heading = "Data")]
    pub test: Option<usize>,

    /// Number of training pictures held out at random to select the best epoch [default: none; the
    /// test error selects it]
    #[arg(long, value_name = "N", value_parser = up_to::<100_000_000>, help_heading = "Data")]
    pub validation: Option<usize>,

    /// Augmentation of the training pictures: some of shift, rotate, scale, elastic, flip, as in
    /// shift=1,rotate=10,scale=0.1,elastic=6:20
    #[arg(long, value_name = "LIST", help_heading = "Data")]
    pub augment: Option<Augmentation>,

    /// Preprocessing of the pixels
    #[arg(long, value_parser = one_of::<Inputs>(), help_heading = "Data")]
    pub inputs: Option<Inputs>,

    /// Prepare the trained network for dreaming: equalise the scale of all feature maps, and bound
    /// them (predictions hardly change)
    #[arg(long, alias = "balance", help_heading = "Network")]
    pub equalize: bool,

    /// Activation function of the hidden layers
    #[arg(short, long, value_parser = one_of::<Activation>(), help_heading = "Network")]
    pub activation: Option<Activation>,

    /// Output function: softmax or an activation function [default: the one that suits the loss]
    #[arg(long, value_name = "FUNCTION", help_heading = "Network")]
    pub output_activation: Option<Output>,

    /// Dropout rate of the hidden layers
    #[arg(long, value_name = "RATE", allow_negative_numbers = true, value_parser = rate,
          help_heading = "Network")]
    pub dropout: Option<f64>,

    /// Weight initialisation
    #[arg(long, value_parser = one_of::<Initialisation>(), help_heading = "Network")]
    pub init: Option<Initialisation>,

    /// Loss function
    #[arg(short = 'c', long, alias = "cost", value_parser = one_of::<Loss>(), help_heading = "Learning")]
    pub loss: Option<Loss>,

    /// Optimiser: sgd, momentum:momentum=0.9, nesterov:momentum=0.9 or adam:beta1=0.9,beta2=0.999
    #[arg(long, value_name = "RULE", help_heading = "Learning")]
    pub optimizer: Option<Rule>,

    /// Initial learning rate
    #[arg(short, long, value_name = "RATE", allow_negative_numbers = true, value_parser = above_zero,
          help_heading = "Learning")]
    pub learning_rate: Option<f64>,

    /// Learning rate schedule: constant, step:every=10,factor=0.1, exponential:factor=0.95,
    /// cosine:least=0.01 or onecycle:warmup=0.3
    #[arg(long, value_name = "SCHEDULE", help_heading = "Learning")]
    pub schedule: Option<Schedule>,

    /// Number of epochs
    #[arg(short, long, value_name = "N", value_parser = up_to::<1_000_000>,
          help_heading = "Learning")]
    pub epochs: Option<usize>,

    /// Mini-batch size
    #[arg(short, long, value_name = "N", value_parser = up_to::<65_536>,
          help_heading = "Learning")]
    pub batch_size: Option<usize>,

    /// Weight decay (L2 penalty; with adam decoupled from the gradient)
    #[arg(long, value_name = "FACTOR", allow_negative_numbers = true, value_parser = not_negative,
          help_heading = "Learning")]
    pub weight_decay: Option<f64>,

    /// Test and keep a running average of the weights, of which each step keeps the share DECAY (0.999, say)
    /// (B. Polyak and A. Juditsky 1992)
    #[arg(long, value_name = "DECAY", allow_negative_numbers = true, value_parser = rate,
          help_heading = "Learning")]
    pub average: Option<f64>,

    /// Train on adversarial examples, pictures changed against the network by up to RADIUS in L2 (of values
    /// in 0..1): 0.5, l2:radius=2,steps=3,step=0.8,ramp=4 or linf:radius=0.03,steps=1; step is the length of
    /// a step in radii, ramp the number of epochs over which the radius grows
    #[arg(long, value_name = "RADIUS", help_heading = "Learning")]
    pub adversarial: Option<Adversary>,

    /// Stop after N epochs without a lower validation error (or test error, if nothing is held out for
    /// validation)
    #[arg(long, value_name = "N", value_parser = up_to::<1_000_000>, help_heading = "Learning")]
    pub early_stop: Option<usize>,

    /// Random seed; the same seed and number of threads give the same network
    #[arg(long)]
    pub seed: Option<u64>,

    /// Resume the run whose weights are in FILE
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub resume: Option<PathBuf>,

    /// Weights to write (safetensors) [default: NETWORK-DATA.safetensors in the current folder]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,

    /// Overwrite existing output
    #[arg(short, long)]
    pub force: bool,

    /// Write an HTML report of the training
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub report: Option<PathBuf>,

    /// Number of threads [default: one per core]
    #[arg(short, long, value_name = "N", value_parser = up_to::<1024>)]
    pub threads: Option<usize>,

    /// Print nothing but errors
    #[arg(short, long)]
    pub quiet: bool,

    /// Print one line of JSON per epoch to standard output
    #[arg(long)]
    pub json: bool,
}

impl TrainArguments {
    /// The settings chosen on the command line.
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
            average: self.average,
            dropout: self.dropout,
            augment: self.augment,
            adversarial: self.adversarial,
            early_stop: self.early_stop,
            seed: self.seed,
        }
    }

    /// How to load the data.
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
    number(text, |value| value >= 0.0 && value.is_finite(), "of 0 or more")
}
