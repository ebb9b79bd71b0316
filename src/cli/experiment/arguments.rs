//! The arguments of `dreamer experiment`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

use super::super::named::one_of;
use super::super::recipe::quoted;
use dreamer::options::up_to;
use dreamer::train::Initialisation;
use dreamer::train::data::DataSource;
use dreamer::train::experiment::{
    Activations, Backprop, Config, DeepMlp, Experiment, SlowLearning, Widths,
};

const EXAMPLES: &str = "\
Examples:
  dreamer experiment backprop --mnist FOLDER
  dreamer experiment slow-learning --digits       drawn digits, no download
  dreamer experiment activations --mnist FOLDER --cifar10 FOLDER --quick
  dreamer experiment deep-mlp --mnist FOLDER --sizes 500-250,1000-500

Each prints a table and writes an HTML report. A full experiment takes a minute
(backprop, slow-learning) or a few minutes (activations, deep-mlp) on two cores,
with --quick a few seconds.";

#[derive(Debug, Args)]
#[command(
    after_help = EXAMPLES,
    disable_help_subcommand = true,
    subcommand_value_name = "NAME",
    subcommand_help_heading = "Experiments"
)]
pub struct ExperimentArguments {
    #[command(subcommand)]
    pub name: Name,
}

#[derive(Debug, Subcommand)]
pub enum Name {
    /// Sigmoid, tanh, softsign and ReLU in the same deep network (Glorot and Bengio 2010)
    Activations(ActivationsArguments),
    /// A bad start with the quadratic loss and the cross-entropy (Nielsen 2015, chapter 3)
    SlowLearning(DigitsArguments),
    /// Perceptrons of growing depth and width on distorted digits (Ciresan et al. 2010)
    DeepMlp(DeepMlpArguments),
    /// The network that learns digits by backpropagation (Nielsen 2015, chapters 1 and 2)
    Backprop(DigitsArguments),
}

#[derive(Debug, Args)]
pub struct DigitsArguments {
    #[command(flatten)]
    pub digits: Digits,

    #[command(flatten)]
    pub common: Common,
}

#[derive(Debug, Args)]
pub struct DeepMlpArguments {
    #[command(flatten)]
    pub digits: Digits,

    /// Widths of the hidden layers of each network, as in 500-250,1000-500 [default: five networks
    /// from 100 to 1000-700-500-300; with --quick three small ones]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub sizes: Vec<Widths>,

    #[command(flatten)]
    pub common: Common,
}

#[derive(Debug, Args)]
pub struct ActivationsArguments {
    #[command(flatten)]
    pub pictures: Pictures,

    /// Weight initialisation
    #[arg(long, value_parser = one_of::<Initialisation>(), default_value_t = Initialisation::Uniform)]
    pub init: Initialisation,

    #[command(flatten)]
    pub common: Common,
}

/// Handwritten digits, from either source.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct Digits {
    /// Folder of MNIST's four files
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath, help_heading = "Data")]
    pub mnist: Option<PathBuf>,

    /// Draw digits instead of using MNIST; error rates will differ
    #[arg(long, help_heading = "Data")]
    pub digits: bool,
}

/// Any of the data sets.
#[derive(Debug, Args)]
pub struct Pictures {
    /// Folder of MNIST's four files
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath, help_heading = "Data")]
    pub mnist: Option<PathBuf>,

    /// Draw digits instead of using MNIST; error rates will differ
    #[arg(long, conflicts_with = "mnist", help_heading = "Data")]
    pub digits: bool,

    /// Folder of CIFAR-10's binary files
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath, help_heading = "Data")]
    pub cifar10: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Common {
    /// Number of training pictures [default: the experiment's own]
    #[arg(long, value_name = "N", value_parser = up_to::<100_000_000>, help_heading = "Data")]
    pub training: Option<usize>,

    /// Number of test pictures [default: the experiment's own]
    #[arg(long, value_name = "N", value_parser = up_to::<100_000_000>, help_heading = "Data")]
    pub test: Option<usize>,

    /// Number of epochs [default: the experiment's own]
    #[arg(short, long, value_name = "N", value_parser = up_to::<1_000_000>)]
    pub epochs: Option<usize>,

    /// Small run for a first look, marked as such in its table and on its page
    #[arg(long)]
    pub quick: bool,

    /// Random seed; the same seed and number of threads give the same numbers
    #[arg(long, default_value_t = 0)]
    pub seed: u64,

    /// Page to write (HTML) [default: NAME.html in the current folder]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub report: Option<PathBuf>,

    /// Overwrite an existing page
    #[arg(short, long)]
    pub force: bool,

    /// Number of threads [default: one per core]
    #[arg(short, long, value_name = "N", value_parser = up_to::<1024>)]
    pub threads: Option<usize>,

    /// Print only the table and errors
    #[arg(short, long)]
    pub quiet: bool,

    /// Print the numbers as JSON instead of the table
    #[arg(long)]
    pub json: bool,
}

/// An experiment without data.
#[derive(Debug, thiserror::Error)]
pub enum NoData {
    #[error(
        "the experiment needs handwritten digits: name the folder of MNIST's files with --mnist, or draw \
         digits with --digits"
    )]
    Digits,
    #[error(
        "the experiment needs pictures: name folders with --mnist or --cifar10 or both, or draw \
         digits with --digits"
    )]
    Pictures,
}

