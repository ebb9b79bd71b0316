//! The settings that a picture carries, and the command line that they come to.

use std::borrow::Cow;

use clap::{CommandFactory, ValueEnum};
use serde::{Deserialize, Serialize};

use super::arguments::{Arguments, DreamOptions, LayerWeight};
use dreamer::backend::Normalize;
use dreamer::picture::{Limits, WriteOptions};

/// Everything that decides what a picture looks like.
///
/// File names are without their folders: a picture that is published does not tell where its maker
/// keeps things.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// Version of dreamer.
    pub dreamer: String,
    pub input: String,
    pub model: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub weights: Option<String>,
    pub layers: Vec<RecipeLayer>,
    pub octaves: usize,
    pub octave_scale: f64,
    pub iterations: usize,
    pub step: f64,
    pub jitter: u32,
    pub normalize: Normalize,
    pub seed: u64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub max_size: Option<usize>,
    /// Where it is not the default.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub max_pixels: Option<u64>,
    /// Of a JPEG, where it is not the default.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub quality: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tile: Option<usize>,
    /// `torch` where a picture of an older version does not say.
    #[serde(default = "torch")]
    pub backend: String,
    pub device: String,
    pub threads: usize,
}

fn torch() -> String {
    "torch".to_owned()
}

/// A layer and its weight.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecipeLayer {
    pub name: String,
    pub weight: f64,
}

/// What is known only once a dream is set up.
pub struct Resolved<'a> {
    pub input: String,
    pub model: &'a str,
    pub layers: &'a [LayerWeight],
    pub tile: Option<usize>,
    pub backend: &'static str,
    pub device: String,
    pub threads: usize,
}

impl Recipe {
    /// From the command line and what it came to.
    pub fn new(arguments: &DreamOptions, resolved: Resolved) -> Recipe {
        let layer =
            |layer: &LayerWeight| RecipeLayer { name: layer.name.clone(), weight: layer.weight };
        Recipe {
            dreamer: env!("CARGO_PKG_VERSION").to_owned(),
            input: resolved.input,
            model: resolved.model.to_owned(),
            weights: arguments
                .weights
                .as_ref()
                .and_then(|path| path.file_name())
                .map(|name| name.to_string_lossy().into_owned()),
            layers: resolved.layers.iter().map(layer).collect(),
            octaves: arguments.octaves,
            octave_scale: arguments.octave_scale,
            iterations: arguments.iterations,
            step: arguments.step,
            jitter: arguments.jitter,
            normalize: arguments.normalize,
            seed: arguments.seed,
            max_size: arguments.max_size,
            quality: Some(arguments.quality)
                .filter(|quality| *quality != WriteOptions::default().jpeg_quality),
            max_pixels: Some(arguments.max_pixels)
                .filter(|limit| *limit != Limits::default().max_pixels),
            tile: resolved.tile,
            backend: resolved.backend.to_owned(),
            device: resolved.device,
            threads: resolved.threads,
        }
    }

    /// The command line that makes the picture again, quoted for a POSIX shell.
    ///
    /// # Errors
    /// If a word cannot be quoted because there is a zero byte in it, which no recipe of ours has.
    pub fn command_line(&self) -> Result<String, shlex::QuoteError> {
        let layers: Vec<String> = self
            .layers
            .iter()
            .map(|layer| LayerWeight { name: layer.name.clone(), weight: layer.weight }.to_string())
            .collect();
        let normalize = self.normalize.to_possible_value();
        let quote = |value: &str| shlex::try_quote(value).map(Cow::into_owned);
        let mut line = format!("dreamer {}", quote(&argument(&self.input))?);
        let mut option = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                line += &format!(" --{name} {}", quote(&value)?);
            }
            Ok(())
        };
        option("model", Some(self.model.clone()))?;
        option("weights", self.weights.as_deref().map(argument))?;
        option("layer", Some(layers.join(",")))?;
        option("octaves", Some(self.octaves.to_string()))?;
        option("octave-scale", Some(self.octave_scale.to_string()))?;
        option("iterations", Some(self.iterations.to_string()))?;
        option("step", Some(self.step.to_string()))?;
        option("jitter", Some(self.jitter.to_string()))?;
        option("normalize", normalize.map(|value| value.get_name().to_owned()))?;
        option("seed", Some(self.seed.to_string()))?;
        option("max-size", self.max_size.map(|pixels| pixels.to_string()))?;
        option("max-pixels", self.max_pixels.map(|pixels| pixels.to_string()))?;
        option("quality", self.quality.map(|quality| quality.to_string()))?;
        option("backend", Some(self.backend.clone()))?;
        option("device", Some(self.device.clone()))?;
        option("threads", Some(self.threads.to_string()))?;
        if let Some(tile) = self.tile {
            line += &format!(" --tile={tile}");
        }
        Ok(line)
    }
}

/// A file name as an argument that is taken neither for an option nor for a command.
fn argument(name: &str) -> String {
    let option = name.starts_with('-') && name != "-";
    let command = || Arguments::command().find_subcommand(name).is_some();
    if option || command() { format!("./{name}") } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Arguments;
    use clap::Parser;

    fn recipe(line: &[&str], input: &str) -> Recipe {
        let arguments = Arguments::parse_from(line).dream;
        let layers = arguments.layers;
        let arguments = arguments.dream;
        let resolved = Resolved {
            input: input.to_owned(),
            model: "googlenet",
            layers: &layers,
            tile: arguments.tile,
            backend: "core",
            device: "cpu".into(),
            threads: 2,
        };
        Recipe::new(&arguments, resolved)
    }

    #[test]
    fn the_command_line_leads_back_to_the_same_recipe() {
        let line = [
            "dreamer",
            "a b.jpg",
            "-l",
            "inception4c=-0.5,conv2",
            "--seed",
            "7",
            "--tile=600",
            "--octave-scale",
            "1.3",
            "--max-size",
            "900",
            "--max-pixels",
            "1000000",
            "--normalize",
            "std",
        ];
        let first = recipe(&line, "a b.jpg");
        let words =
            shlex::split(&first.command_line().expect("it is quoted")).expect("it is quoted");
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        assert_eq!(recipe(&words, "a b.jpg"), first);
    }

    #[test]
    fn a_file_name_that_looks_like_an_option_or_a_command_is_still_a_file() {
        for name in ["-q.jpg", "layers"] {
            let recipe = recipe(&["dreamer", "a.jpg", "-l", "conv1"], name);
            let line = recipe.command_line().expect("it is quoted");
            assert!(line.starts_with(&format!("dreamer ./{name} ")), "{line}");
        }
    }

    #[test]
    fn what_cannot_be_quoted_is_no_command_line() {
        let recipe = recipe(&["dreamer", "a.jpg", "-l", "conv1"], "a\0; rm b");
        assert!(recipe.command_line().is_err());
    }
}
