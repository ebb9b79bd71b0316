//! The recipe of a picture, and the command line that makes it again.

use std::borrow::Cow;

use super::files::FileOptions;
use super::options::DreamOptions;
use dreamer::dream::{Dreamer, Recipe, Settings};
use dreamer::options::OptionList;

/// The recipe of a dream with settings that name their layers, on a photograph of that name.
pub fn new<const FROM: usize>(
    dreamer: &Dreamer,
    settings: &Settings,
    options: &DreamOptions<FROM>,
    input: String,
) -> Recipe {
    let FileOptions { max_pixels, quality } = options.files.0;
    let default = FileOptions::default();
    let weights = options.network.weights.as_ref().and_then(|path| path.file_name());
    Recipe {
        weights: weights.map(|name| name.to_string_lossy().into_owned()),
        max_pixels: Some(max_pixels).filter(|limit| *limit != default.max_pixels),
        quality: Some(quality).filter(|quality| *quality != default.quality),
        ..Recipe::new(dreamer, settings, input)
    }
}

/// The command line that makes a picture again, quoted for a POSIX shell.
///
/// # Errors
/// If a word cannot be quoted because there is a zero byte in it, which no recipe of ours has.
pub fn command_line(recipe: &Recipe) -> Result<String, shlex::QuoteError> {
    let quote = |value: &str| shlex::try_quote(value).map(Cow::into_owned);
    let mut line = format!("dreamer {}", quote(&argument(&recipe.input))?);
    let mut option = |name: &str, between: &str, value: Option<String>| {
        if let Some(value) = value {
            line += &format!(" --{name}{between}{}", quote(&value)?);
        }
        Ok(())
    };
    option("model", " ", Some(recipe.model.clone()))?;
    option("weights", " ", recipe.weights.as_deref().map(argument))?;
    for setting in Settings::OPTIONS {
        let value = (setting.get)(&recipe.settings);
        let is_number = |value: &String| value.parse::<f64>().is_ok();
        let dashed =
            value.as_ref().is_some_and(|value| value.starts_with('-') && !is_number(value));
        let between = if setting.bare.is_some() || dashed { "=" } else { " " };
        option(setting.name, between, value)?;
    }
    option("max-pixels", " ", recipe.max_pixels.map(|pixels| pixels.to_string()))?;
    option("quality", " ", recipe.quality.map(|quality| quality.to_string()))?;
    option("backend", " ", Some(recipe.backend.clone()))?;
    option("device", " ", Some(recipe.device.clone()))?;
    option("threads", " ", Some(recipe.threads.to_string()))?;
    Ok(line)
}

/// A file name as an argument that is taken neither for an option nor for a command: no command has a
/// dot in its name.
fn argument(name: &str) -> String {
    let is_special = name != "-" && (name.starts_with('-') || !name.contains('.'));
    if is_special { format!("./{name}") } else { name.to_owned() }
}

/// A word as a POSIX shell takes it; as it is where it cannot be quoted, for there is a zero byte in it.
pub fn quoted(word: &str) -> String {
    shlex::try_quote(word).map_or_else(|_| word.into(), |word| word.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::arguments::Arguments;
    use clap::Parser;
    use dreamer::dream::{BackendChoice, Model, Options};

    fn recipe(line: &[&str], input: &str) -> Recipe {
        let options = Arguments::parse_from(line).dream.dream;
        let built_in = Options {
            model: Some(Model::Embedded),
            backend: BackendChoice::Core,
            threads: Some(2),
            ..Options::default()
        };
        let dreamer = Dreamer::open(&built_in).expect("it is built in");
        new(&dreamer, &options.settings.0, &options, input.to_owned())
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
            shlex::split(&command_line(&first).expect("it is quoted")).expect("it is quoted");
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        assert_eq!(recipe(&words, "a b.jpg"), first);
    }

    #[test]
    fn a_file_name_that_looks_like_an_option_or_a_command_is_still_a_file() {
        for name in ["-q.jpg", "layers"] {
            let recipe = recipe(&["dreamer", "a.jpg", "-l", "conv1"], name);
            let line = command_line(&recipe).expect("it is quoted");
            assert!(line.starts_with(&format!("dreamer ./{name} ")), "{line}");
        }
    }

    #[test]
    fn what_cannot_be_quoted_is_no_command_line() {
        let recipe = recipe(&["dreamer", "a.jpg", "-l", "conv1"], "a\0; rm b");
        assert!(command_line(&recipe).is_err());
    }
}
