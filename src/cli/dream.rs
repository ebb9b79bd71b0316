//! `dreamer PHOTO`: the main job.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, anyhow};

use super::arguments::{DreamArguments, LayerWeight};
use super::exit::Exit;
use super::progress::note;
use super::recipe::Recipe;
use crate::dream::{Octaves, Size, octaves};
use crate::network::{Graph, NodeId, find_layer, truncate, zoo};
use crate::picture::{self, Format, Input, Limits, Output, Picture, WriteOptions};
use crate::weights::Search;

/// Reads a photograph, dreams on it and writes the picture.
pub fn run(arguments: &DreamArguments) -> Result<(), Exit> {
    let started = Instant::now();
    let input = arguments.input.as_ref().expect("the grammar requires it");
    let output = output(arguments, input)?;
    let network = Network::choose(arguments)?;
    picture::check(&output, arguments.force)?;

    let mut picture = picture::read(input, &Limits { max_pixels: arguments.max_pixels })?;
    if let Some(longest) = arguments.max_size {
        picture.shrink(longest);
    }
    let octaves = network.octaves(arguments, input, &picture)?;
    let dreamed = execute::dream(arguments, &network, &octaves, picture, &output)?;

    let seconds = started.elapsed().as_secs_f64();
    report(arguments, &output, &octaves, &dreamed, seconds)
}

/// What came out, beside the picture itself, which is written.
struct Dreamed {
    recipe: Recipe,
    score: f64,
}

/// A network, the layers to dream and where its weights are.
struct Network {
    whole: Graph,
    /// The part that the layers need.
    needed: Graph,
    targets: Vec<NodeId>,
    layers: Vec<LayerWeight>,
    weights: PathBuf,
}

impl Network {
    fn choose(arguments: &DreamArguments) -> Result<Network, Exit> {
        let search = Search::from_environment();
        let (model, weights) = match (&arguments.model, &arguments.weights) {
            (Some(model), Some(weights)) => (model.clone(), Some(weights.clone())),
            (Some(model), None) => (model.clone(), None),
            (None, Some(weights)) => (model_of(weights)?, Some(weights.clone())),
            (None, None) => {
                let (model, weights) = search.first(zoo::names())?;
                (model, Some(weights))
            }
        };
        let whole = zoo::build(&model).with_context(|| format!("there is no model {model:?}"))?;
        let layers = layers(arguments, &whole)?;
        let ids: Vec<NodeId> = layers
            .iter()
            .map(|layer| find_layer(&whole, &layer.name).map_err(Exit::usage))
            .collect::<Result<_, _>>()?;
        let (needed, targets) = truncate(&whole, &ids);
        let weights = match weights {
            Some(weights) => weights,
            None => search.find(&model)?,
        };
        Ok(Network { whole, needed, targets, layers, weights })
    }

    /// The layers' names, as errors and people read them.
    fn layer_names(&self) -> String {
        self.layers.iter().map(LayerWeight::to_string).collect::<Vec<_>>().join(",")
    }

    fn octaves(
        &self,
        arguments: &DreamArguments,
        input: &Input,
        picture: &Picture,
    ) -> Result<Octaves, Exit> {
        let planes = &picture.planes;
        let size = Size { height: planes.height(), width: planes.width() };
        let octaves = octaves(&self.needed, size, arguments.octaves, arguments.octave_scale)
            .map_err(|error| {
                anyhow!(
                    "{input} is too small for {} of {}: {error}; choose an earlier layer or a \
                     larger picture",
                    self.layer_names(),
                    self.whole.name()
                )
            })?;
        if !octaves.left_out.is_empty() {
            let sizes: Vec<String> = octaves.left_out.iter().map(Size::to_string).collect();
            note(
                arguments.quiet,
                &format!(
                    "note: {} of {} octaves are left out ({}): too small for {}",
                    sizes.len(),
                    arguments.octaves,
                    sizes.join(", "),
                    self.layer_names()
                ),
            );
        }
        Ok(octaves)
    }
}

/// The layers of the command line, or the model's own choice.
fn layers(arguments: &DreamArguments, graph: &Graph) -> Result<Vec<LayerWeight>, Exit> {
    if arguments.layers.is_empty() {
        return Ok(vec![LayerWeight { name: graph.default_layer().to_owned(), weight: 1.0 }]);
    }
    for (index, layer) in arguments.layers.iter().enumerate() {
        if arguments.layers[..index].iter().any(|other| other.name == layer.name) {
            return Err(Exit::usage(anyhow!("--layer names {} twice", layer.name)));
        }
    }
    Ok(arguments.layers.clone())
}

/// The model that a weight file is named after.
fn model_of(weights: &Path) -> Result<String, Exit> {
    let stem = weights.file_stem().unwrap_or_default().to_string_lossy();
    zoo::names().find(|name| *name == stem).map(str::to_owned).ok_or_else(|| {
        Exit::usage(anyhow!(
            "cannot tell from its name which network {} is for; add --model ({})",
            weights.display(),
            zoo::names().collect::<Vec<_>>().join(", ")
        ))
    })
}

/// Where the picture goes: what was asked for, or `NAME.dream.png` in the current folder.
fn output(arguments: &DreamArguments, input: &Input) -> Result<Output, Exit> {
    let output = match (&arguments.output, input) {
        (Some(path), _) if path.as_os_str() == "-" => Output::Stdout(Format::Png),
        (Some(path), _) => Output::Path(path.clone()),
        (None, Input::Stdin) => Output::Path("dream.png".into()),
        (None, Input::Path(path)) => {
            let mut name = path.file_stem().unwrap_or_default().to_owned();
            name.push(".dream.png");
            Output::Path(name.into())
        }
    };
    if matches!(output, Output::Stdout(_)) {
        if arguments.json || arguments.preview {
            return Err(Exit::usage(anyhow!(
                "--json and --preview need --output to be a file: standard output is the picture's"
            )));
        }
        if std::io::IsTerminal::is_terminal(&std::io::stdout()) {
            return Err(Exit::usage(anyhow!(
                "standard output is a terminal; redirect it to a file or a program"
            )));
        }
    }
    Ok(output)
}

