//! The options that every command that dreams has.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::files::FileOptions;
use super::listed::Listed;
use super::model::ModelParser;
use super::named;
use dreamer::backend::DeviceList;
use dreamer::dream::{BackendChoice, Model, Settings};
use dreamer::options::up_to;

/// How a photograph is dreamed: the options of [`Settings`] from number `FROM` on, the network and what
/// computes, and the files.
#[derive(Clone, Debug, Args)]
pub struct DreamOptions<const FROM: usize = 0> {
    #[command(flatten)]
    pub network: NetworkOptions,

    #[command(flatten)]
    pub settings: Listed<Settings, FROM>,

    #[command(flatten)]
    pub files: Listed<FileOptions>,

    #[command(flatten)]
    pub device: DeviceOptions,
}

/// Which network.
#[derive(Clone, Debug, Args)]
pub struct NetworkOptions {
    /// Network: a pretrained one, or the plan of one of your own (lenet5, lenet,
    /// lenet:maps=8-32,kernel=3,hidden=200, mlp:784-30-10) [default: the first whose weights are
    /// found]
    #[arg(short, long, value_parser = ModelParser)]
    pub model: Option<Model>,

    /// Weights of the network: a file of safetensors, PyTorch (.pth, .pt), NumPy (.npz), Caffe
    /// (.caffemodel) or TensorFlow (.pb) [default: MODEL.safetensors, .pth, … in $DREAMER_MODELS,
    /// else in models/ and in the user's data folder]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub weights: Option<PathBuf>,

    /// Fetch the weights of --model without asking if they are not here
    #[arg(short, long)]
    pub yes: bool,
}

/// Whose layers or classes are listed, for which no weights need to be there.
#[derive(Debug, Args)]
pub struct ListOptions {
    /// Network: a pretrained one, or the plan of one to train on pictures of 28×28 grey pixels
    /// (lenet5, lenet, lenet:maps=8-32,kernel=3,hidden=200, mlp:784-30-10) [default: googlenet]
    #[arg(short, long, value_parser = ModelParser)]
    pub model: Option<Model>,

    /// List those of the network in this file of weights
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub weights: Option<PathBuf>,

    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// What computes.
#[derive(Clone, Debug, Args)]
pub struct DeviceOptions {
    /// Backend to compute with
    #[arg(long, value_parser = named::backend(), default_value_t = BackendChoice::Auto)]
    pub backend: BackendChoice,

    /// Where to compute: auto, cpu, cuda, cuda:N or mps; several (cuda:0,cuda:1) share the
    /// photographs of a folder
    #[arg(short, long, default_value = "auto")]
    pub device: DeviceList,

    /// Threads to compute with [default: one a core]
    #[arg(short, long, value_parser = up_to::<1024>)]
    pub threads: Option<usize>,
}
