//! `dreamer PHOTO`: one photograph.

use std::path::{MAIN_SEPARATOR, Path, PathBuf};
use std::time::Instant;

use anyhow::anyhow;

use super::batch::{self, DreamArguments};
use super::exit::Exit;
use super::files::{self, Destination, file_name, is_pattern, named, read, read_pictures, shrink};
use super::interrupt;
use super::network;
use super::print::print;
use super::progress::{Display, Watch};
use super::recipe;
use dreamer::dream::{Octaves, Recipe, Scheduler, Settings, WeightSource};
use dreamer::options::{OptionList, Setting};
use dreamer::picture::{Format, Input, Output, Picture, WriteOptions};

/// Reads a photograph, dreams on it and writes the picture; likewise several into a folder.
pub fn run(arguments: &DreamArguments) -> Result<(), Exit> {
    check_values(arguments)?;
    if let Some(folder) = folder(arguments) {
        return batch::run(arguments, folder);
    }
    let started = Instant::now();
    let display = Display::new(arguments.quiet);
    interrupt::watch(&display);
    let dreamed = dream(arguments, &display);
    display.clear();
    report(arguments, &display, &dreamed?, started.elapsed().as_secs_f64())
}

/// The folder to write to, where the command line means one rather than one picture.
fn folder(arguments: &DreamArguments) -> Option<PathBuf> {
    let output = arguments.output.as_deref().filter(|output| *output != Path::new("-"))?;
    let is_folder = |input: &Input| match input {
        Input::Stdin => false,
        Input::Path(path) => path.is_dir() || is_pattern(path),
    };
    let several = arguments.inputs.len() > 1 || arguments.batch.from_list.is_some();
    let ends_as_folder =
        output.as_os_str().as_encoded_bytes().last() == Some(&(MAIN_SEPARATOR as u8));
    let is_there = || output.is_dir() && Format::from_path(output).is_err();
    (several || ends_as_folder || arguments.inputs.iter().any(is_folder) || is_there())
        .then(|| output.to_owned())
}

/// What came out, beside the picture itself, which is written.
struct Dreamed {
    output: Output,
    octaves: Octaves,
    score: f64,
    recipe: Recipe,
    weights: WeightSource,
}

fn dream(arguments: &DreamArguments, display: &Display) -> Result<Dreamed, Exit> {
    let options = &arguments.dream;
    let input = single(arguments)?;
    let is_free = !arguments.json && !arguments.preview;
    let output = files::output(arguments.output.as_deref(), input, is_free)?;
    files::check(&output, arguments.force)?;
    read_pictures(&options.settings.0, &options.files.0)?;
    let picture = shrink(read(&options.files.0, input, display)?, &options.settings.0);

    let dreamer = network::dreamer(&options.network, &options.device, display)?;
    let scheduler = Scheduler::new(&[dreamer], 1)?;
    let dreamer = scheduler.dreamer();
    let plan = scheduler
        .plan(picture.planes.size(), &options.settings.0)
        .map_err(|error| named(error, input))?;
    note_left_out(&plan.octaves, &plan.settings.target_names(), display);
    let recipe = recipe::new(dreamer, &plan.settings, options, file_name(input));
    let write = WriteOptions { force: arguments.force, jpeg_quality: options.files.0.quality };
    let mut destination = Destination::new(output, write, &recipe, &picture)?;
    destination.warn(display);

    display.busy(&format!("loading {}", recipe.model));
    let lease = scheduler.lease(&plan, 0);
    let mut preview_error = None;
    let mut watch = Watch::of_one(display, &plan);
    if arguments.preview {
        watch = watch.with_preview(|planes| {
            if preview_error.is_none() {
                preview_error = destination.preview(planes).err();
            }
        });
    }
    let planes = lease.run(&plan, &picture.planes, &mut watch)?;
    let score = watch.score.unwrap_or_default();
    let note = watch.note(&plan.settings.target_names(), &picture.planes, &planes);
    drop(watch);
    if let Some(note) = note {
        display.note(&format!("note: {note}"));
    }
    if let Some(error) = preview_error {
        display.note(&format!("warning: no preview: {error}"));
    }
    let output = destination.finish(&Picture { planes, ..picture })?;
    let weights = dreamer.network().weights.clone();
    Ok(Dreamed { output, octaves: plan.octaves, score, recipe, weights })
}

/// Says which octaves the network cannot see.
fn note_left_out(octaves: &Octaves, layers: &str, display: &Display) {
    if let Some(largest) = octaves.left_out.last() {
        let (left_out, all) =
            (octaves.left_out.len(), octaves.left_out.len() + octaves.sizes.len());
        display.note(&format!(
            "note: {left_out} of {all} octaves are left out: {largest} pixels are too few for {layers}"
        ));
    }
}

/// A value that stands apart from its option, and so was taken for a photograph: `--tile 512`.
fn check_values(arguments: &DreamArguments) -> Result<(), Exit> {
    let settings = &arguments.dream.settings.0;
    let is_bare = |option: &Setting<Settings>| {
        option.bare.is_some_and(|bare| (option.get)(settings).as_deref() == Some(bare))
    };
    for option in Settings::OPTIONS.iter().filter(|option| is_bare(option)) {
        let takes = |text: &&str| (option.set)(&mut Settings::default(), text).is_ok();
        let mut missing = arguments.inputs.iter().filter_map(|input| match input {
            Input::Path(path) if !path.exists() => path.to_str(),
            _ => None,
        });
        if let Some(text) = missing.find(takes) {
            let name = option.name;
            return Err(Exit::usage(anyhow!(
                "there is no photograph {text}; if it is the value of --{name}, write --{name}={text}"
            )));
        }
    }
    Ok(())
}

/// The one photograph.
fn single(arguments: &DreamArguments) -> Result<&Input, Exit> {
    match &arguments.inputs[..] {
        [input] => match arguments.batch.given() {
            None => Ok(input),
            Some(option) => Err(Exit::usage(anyhow!(
                "{option} is for several photographs; name a folder for their dreams with --output \
                 FOLDER/"
            ))),
        },
        _ => Err(Exit::usage(anyhow!(
            "several photographs need a folder for their dreams; name one with --output FOLDER/"
        ))),
    }
}

/// Reports what was done, to people or to a script.
fn report(
    arguments: &DreamArguments,
    display: &Display,
    dreamed: &Dreamed,
    seconds: f64,
) -> Result<(), Exit> {
    let Dreamed { output, octaves, score, recipe, weights } = dreamed;
    let sizes = &octaves.sizes;
    let size = sizes.last().expect("there is at least the picture's own size");
    if arguments.json {
        let report = serde_json::json!({
            "output": output.to_string(),
            "width": size.width,
            "height": size.height,
            "octaves": sizes.iter().map(|size| [size.width, size.height]).collect::<Vec<_>>(),
            "score": score,
            "seconds": seconds,
            "weights": weights.to_string(),
            "settings": recipe,
        });
        print(&format!("{report}\n"))?;
    }
    display.note(&format!(
        "{output}: {size}, {} {}, {} octaves × {} steps in {seconds:.1} s on {}",
        recipe.model,
        recipe.settings.target_names(),
        sizes.len(),
        recipe.settings.iterations,
        recipe.device
    ));
    Ok(())
}
