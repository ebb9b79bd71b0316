//! `dreamer PHOTO`: the main job.

pub mod choice;
mod core;
mod destination;
pub mod executor;
pub mod loaded;
pub mod memory_gate;
pub mod photograph;
pub mod session;
pub mod sharing;
#[cfg(feature = "torch")]
mod torch;

use std::sync::Arc;
use std::time::Instant;

use anyhow::anyhow;

pub use self::choice::Choice;
use self::destination::Destination;
pub use self::executor::Executor;
pub use self::loaded::Loaded;
pub use self::photograph::{Photograph, read};
use self::session::Session;
pub use self::session::recipe;
use super::arguments::DreamArguments;
use super::exit::Exit;
use super::interrupt;
use super::print::print;
use super::progress::{Display, Steps};
use super::recipe::Recipe;
use dreamer::dream::Size;
use dreamer::picture::{Input, Output};

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
    session: Session,
    sizes: Vec<Size>,
    score: f64,
    recipe: Recipe,
}

fn dream(arguments: &DreamArguments, display: &Display) -> Result<Dreamed, Exit> {
    let executor = Executor::open(&arguments.dream)?;
    let input = single(arguments)?;
    let output = destination::output(arguments, input)?;
    let choice = Choice::new(arguments, display)?;
    destination::check(&output, arguments.force)?;

    let session = Session { executor, choice: Arc::new(choice) };
    let mut photograph = Photograph::read(&session, &arguments.dream, input, display)?;
    let recipe = session.recipe(&arguments.dream, input, photograph.tile());
    let mut destination = Destination::new(arguments, output, &recipe, &photograph.picture)?;
    destination.warn(display);

    let mut preview_error = None;
    let mut preview = |planes: &_| {
        if arguments.preview && preview_error.is_none() {
            preview_error = destination.preview(planes).err();
        }
    };
    display.busy(&format!("loading {}", session.choice.model));
    let loaded = session.load()?;
    let octaves = photograph.octaves.len();
    let mut steps = Steps::new(display, octaves, arguments.dream.iterations, &mut preview);
    photograph.dream(&loaded, &mut steps)?;
    let score = steps.score;
    if let Some(error) = preview_error {
        display.note(&format!("warning: no preview: {error}"));
    }

    let Photograph { picture, octaves: sizes, .. } = photograph;
    let output = destination.finish(&picture)?;
    Ok(Dreamed { output, session, sizes, score, recipe })
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

/// Tells people, or a script, what was done.
fn report(
    arguments: &DreamArguments,
    display: &Display,
    dreamed: &Dreamed,
    seconds: f64,
) -> Result<(), Exit> {
    let Dreamed { output, session: Session { choice, .. }, sizes, score, recipe } = dreamed;
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
