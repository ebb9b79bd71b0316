//! `dreamer atlas`: what every layer of a network dreams, from noise and from a photograph.

use std::path::PathBuf;
use std::time::Instant;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};

use super::arguments::{AtlasArguments, Common};
use super::cache::DreamCache;
use super::grid::Grid;
use super::sweep::Swept;
use super::work::{Start, Work, original};
use super::{Written, outputs, subtitle, swept, write};
use crate::cli::exit::Exit;
use crate::cli::files::{read, read_pictures};
use crate::cli::interrupt;
use crate::cli::network;
use crate::cli::progress::Display;
use dreamer::compare::Comparison;
use dreamer::picture::{Depth, Format, Input, Picture, Planes, encode};

/// Longest side of the pictures, where nothing else is asked for.
const SIDE: usize = 320;

/// The photograph where none is given: the mountains of the project's samples, shrunk.
const SAMPLE: (&str, &[u8]) = ("mountains.jpg", include_bytes!("mountains.jpg"));

/// Mean and standard deviation of the noise's values.
const NOISE: (f32, f32) = (0.5, 0.03);

/// Dreams every layer from noise and from a photograph, and writes the page.
pub fn run(arguments: &AtlasArguments) -> Result<(), Exit> {
    let display = Display::new(arguments.common.quiet);
    interrupt::watch(&display);
    let result = atlas(arguments, &display);
    display.clear();
    result?.report(arguments.common.json, &display)
}

fn atlas(arguments: &AtlasArguments, display: &Display) -> Result<Written, Exit> {
    let started = Instant::now();
    let Common { targets, sheet, force, dream, .. } = &arguments.common;
    let mut options = swept(dream);
    options.settings.max_size.get_or_insert(SIDE);
    if !arguments.outputs.is_empty() {
        outputs::check(&arguments.outputs, *force)?;
    }
    read_pictures(&options.settings, &options.files)?;
    let dreamer = network::dreamer(&dream.network, &dream.device, display)?;
    let network = dreamer.network();
    let model = file_name(&network.model);
    let named = |ending: &str| PathBuf::from(format!("{model}.{ending}"));
    let outputs = match &arguments.outputs[..] {
        [] => vec![named("atlas.html")],
        outputs => outputs.to_vec(),
    };
    let targets = targets.find(&network.graph, &["all".into()])?;
    let outputs = outputs::check(&outputs, *force)?;
    let cache = DreamCache::open(&arguments.keep.clone().unwrap_or_else(|| named("atlas")))?;
    interrupt::postpone();

    let photograph = match &arguments.input {
        Some(input) => input.clone(),
        None => Input::Path(cache.start(SAMPLE.0, SAMPLE.1)?),
    };
    let photograph = start("photograph", photograph, &options, display)?;
    let noise = noise(&photograph.picture)?;
    let noise = start("noise", Input::Path(cache.start(&noise.0, &noise.1)?), &options, display)?;
    let starts = [noise, photograph];

    let labels: Vec<String> = starts.iter().map(|start| start.label.clone()).collect();
    let grid = Grid::from_each_start(&targets, &labels, &options);
    let common = subtitle(dreamer.network(), &targets, &grid, &options);
    let subtitle = format!("{common} · the pictures are in {}", cache.folder().display());
    let comparison = Comparison {
        title: format!("What {} dreams", dreamer.network().model),
        subtitle,
        originals: starts
            .iter()
            .map(|start| original(start, &options))
            .collect::<Result<_, _>>()?,
        cells: Vec::new(),
        arrangement: grid.arrangement,
    };
    let work = Work { dreamer, options: dream, starts: &starts, cache: Some(&cache), display };
    let dreamed = work.dream(&grid)?;
    write(comparison, dreamed, outputs, sheet, &options, started)
}

/// A model's name as part of a file's.
fn file_name(model: &str) -> String {
    model.replace(|letter: char| !(letter.is_alphanumeric() || "._-=,".contains(letter)), "-")
}

fn start(label: &str, input: Input, options: &Swept, display: &Display) -> Result<Start, Exit> {
    let picture = read(&options.files, &input, display)?;
    Ok(Start { label: label.into(), input, picture })
}

/// A PNG file of noise as large as another picture, and its name; always the same noise.
fn noise(like: &Picture) -> Result<(String, Vec<u8>), Exit> {
    let (width, height) = (like.planes.width(), like.planes.height());
    let mut random = ChaCha8Rng::seed_from_u64(0);
    let bell = Normal::new(NOISE.0, NOISE.1).expect("the deviation is positive");
    let data = (0..3 * width * height).map(|_| bell.sample(&mut random).clamp(0.0, 1.0)).collect();
    let planes = Planes::new(width, height, data);
    let picture = Picture { planes, alpha: None, depth: Depth::Eight };
    let name = format!("noise-{width}x{height}.png");
    Ok((name, encode(&picture, None, Format::Png, 100)?))
}
