//! `dreamer models`: managing weights.

mod import;
mod list;
pub mod pull;
mod remove;
mod verify;

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand, ValueHint};

use super::exit::Exit;
use super::model::ModelParser;
use super::print::print;
use dreamer::dream::Model;
use dreamer::network::zoo;
use dreamer::weights::Search;

const EXAMPLES: &str = "\
Examples:
  dreamer models                               list networks, and which are installed
  dreamer models pull googlenet                download published weights
  dreamer models import mine.pth --as vgg16    import a file of any supported format
  dreamer models verify                        check installed weights
  dreamer models path googlenet                the weight file used for googlenet

DREAMER_MODELS names the folder of weights, DREAMER_MIRROR the base URL of a
mirror of the published files, and DREAMER_REGISTRY a file of other weights for
these networks (in the form of the project's models/registry.toml).
DREAMER_OFFLINE=1 forbids downloads. Proxies are taken from https_proxy,
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
    /// List networks: state, size, licence and what they dream
    List(ListArguments),
    /// Download published weights; an interrupted transfer resumes where it stopped
    Pull(PullArguments),
    /// Import a network's weights from a file of any supported format
    Import(ImportArguments),
    /// Check weights against their checksum and their network
    Verify(VerifyArguments),
    /// Print the path of a network's weights, or of the folder of installed weights
    Path(PathArguments),
    /// Delete a network's installed weights
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
    /// Network whose weights to download
    #[arg(required = true, value_name = "NAME", value_parser = PossibleValuesParser::new(zoo::names()))]
    models: Vec<String>,

    /// Print nothing but errors
    #[arg(short, long)]
    quiet: bool,

    /// Print JSON, one line per network
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct ImportArguments {
    /// safetensors, PyTorch, NumPy, Caffe or TensorFlow file
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,

    /// Network that the weights are for [default: from the file, or its name]
    #[arg(long = "as", value_name = "NAME", value_parser = ModelParser)]
    model: Option<Model>,

    /// Overwrite existing weights
    #[arg(short, long)]
    force: bool,

    /// Print nothing but errors
    #[arg(short, long)]
    quiet: bool,
}

#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// Network whose weights to check [default: all installed ones]
    #[arg(value_name = "NAME", value_parser = ModelParser)]
    models: Vec<Model>,

    /// Print nothing but errors
    #[arg(short, long)]
    quiet: bool,

    /// Print JSON, one line per network
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct PathArguments {
    /// Network whose weights to find
    #[arg(value_name = "NAME", value_parser = ModelParser)]
    model: Option<Model>,
}

#[derive(Debug, Args)]
pub struct RemoveArguments {
    /// Network whose weights to delete
    #[arg(required = true, value_name = "NAME", value_parser = ModelParser)]
    models: Vec<Model>,

    /// Delete them even outside the folder of installed weights
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
        Some(ModelsCommand::Path(options)) => path(options),
        Some(ModelsCommand::Remove(options)) => remove::run(options),
    }
}

/// Prints the weight file of a network, or the folder of installed weights.
fn path(arguments: &PathArguments) -> Result<(), Exit> {
    let search = Search::from_environment();
    let path = match &arguments.model {
        None => search.install_folder().to_owned(),
        Some(model) => search.find(&model.to_string())?,
    };
    Ok(print(&format!("{}\n", path.display()))?)
}