/// Tells people, or a script, what was done.
fn report(
    arguments: &DreamArguments,
    output: &Output,
    octaves: &Octaves,
    dreamed: &Dreamed,
    seconds: f64,
) -> Result<(), Exit> {
    let size = octaves.sizes.last().expect("there is at least the picture's own size");
    if arguments.json {
        let sizes: Vec<[usize; 2]> =
            octaves.sizes.iter().map(|size| [size.width, size.height]).collect();
        let report = serde_json::json!({
            "output": output.to_string(),
            "width": size.width,
            "height": size.height,
            "octaves": sizes,
            "score": dreamed.score,
            "seconds": seconds,
            "settings": dreamed.recipe,
        });
        super::print::print(&format!("{report}\n"))?;
    }
    let layers: Vec<&str> = dreamed.recipe.layers.iter().map(|layer| layer.name.as_str()).collect();
    note(
        arguments.quiet,
        &format!(
            "{output}: {size}, {} {}, {} octaves × {} steps in {seconds:.1} s on {}",
            dreamed.recipe.model,
            layers.join(","),
            octaves.sizes.len(),
            arguments.iterations,
            dreamed.recipe.device
        ),
    );
    Ok(())
}

#[cfg(feature = "torch")]
mod execute {
    //! The dream on libtorch.

    use super::super::interrupt::Guard;
    use super::super::progress::Bar;
    use super::super::recipe::Resolved;
    use super::*;
    use crate::backend::Backend;
    use crate::backend::torch::{self, Torch};
    use crate::dream::{Dream, Error, Objective, Settings, Tiling};
    use crate::memory;
    use crate::picture::Planes;

    /// Dreams and writes the picture.
    pub fn dream(
        arguments: &DreamArguments,
        network: &Network,
        octaves: &Octaves,
        mut picture: Picture,
        output: &Output,
    ) -> Result<Dreamed, Exit> {
        torch::keep_freed_memory();
        let device = torch::open(arguments.device)?;
        let threads = Torch::set_threads(arguments.threads);
        let weights = crate::weights::read(&network.weights, &network.needed, &network.whole)?;
        let backend = Torch::new(&network.needed, weights, &network.targets, device)?;
        let tiling = Tiling::new(&network.needed, &network.targets);
        let size = octaves.sizes[octaves.sizes.len() - 1];
        let tile = arguments.tile.or_else(|| memory::tile_side(&tiling, size));
        let recipe = Recipe::new(
            arguments,
            Resolved {
                input: arguments.input.as_ref().map_or_else(String::new, file_name),
                model: network.whole.name(),
                layers: &network.layers,
                tile,
                device: backend.device(),
                threads,
            },
        );
        let settings = serde_json::to_string(&recipe)?;
        let options = WriteOptions { force: arguments.force, jpeg_quality: arguments.quality };

        let guard = Guard::new();
        let mut written = false;
        let mut preview_error = None;
        let mut preview = |planes: &Planes| {
            if !arguments.preview || preview_error.is_some() {
                return;
            }
            let preview = Picture { planes: planes.clone(), alpha: None, depth: picture.depth };
            let options = WriteOptions { force: options.force || written, ..options };
            match picture::write(&preview, Some(&settings), output, &options) {
                Ok(()) => written = true,
                Err(error) => preview_error = Some(error),
            }
        };
        let mut bar = Bar::new(
            arguments.quiet,
            octaves.sizes.len(),
            arguments.iterations,
            &guard,
            &mut preview,
        );
        let dream = Dream {
            backend: &backend,
            objective: Objective::new(network.layers.iter().map(|layer| layer.weight).collect()),
            tiling,
            layers: network.layer_names(),
            settings: Settings {
                iterations: arguments.iterations,
                step: arguments.step,
                jitter: arguments.jitter as usize,
                normalize: arguments.normalize,
                seed: arguments.seed,
                tile,
            },
        };
        let dreamed = dream.run(&picture.planes, &octaves.sizes, &mut bar);
        bar.finish();
        let score = bar.score;
        picture.planes = dreamed.map_err(|error| match error {
            Error::Interrupted => Exit::Interrupted,
            Error::Tile(error) => Exit::usage(error),
            error => error.into(),
        })?;
        if let Some(error) = preview_error {
            note(arguments.quiet, &format!("warning: no preview: {error}"));
        }
        let options = WriteOptions { force: options.force || written, ..options };
        picture::write(&picture, Some(&settings), output, &options)?;
        Ok(Dreamed { recipe, score })
    }

    /// The input's name without its folder.
    fn file_name(input: &Input) -> String {
        match input {
            Input::Stdin => "-".to_owned(),
            Input::Path(path) => {
                path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
            }
        }
    }
}

#[cfg(not(feature = "torch"))]
mod execute {
    //! No executor is built in.

    use super::*;

    /// Says so.
    pub fn dream(
        _arguments: &DreamArguments,
        network: &Network,
        _octaves: &Octaves,
        _picture: Picture,
        _output: &Output,
    ) -> Result<Dreamed, Exit> {
        Err(anyhow!(
            "this dreamer was built without libtorch and cannot run {}; build it with the `torch` \
             feature (cargo build --release)",
            network.whole.name()
        )
        .into())
    }
}
