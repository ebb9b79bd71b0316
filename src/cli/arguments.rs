//! The command line's grammar, from which help, completions and man pages are made.

use clap::{Parser, Subcommand};

use super::batch::DreamArguments;
use super::classes::ClassesArguments;
use super::classify::ClassifyArguments;
use super::compare::{AtlasArguments, CompareArguments};
use super::evaluate::EvaluateArguments;
use super::experiment::ExperimentArguments;
use super::generated::{CompletionsArguments, ManArguments};
use super::layers::LayersArguments;
use super::models::ModelsArguments;
use super::show::ShowArguments;
use super::train::TrainArguments;

const EXAMPLES: &str = "\
Examples:
  dreamer photo.jpg                       with the first model that is installed
  dreamer photo.jpg --layer inception4c --octaves 4
  dreamer photo.jpg -m squeezenet1_0 -l features.7 -o eyes.jpg
  dreamer photo.jpg -l inception3b,inception4c=2 --seed 7
  dreamer photo.jpg --class flamingo      what flamingos are made of, for the network
  dreamer photo.jpg --iterations 20 --step 2 --max-size 1600
  curl -s URL | dreamer - -o - > dream.png
  dreamer photos/ -r -o dreams/           a folder and the folders in it; again: what is missing
  dreamer layers --model googlenet        what there is to choose from
  dreamer compare photo.jpg --layers 'inception4*' -o layers.html
  dreamer models pull googlenet           fetch published weights
  dreamer train --data digits             a network of your own
  dreamer show photo.dream.png            the command that made a picture";

/// Paints into a photograph what a neural network sees in it (Deep Dream)
#[derive(Debug, Parser)]
#[command(
    name = "dreamer",
    version,
    after_help = EXAMPLES,
    args_override_self = true,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true
)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Option<Command>,

    #[command(flatten)]
    pub dream: DreamArguments,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Dream several layers, channels or settings side by side: a contact sheet, or a page
    Compare(Box<CompareArguments>),
    /// Dream every layer of a network from noise and from a photograph: a page to choose from
    Atlas(Box<AtlasArguments>),
    /// List a model's layers: what they dream, channels, stride, receptive field and cost
    Layers(LayersArguments),
    /// List, fetch, import and verify weights
    Models(ModelsArguments),
    /// Train a network on pictures: handwritten digits, CIFAR-10 or your own
    Train(Box<TrainArguments>),
    /// Test a trained network: error rate and confusion matrix
    Evaluate(EvaluateArguments),
    /// List the classes that a network tells apart
    Classes(ClassesArguments),
    /// Say what a network takes pictures for
    Classify(ClassifyArguments),
    /// Repeat an experiment of the literature on neural networks
    Experiment(Box<ExperimentArguments>),
    /// Print the command line that made a picture, from its metadata
    Show(ShowArguments),
    /// Print a completion script for a shell
    Completions(CompletionsArguments),
    /// Print the man page
    Man(ManArguments),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_grammar_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn layers_are_separated_by_commas_and_repeatable() {
        let arguments =
            Arguments::parse_from(["dreamer", "a.jpg", "-l", "one,two=0.5", "--layer", "three=-2"]);
        let layers: Vec<String> =
            arguments.dream.dream.settings.0.layers.iter().map(ToString::to_string).collect();
        assert_eq!(layers, ["one", "two=0.5", "three=-2"]);
    }

    #[test]
    fn the_last_of_an_options_values_counts() {
        let arguments =
            Arguments::parse_from(["dreamer", "a.jpg", "--seed=1", "-q", "--seed=2", "-q"]);
        assert_eq!(arguments.dream.dream.settings.0.seed, 2);
    }

    #[test]
    fn spaces_around_layers_and_weights_do_not_count() {
        let arguments = Arguments::parse_from(["dreamer", "a.jpg", "-l", " one, two = 0.5"]);
        let layers: Vec<String> =
            arguments.dream.dream.settings.0.layers.iter().map(ToString::to_string).collect();
        assert_eq!(layers, ["one", "two=0.5"]);
    }

    #[test]
    fn a_command_needs_no_photograph() {
        assert!(Arguments::try_parse_from(["dreamer", "layers"]).is_ok());
        assert!(Arguments::try_parse_from(["dreamer"]).is_err());
    }

    #[test]
    fn numbers_that_make_no_sense_are_refused() {
        for bad in [
            ["--octaves", "0"],
            ["--step", "nan"],
            ["--step", "0"],
            ["--octave-scale", "1"],
            ["--octave-scale", "inf"],
            ["--octaves", "1001"],
            ["--iterations", "-1"],
            ["--iterations", "18446744073709551615"],
            ["--threads", "100000"],
            ["--device", "gpu"],
            ["--layer", "a=nan"],
            ["--layer", "=1"],
            ["--quality", "0"],
            ["--tile=0", "-q"],
        ] {
            let arguments = ["dreamer", "a.jpg"].into_iter().chain(bad);
            let error = Arguments::try_parse_from(arguments).expect_err("it is refused");
            assert_eq!(error.exit_code(), 2, "{bad:?}");
        }
    }
}
