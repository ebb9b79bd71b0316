//! What `dreamer PHOTO` takes, be it one photograph or several.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::shard::{Shard, ShardChoice};
use crate::cli::exit::Exit;
use crate::cli::options::DreamOptions;
use dreamer::picture::{Format, Input};

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

#[derive(Debug, Args)]
#[command(next_help_heading = "Several photographs (with a folder as --output)")]
pub struct BatchArguments {
    /// Take the photographs of the folders in folders too
    #[arg(short, long)]
    pub recursive: bool,

    /// Take photographs and folders from a file of names, each on a line of its own or, where there
    /// is a zero byte in the file, each ended by one (find -print0); `-` is standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub from_list: Option<PathBuf>,

    /// Keep the tree of folders below this one [default: the folder that all photographs share]
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub base: Option<PathBuf>,

    /// Write pictures of this format: png, jpg, webp, tif or bmp [default: each in that of its
    /// photograph's suffix, or png where that cannot be written]
    #[arg(long, value_name = "SUFFIX", value_parser = suffix)]
    pub format: Option<Suffix>,

    /// Dream the I-th of N parts of the photographs, chosen by their names; `auto` takes I and N
    /// from a Slurm job array or step, or from an indexed Kubernetes job (N in $JOB_COMPLETIONS)
    #[arg(long, value_name = "I/N|auto")]
    pub shard: Option<ShardChoice>,

    /// Say what would be dreamed and how long it would take, and write nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Stop at the first photograph that cannot be dreamed
    #[arg(long)]
    pub fail_fast: bool,
}

/// A file name's suffix, and the format that it names.
#[derive(Clone, Debug)]
pub struct Suffix {
    pub text: String,
    pub format: Format,
}

impl BatchArguments {
    /// The part of the photographs that is asked for.
    pub fn shard(&self) -> Result<Shard, Exit> {
        match &self.shard {
            None => Ok(Shard::WHOLE),
            Some(ShardChoice::Part(shard)) => Ok(*shard),
            Some(ShardChoice::Auto) => {
                Shard::from_environment(|name| std::env::var(name).ok()).map_err(Exit::usage)
            }
        }
    }

    /// An option that only several photographs have, if one is given.
    pub fn given(&self) -> Option<&'static str> {
        let options = [
            ("--recursive", self.recursive),
            ("--from-list", self.from_list.is_some()),
            ("--base", self.base.is_some()),
            ("--format", self.format.is_some()),
            ("--shard", self.shard.is_some()),
            ("--dry-run", self.dry_run),
            ("--fail-fast", self.fail_fast),
        ];
        options.into_iter().find(|(_, given)| *given).map(|(name, _)| name)
    }
}

fn suffix(text: &str) -> Result<Suffix, String> {
    match Format::from_suffix(text) {
        Some(format) => Ok(Suffix { text: text.to_owned(), format }),
        None => Err("it must be png, jpg, jpeg, webp, tif, tiff or bmp".into()),
    }
}
