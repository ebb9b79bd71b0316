//! The command line's grammar, from which help, completions and man pages are made.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueHint};

use super::batch::BatchArguments;
use super::classify::ClassifyArguments;
use super::compare::{AtlasArguments, CompareArguments};
use super::evaluate::EvaluateArguments;
use super::experiment::ExperimentArguments;
use super::files::FileOptions;
use super::listed::Listed;
use super::model::ModelParser;
use super::models::ModelsArguments;
use super::named;
use super::train::TrainArguments;
use dreamer::backend::DeviceList;
use dreamer::dream::{BackendChoice, Model, Settings};
use dreamer::options::up_to;
use dreamer::picture::Input;

const EXAMPLES: &str = "\
Examples:
  dreamer photo.jpg                       with the first model that is installed
  dreamer photo.jpg --layer inception4c --octaves 4
  dreamer photo.jpg -m squeezenet1_0 -l features.7 -o eyes.jpg
  dreamer photo.jpg -l inception3b,inception4c=2 --seed 7
  dreamer photo.jpg --iterations 20 --step 2 --max-size 1600
  curl -s URL | dreamer - -o - > dream.png
  dreamer photos/ -r -o dreams/           a folder and the folders in it; again: what is missing
  dreamer layers --model googlenet        what there is to choose from
  dreamer compare photo.jpg --layers 'inception4*' -o layers.html
  dreamer models pull googlenet           fetch published weights
  dreamer train --data digits             a network of your own
  dreamer show photo.dream.png            the command that made a picture";

/// Paints into a photograph what a neural network sees in it (Deep Dream)
#[derive(Debug, Parser)]
#[command(
    name = "dreamer",
    version,
    after_help = EXAMPLES,
    args_override_self = true,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true
)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Option<Command>,

    #[command(flatten)]
    pub dream: DreamArguments,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Dream several layers, channels or settings side by side: a contact sheet, or a page
    Compare(Box<CompareArguments>),
    /// Dream every layer of a network from noise and from a photograph: a page to choose from
    Atlas(Box<AtlasArguments>),
    /// List a model's layers with channels, stride, receptive field and cost
    Layers(LayersArguments),
    /// List, fetch, import and verify weights
    Models(ModelsArguments),
    /// Train a network on pictures: handwritten digits, CIFAR-10 or your own
    Train(Box<TrainArguments>),
    /// Test a trained network: error rate and confusion matrix
    Evaluate(EvaluateArguments),
    /// Tell what a trained network takes pictures for
    Classify(ClassifyArguments),
    /// Repeat an experiment of the literature on neural networks
    Experiment(Box<ExperimentArguments>),
    /// Print the command line that made a picture, from its metadata
    Show(ShowArguments),
    /// Print a completion script for a shell
    Completions(CompletionsArguments),
    /// Print the man page
    Man(ManArguments),
}

#[derive(Debug, Args)]
pub struct DreamArguments {
    /// Photograph to dream on (JPEG, PNG, WebP, TIFF, BMP or GIF); `-` is standard input. With a
    /// folder as --output: photographs, folders and patterns ('2024*/*.jpg')
    #[arg(value_name = "PHOTO", required_unless_present = "from_list",
          value_hint = ValueHint::AnyPath)]
    pub inputs: Vec<Input>,

    /// Picture to write, in the format of its suffix (.png .jpg .webp .tif .bmp); `-` is standard
    /// output, as PNG [default: INPUT.dream.png in the current folder]. For several photographs the
    /// folder to write to
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,

    /// Overwrite the output if it exists
    #[arg(short, long)]
    pub force: bool,

    #[command(flatten)]
    pub dream: DreamOptions,

    /// Write the picture so far after each octave, to the output's own name
    #[arg(long)]
    pub preview: bool,

    /// Print nothing but errors
    #[arg(short, long)]
    pub quiet: bool,

    /// Print what was done as JSON to standard output, a line for each photograph
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub batch: BatchArguments,
}

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

#[derive(Debug, Args)]
pub struct LayersArguments {
    /// Network: a pretrained one, or the plan of one to train on pictures of 28×28 grey pixels
    /// (lenet5, lenet, lenet:maps=8-32,kernel=3,hidden=200, mlp:784-30-10) [default: googlenet]
    #[arg(short, long, value_parser = ModelParser)]
    pub model: Option<Model>,

    /// List the layers of the network in this file of weights
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub weights: Option<PathBuf>,

    /// Print JSON
    #[arg(long)]
    pub json: bool,

    /// Add the number of parameters of each layer
    #[arg(long)]
    pub parameters: bool,
}

#[derive(Debug, Args)]
pub struct ShowArguments {
    /// Picture that dreamer wrote (PNG or JPEG); `-` is standard input
    #[arg(value_hint = ValueHint::FilePath)]
    pub picture: Input,

    /// Print the settings as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct CompletionsArguments {
    /// Shell to complete for
    pub shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub struct ManArguments {
    /// Write a page for each command into this folder instead
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub folder: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_grammar_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn layers_are_separated_by_commas_and_repeatable() {
        let arguments =
            Arguments::parse_from(["dreamer", "a.jpg", "-l", "one,two=0.5", "--layer", "three=-2"]);
        let layers: Vec<String> =
            arguments.dream.dream.settings.0.layers.iter().map(ToString::to_string).collect();
        assert_eq!(layers, ["one", "two=0.5", "three=-2"]);
    }

    #[test]
    fn the_last_of_an_options_values_counts() {
        let arguments =
            Arguments::parse_from(["dreamer", "a.jpg", "--seed=1", "-q", "--seed=2", "-q"]);
        assert_eq!(arguments.dream.dream.settings.0.seed, 2);
    }

    #[test]
    fn spaces_around_layers_and_weights_do_not_count() {
        let arguments = Arguments::parse_from(["dreamer", "a.jpg", "-l", " one, two = 0.5"]);
        let layers: Vec<String> =
            arguments.dream.dream.settings.0.layers.iter().map(ToString::to_string).collect();
        assert_eq!(layers, ["one", "two=0.5"]);
    }

    #[test]
    fn a_command_needs_no_photograph() {
        assert!(Arguments::try_parse_from(["dreamer", "layers"]).is_ok());
        assert!(Arguments::try_parse_from(["dreamer"]).is_err());
    }

    #[test]
    fn numbers_that_make_no_sense_are_refused() {
        for bad in [
            ["--octaves", "0"],
            ["--step", "nan"],
            ["--step", "0"],
            ["--octave-scale", "1"],
            ["--octave-scale", "inf"],
            ["--octaves", "1001"],
            ["--iterations", "-1"],
            ["--iterations", "18446744073709551615"],
            ["--threads", "100000"],
            ["--device", "gpu"],
            ["--layer", "a=nan"],
            ["--layer", "=1"],
            ["--quality", "0"],
            ["--tile=0", "-q"],
        ] {
            let arguments = ["dreamer", "a.jpg"].into_iter().chain(bad);
            let error = Arguments::try_parse_from(arguments).expect_err("it is refused");
            assert_eq!(error.exit_code(), 2, "{bad:?}");
        }
    }
}