impl Common {
    pub fn config(&self, threads: usize) -> Config {
        let Common { seed, epochs, training, test, quick, .. } = *self;
        Config { seed, threads, epochs, training, test, quick }
    }
}

impl Digits {
    /// # Errors
    /// [`NoData`] if neither is chosen.
    fn source(&self) -> Result<DataSource, NoData> {
        let mnist = self.mnist.clone().map(DataSource::Mnist);
        mnist.or(self.digits.then_some(DataSource::Digits)).ok_or(NoData::Digits)
    }
}

impl Pictures {
    /// # Errors
    /// [`NoData`] if none is chosen.
    fn sources(&self) -> Result<Vec<DataSource>, NoData> {
        let mnist = self.mnist.clone().map(DataSource::Mnist);
        let digits = self.digits.then_some(DataSource::Digits);
        let cifar10 = self.cifar10.clone().map(DataSource::Cifar10);
        let sources: Vec<DataSource> = [mnist, digits, cifar10].into_iter().flatten().collect();
        if sources.is_empty() { Err(NoData::Pictures) } else { Ok(sources) }
    }
}

impl ExperimentArguments {
    pub fn common(&self) -> &Common {
        match &self.name {
            Name::Activations(arguments) => &arguments.common,
            Name::DeepMlp(arguments) => &arguments.common,
            Name::SlowLearning(arguments) | Name::Backprop(arguments) => &arguments.common,
        }
    }

    /// The experiment to run.
    ///
    /// # Errors
    /// [`NoData`] if no data set is chosen.
    pub fn experiment(&self) -> Result<Box<dyn Experiment>, NoData> {
        Ok(match &self.name {
            Name::Activations(ActivationsArguments { pictures, init, .. }) => {
                Box::new(Activations { sources: pictures.sources()?, init: *init })
            }
            Name::SlowLearning(arguments) => {
                Box::new(SlowLearning { digits: arguments.digits.source()? })
            }
            Name::DeepMlp(DeepMlpArguments { digits, sizes, .. }) => {
                Box::new(DeepMlp { digits: digits.source()?, sizes: sizes.clone() })
            }
            Name::Backprop(arguments) => Box::new(Backprop { digits: arguments.digits.source()? }),
        })
    }

    /// The command line that reproduces the experiment, quoted for a POSIX shell.
    ///
    /// # Errors
    /// [`NoData`] if no data set is chosen.
    pub fn command(&self, name: &str, config: &Config) -> Result<String, NoData> {
        let (sources, own) = match &self.name {
            Name::Activations(ActivationsArguments { pictures, init, .. }) => {
                (pictures.sources()?, Some(("init", init.to_string())))
            }
            Name::DeepMlp(DeepMlpArguments { digits, sizes, .. }) => {
                let sizes: Vec<String> = sizes.iter().map(ToString::to_string).collect();
                let sizes = (!sizes.is_empty()).then(|| ("sizes", sizes.join(",")));
                (vec![digits.source()?], sizes)
            }
            Name::SlowLearning(arguments) | Name::Backprop(arguments) => {
                (vec![arguments.digits.source()?], None)
            }
        };
        let mut line = format!("dreamer experiment {name}");
        for source in sources.iter().map(ToString::to_string) {
            line += &match source.split_once(':') {
                Some((kind, folder)) => format!(" --{kind} {}", quoted(folder)),
                None => format!(" --{source}"),
            };
        }
        let Config { seed, threads, epochs, training, test, quick } = config;
        if *quick {
            line += " --quick";
        }
        let number = |name, value: Option<usize>| Some((name, value?.to_string()));
        let options = [
            own,
            number("training", *training),
            number("test", *test),
            number("epochs", *epochs),
            Some(("seed", seed.to_string())),
            Some(("threads", threads.to_string())),
        ];
        for (name, value) in options.into_iter().flatten() {
            line += &format!(" --{name} {}", quoted(&value));
        }
        Ok(line)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Arguments, Command};

    fn parse<'a>(words: impl IntoIterator<Item = &'a str>) -> ExperimentArguments {
        match Arguments::try_parse_from(words).map(|arguments| arguments.command) {
            Ok(Some(Command::Experiment(arguments))) => *arguments,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_command_on_the_page_leads_back_to_itself() {
        for line in [
            "dreamer experiment backprop --mnist 'a b' --seed 3 --threads 2",
            "dreamer experiment slow-learning --digits --quick --epochs 2 --seed 0 --threads 1",
            "dreamer experiment deep-mlp --digits --sizes '50-20,30' --training 9 --test 8 --seed 0 \
             --threads 2",
            "dreamer experiment activations --mnist m --cifar10 c --init glorot --seed 0 --threads 2",
        ] {
            let words = shlex::split(line).unwrap();
            let arguments = parse(words.iter().map(String::as_str));
            let config = arguments.common().config(arguments.common().threads.unwrap());
            let name = arguments.experiment().unwrap().name();
            assert_eq!(arguments.command(name, &config).unwrap(), line);
        }
    }
}
