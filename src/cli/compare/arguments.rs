//! The grammar of `dreamer compare` and `dreamer atlas`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::super::options::DreamOptions;
use super::sweep::{Sweep, WITHOUT_TARGETS};
use super::targets::{self, Target};
use crate::cli::exit::Exit;
use dreamer::network::Graph;
use dreamer::options::up_to;
use dreamer::picture::Input;

const COMPARE_EXAMPLES: &str = "\
Examples:
  dreamer compare photo.jpg --layers inception3b,inception4c,inception4e
  dreamer compare photo.jpg --layers 'inception4*' -o layers.html
  dreamer compare photo.jpg --layers all -o sheet.jpg -o page.html --max-size 800
  dreamer compare photo.jpg --channels inception4c:0-63 --columns 8
  dreamer compare photo.jpg --classes flamingo,zebra,daisy
  dreamer compare photo.jpg --sweep octaves=2,4,6
  dreamer compare photo.jpg --layers features.7,features.12 --sweep step=1,2,4

A contact sheet has the original first and is as large as --cell and --columns make it. A page (.html)
needs nothing beside it: wipe between original and dream, zoom all pictures at once, pin two side by
side, and copy the command of each.";

const ATLAS_EXAMPLES: &str = "\
Examples:
  dreamer atlas --model squeezenet1_0
  dreamer atlas photo.jpg --model googlenet --layers 'inception*' -o googlenet.html
  dreamer atlas --model vgg16 --channels features.22:0-31

What is dreamed is kept in a folder beside the page. After Ctrl-C, or a power cut, the same command
goes on where it was.";

#[derive(Debug, Args)]
#[command(after_help = COMPARE_EXAMPLES)]
pub struct CompareArguments {
    /// Photograph to dream on (JPEG, PNG, WebP, TIFF, BMP or GIF); `-` is standard input
    #[arg(value_hint = ValueHint::FilePath)]
    pub input: Input,

    /// Contact sheet (.png .jpg .webp .tif .bmp) or page (.html) to write; repeat it to write both
    /// [default: INPUT.compare.png in the current folder]
    #[arg(short, long = "output", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub outputs: Vec<PathBuf>,

    /// Values of an option of a dream, a picture for each (`step=1,2,4`); with a second one, or with
    /// several layers or channels, a grid of two axes
    #[arg(long = "sweep", value_name = "OPTION=VALUE,…")]
    pub sweeps: Vec<Sweep>,

    /// Keep each picture in this folder too, and take from it what an earlier run has left there
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub keep: Option<PathBuf>,

    #[command(flatten)]
    pub common: Common,
}

#[derive(Debug, Args)]
#[command(after_help = ATLAS_EXAMPLES)]
pub struct AtlasArguments {
    /// Photograph to dream on beside noise [default: mountains that are built in]
    #[arg(value_hint = ValueHint::FilePath)]
    pub input: Option<Input>,

    /// Page (.html) or contact sheet (.png .jpg .webp .tif .bmp) to write; repeat it to write both
    /// [default: MODEL.atlas.html in the current folder]
    #[arg(short, long = "output", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub outputs: Vec<PathBuf>,

    /// Keep each picture in this folder, and take from it what an earlier run has left there [default:
    /// MODEL.atlas in the current folder]
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub keep: Option<PathBuf>,

    #[command(flatten)]
    pub common: Common,
}

/// What both commands take.
#[derive(Debug, Args)]
pub struct Common {
    #[command(flatten)]
    pub targets: Targets,

    #[command(flatten)]
    pub sheet: SheetOptions,

    /// Overwrite the outputs if they exist
    #[arg(short, long)]
    pub force: bool,

    #[command(flatten)]
    pub dream: DreamOptions<WITHOUT_TARGETS>,

    /// Print nothing but errors
    #[arg(short, long)]
    pub quiet: bool,

    /// Print what was done as JSON to standard output
    #[arg(long)]
    pub json: bool,
}

/// What is dreamed, a picture for each.
#[derive(Debug, Args)]
pub struct Targets {
    /// Layers, a picture for each: names, patterns in which `*` is anything without a dot
    /// (`inception4*`), or `all`; `dreamer layers` lists them
    #[arg(short, long, value_name = "NAME,…", value_delimiter = ',')]
    pub layers: Vec<String>,

    /// Channels of layers, a picture for each: LAYER:0-63, LAYER:0-3,8 or LAYER for all of them
    #[arg(long, value_name = "LAYER:FROM-TO", value_delimiter = ',')]
    pub channels: Vec<String>,

    /// Classes, a picture for each (flamingo,zebra); `dreamer classes` lists them
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub classes: Vec<String>,
}

impl Targets {
    /// Whether nothing is named.
    pub fn is_empty(&self) -> bool {
        self.layers.is_empty() && self.channels.is_empty() && self.classes.is_empty()
    }

    /// All that is named, or else the layers of other patterns.
    ///
    /// # Errors
    /// [`Exit`] names what there is none of.
    pub fn find(&self, graph: &Graph, otherwise: &[String]) -> Result<Vec<Target>, Exit> {
        let layers = if self.is_empty() { otherwise } else { &self.layers };
        let mut found = targets::find(graph, layers, &self.channels)?;
        found.extend(self.classes.iter().map(|name| Target::class(name)));
        Ok(found)
    }
}

/// How large a contact sheet is.
#[derive(Debug, Args)]
pub struct SheetOptions {
    /// Longest side of a picture on a contact sheet
    #[arg(long, value_name = "PIXELS", default_value_t = 320, value_parser = up_to::<10_000>)]
    pub cell: usize,

    /// Columns of a contact sheet [default: as many as look well; those of a grid are the first
    /// axis's values]
    #[arg(long, value_name = "NUMBER", value_parser = up_to::<1000>)]
    pub columns: Option<usize>,
}
