//! `dreamer models`: the weights that are here, and those that can be.

mod import;
mod list;
mod path;
pub mod pull;
mod remove;
mod verify;

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand, ValueHint};

use super::exit::Exit;
use super::model::{Model, ModelParser};
use dreamer::network::zoo;

const EXAMPLES: &str = "\
Examples:
  dreamer models                               what there is, and what of it is here
  dreamer models pull googlenet                fetch published weights
  dreamer models import mine.pth --as vgg16    take them from a file of any format
  dreamer models verify                        hold all that is here against its checksum
  dreamer models path googlenet                the file that dreams of googlenet use

DREAMER_MODELS names the folder of weights, DREAMER_MIRROR a URL under which the
published files are, DREAMER_REGISTRY a file of other weights to fetch for these
networks (in the form of the project's models/registry.toml); with
DREAMER_OFFLINE=1 nothing is fetched. Proxies are those of https_proxy,
http_proxy, all_proxy and no_proxy.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub struct ModelsArguments {
    #[command(subcommand)]
    command: Option<ModelsCommand>,

    #[command(flatten)]
    list: ListArguments,
}

#[derive(Debug, Subcommand)]
enum ModelsCommand {
    /// List networks: what is here, what can be fetched, size, licence, what they dream
    List(ListArguments),
    /// Fetch published weights; a transfer that breaks goes on where it stopped
    Pull(PullArguments),
    /// Take a network's weights from a file of any format
    Import(ImportArguments),
    /// Hold weights against their checksum and their network
    Verify(VerifyArguments),
    /// Print where a network's weights are, or the folder into which weights are put
    Path(PathArguments),
    /// Delete a network's weights from the folder into which they are put
    Remove(RemoveArguments),
}

#[derive(Debug, Args)]
pub struct ListArguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct PullArguments {
    /// Network whose weights to fetch
    #[arg(required = true, value_name = "NAME", value_parser = PossibleValuesParser::new(zoo::names()))]
    models: Vec<String>,

    /// Print nothing but errors
    #[arg(short, long)]
    quiet: bool,

    /// Print what was fetched as JSON, a line for each network
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct ImportArguments {
    /// File of safetensors, PyTorch, NumPy, Caffe or TensorFlow
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,

    /// Network that the weights are for [default: the one that the file says, or is named after]
    #[arg(long = "as", value_name = "NAME", value_parser = ModelParser)]
    model: Option<Model>,

    /// Overwrite imported weights that are there
    #[arg(short, long)]
    force: bool,

    /// Print nothing but errors
    #[arg(short, long)]
    quiet: bool,
}

#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// Network whose weights to verify [default: all that are here]
    #[arg(value_name = "NAME", value_parser = ModelParser)]
    models: Vec<Model>,

    /// Print nothing but errors
    #[arg(short, long)]
    quiet: bool,

    /// Print JSON, a line for each network
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct PathArguments {
    /// Network whose weights to look for
    #[arg(value_name = "NAME", value_parser = ModelParser)]
    model: Option<Model>,
}

#[derive(Debug, Args)]
pub struct RemoveArguments {
    /// Network whose weights to delete
    #[arg(required = true, value_name = "NAME", value_parser = ModelParser)]
    models: Vec<Model>,

    /// Delete them where dreamer has not put them, too
    #[arg(short, long)]
    force: bool,

    /// Print nothing but errors
    #[arg(short, long)]
    quiet: bool,
}

pub fn run(arguments: &ModelsArguments) -> Result<(), Exit> {
    match &arguments.command {
        None => list::run(&arguments.list),
        Some(ModelsCommand::List(options)) => list::run(options),
        Some(ModelsCommand::Pull(options)) => pull::run(options),
        Some(ModelsCommand::Import(options)) => import::run(options),
        Some(ModelsCommand::Verify(options)) => verify::run(options),
        Some(ModelsCommand::Path(options)) => path::run(options),
        Some(ModelsCommand::Remove(options)) => remove::run(options),
    }
}
