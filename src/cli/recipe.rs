//! The settings that a picture carries, and the command line that they come to.

use serde::{Deserialize, Serialize};

use super::arguments::{DreamArguments, LayerWeight};
use crate::backend::Normalize;

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
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tile: Option<usize>,
    pub device: String,
    pub threads: usize,
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
    pub device: String,
    pub threads: usize,
}

impl Recipe {
    /// From the command line and what it came to.
    pub fn new(arguments: &DreamArguments, resolved: Resolved) -> Recipe {
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
            tile: resolved.tile,
            device: resolved.device,
            threads: resolved.threads,
        }
    }

    /// The command line that makes the picture again, quoted for a POSIX shell.
    pub fn command_line(&self) -> String {
        let layers: Vec<String> = self
            .layers
            .iter()
            .map(|layer| LayerWeight { name: layer.name.clone(), weight: layer.weight }.to_string())
            .collect();
        let normalize = clap::ValueEnum::to_possible_value(&self.normalize)
            .map_or_else(String::new, |value| value.get_name().to_owned());
        let mut words = vec!["dreamer".to_owned()];
        if self.input.starts_with('-') && self.input != "-" {
            words.push(format!("./{}", self.input));
        } else {
            words.push(self.input.clone());
        }
        let mut option = |name: &str, value: String| words.extend([format!("--{name}"), value]);
        option("model", self.model.clone());
        if let Some(weights) = &self.weights {
            option("weights", weights.clone());
        }
        option("layer", layers.join(","));
        option("octaves", self.octaves.to_string());
        option("octave-scale", self.octave_scale.to_string());
        option("iterations", self.iterations.to_string());
        option("step", self.step.to_string());
        option("jitter", self.jitter.to_string());
        option("normalize", normalize);
        option("seed", self.seed.to_string());
        if let Some(max_size) = self.max_size {
            option("max-size", max_size.to_string());
        }
        option("device", self.device.clone());
        option("threads", self.threads.to_string());
        words.extend(self.tile.map(|tile| format!("--tile={tile}")));
        let words = words.iter().map(String::as_str);
        shlex::try_join(words.clone()).unwrap_or_else(|_| words.collect::<Vec<_>>().join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Arguments;
    use clap::Parser;

    fn recipe(line: &[&str], input: &str) -> Recipe {
        let arguments = Arguments::parse_from(line).dream;
        let layers = arguments.layers.clone();
        let resolved = Resolved {
            input: input.to_owned(),
            model: "googlenet",
            layers: &layers,
            tile: arguments.tile,
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
            "--normalize",
            "std",
        ];
        let first = recipe(&line, "a b.jpg");
        let words = shlex::split(&first.command_line()).expect("it is quoted");
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        assert_eq!(recipe(&words, "a b.jpg"), first);
    }

    #[test]
    fn a_file_name_that_looks_like_an_option_is_still_a_file() {
        let line = recipe(&["dreamer", "a.jpg", "-l", "conv1"], "-q.jpg").command_line();
        assert!(line.starts_with("dreamer ./-q.jpg "), "{line}");
    }
}
