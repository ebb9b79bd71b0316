//! `dreamer PHOTO`: the main job.

mod choice;
mod core;
mod destination;
mod executor;
#[cfg(feature = "torch")]
mod torch;

use std::io::{IsTerminal, stdin};
use std::time::Instant;

use anyhow::anyhow;

use self::choice::Choice;
use self::destination::Destination;
use self::executor::{Executor, Job};
use super::arguments::DreamArguments;
use super::exit::Exit;
use super::interrupt;
use super::print::print;
use super::progress::{Display, Steps};
use super::recipe::{Recipe, Resolved};
use crate::dream::{Settings, Size};
use crate::picture::{self, Input, Limits, Output, Picture};

/// Reads a photograph, dreams on it and writes the picture.
pub fn run(arguments: &DreamArguments) -> Result<(), Exit> {
    let started = Instant::now();
    let display = Display::new(arguments.quiet);
    interrupt::watch(&display);
    let dreamed = dream(arguments, &display);
    display.clear();
    let dreamed = dreamed?;
    report(arguments, &display, &dreamed, started.elapsed().as_secs_f64())
}

/// What came out, beside the picture itself, which is written.
struct Dreamed {
    output: Output,
    choice: Choice,
    sizes: Vec<Size>,
    score: f64,
    recipe: Recipe,
}

fn dream(arguments: &DreamArguments, display: &Display) -> Result<Dreamed, Exit> {
    let executor = Executor::open(arguments)?;
    let input = arguments.input.as_ref().expect("the grammar requires it");
    let output = destination::output(arguments, input)?;
    let choice = Choice::new(arguments, display)?;
    destination::check(&output, arguments.force)?;

    let mut picture = read(arguments, input, display)?;
    let octaves = choice.octaves(arguments, input, size(&picture), display)?;
    let tile = choice.tile(arguments.tile, size(&picture), executor.bytes_per_pixel(&choice))?;
    let recipe = Recipe::new(
        arguments,
        Resolved {
            input: file_name(input),
            model: &choice.model,
            layers: &choice.layers,
            tile,
            backend: executor.name(),
            device: executor.device(),
            threads: executor.threads(),
        },
    );
    let mut destination = Destination::new(arguments, output, &recipe, &picture)?;
    destination.warn(display);

    let settings = Settings {
        iterations: arguments.iterations,
        step: arguments.step,
        jitter: arguments.jitter as usize,
        normalize: arguments.normalize,
        seed: arguments.seed,
        tile,
    };
    let mut preview_error = None;
    let mut preview = |planes: &_| {
        if arguments.preview && preview_error.is_none() {
            preview_error = destination.preview(planes).err();
        }
    };
    display.busy(&format!("loading {}", choice.model));
    let mut steps = Steps::new(display, octaves.sizes.len(), arguments.iterations, &mut preview);
    let planes = executor.dream(Job {
        choice: &choice,
        settings,
        original: &picture.planes,
        octaves: &octaves.sizes,
        observer: &mut steps,
    })?;
    let score = steps.score;
    if let Some(error) = preview_error {
        display.note(&format!("warning: no preview: {error}"));
    }

    picture.planes = planes;
    let output = destination.finish(&picture)?;
    Ok(Dreamed { output, choice, sizes: octaves.sizes, score, recipe })
}

fn read(arguments: &DreamArguments, input: &Input, display: &Display) -> Result<Picture, Exit> {
    if matches!(input, Input::Stdin) && stdin().is_terminal() {
        return Err(Exit::usage(anyhow!(
            "standard input is a terminal; name a photograph, or pipe one into dreamer"
        )));
    }
    display.busy(&format!("reading {input}"));
    let mut picture = picture::read(input, &Limits { max_pixels: arguments.max_pixels })?;
    if let Some(longest) = arguments.max_size {
        picture.shrink(longest);
    }
    Ok(picture)
}

fn size(picture: &Picture) -> Size {
    Size { height: picture.planes.height(), width: picture.planes.width() }
}

/// The input's name without its folder, as the command line takes it.
fn file_name(input: &Input) -> String {
    let path = match input {
        Input::Stdin => return "-".to_owned(),
        Input::Path(path) => path,
    };
    match path.file_name().unwrap_or(path.as_os_str()).to_string_lossy() {
        name if name == "-" => "./-".to_owned(),
        name => name.into_owned(),
    }
}

/// Tells people, or a script, what was done.
fn report(
    arguments: &DreamArguments,
    display: &Display,
    dreamed: &Dreamed,
    seconds: f64,
) -> Result<(), Exit> {
    let Dreamed { output, choice, sizes, score, recipe } = dreamed;
    let size = sizes.last().expect("there is at least the picture's own size");
    if arguments.json {
        let report = serde_json::json!({
            "output": output.to_string(),
            "width": size.width,
            "height": size.height,
            "octaves": sizes.iter().map(|size| [size.width, size.height]).collect::<Vec<_>>(),
            "score": score,
            "seconds": seconds,
            "weights": choice.weights.to_string(),
            "settings": recipe,
        });
        print(&format!("{report}\n"))?;
    }
    display.note(&format!(
        "{output}: {size}, {} {}, {} octaves × {} steps in {seconds:.1} s on {}",
        recipe.model,
        choice.layer_names(),
        sizes.len(),
        recipe.iterations,
        recipe.device
    ));
    Ok(())
}
