//! `dreamer classify`: says what a network takes pictures for.

use clap::{Args, ValueHint};

use super::exit::Exit;
use super::interrupt;
use super::network;
use super::options::{DeviceOptions, NetworkOptions};
use super::progress::Display;
use dreamer::dream::Outputs;
use dreamer::escape::printable;
use dreamer::network::Class;
use dreamer::options::up_to;
use dreamer::picture::{self, Input, Limits};

const EXAMPLES: &str = "\
Examples:
  dreamer classify photo.jpg                       with the first model that is installed
  dreamer classify photo.jpg dream.png --model squeezenet1_1 --top 5
  dreamer classify photo.jpg --weights lenet-folder.safetensors
  dreamer classify digit.png -w lenet-mnist.safetensors --invert    dark on white
  curl -s URL | dreamer classify - -m menagerie --json";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ClassifyArguments {
    /// Pictures; `-` is standard input. Each is cropped to the right proportions and scaled
    #[arg(required = true, value_hint = ValueHint::FilePath)]
    pub pictures: Vec<Input>,

    #[command(flatten)]
    pub network: NetworkOptions,

    /// Number of classes to print, most likely first
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = up_to::<65_536>)]
    pub top: usize,

    /// Invert brightness: MNIST's digits are light on black
    #[arg(long)]
    pub invert: bool,

    #[command(flatten)]
    pub device: DeviceOptions,

    /// Print JSON, one line per picture
    #[arg(long)]
    pub json: bool,
}

/// A class and the network's output for it.
struct Prediction<'a> {
    /// `None` where nothing is known of it.
    class: Option<&'a Class>,
    label: usize,
    output: f32,
}

impl Prediction<'_> {
    fn name(&self) -> String {
        self.class.map_or_else(|| format!("class {}", self.label), |class| class.name().to_owned())
    }
}

/// Prints the best classes of each picture.
pub fn run(arguments: &ClassifyArguments) -> Result<(), Exit> {
    let display = Display::new(arguments.json);
    interrupt::watch(&display);
    let result = classify(arguments, &display);
    display.clear();
    result
}

fn classify(arguments: &ClassifyArguments, display: &Display) -> Result<(), Exit> {
    let dreamer = network::dreamer(&arguments.network, &arguments.device, display)?;
    let network = dreamer.network();
    for input in &arguments.pictures {
        let picture = picture::read(input, &Limits::default())?;
        let mut planes = picture::fit(&picture, network.graph.picture_size());
        if arguments.invert {
            planes.data_mut().iter_mut().for_each(|value| *value = 1.0 - *value);
        }
        display.busy("classifying");
        let outputs = dreamer.classify(&planes)?;
        let classes = network.classes.as_ref().map(|classes| classes.as_slice());
        let of = |label: usize| classes.and_then(|classes| classes.get(label));
        let mut predictions: Vec<Prediction> = (outputs.values.iter().enumerate())
            .map(|(label, output)| Prediction { class: of(label), label, output: *output })
            .collect();
        predictions.sort_by(|a, b| b.output.total_cmp(&a.output));
        predictions.truncate(arguments.top);
        let line = match arguments.json {
            true => json(input, &predictions),
            false => text(input, &predictions, &outputs),
        };
        display.print(&line)?;
    }
    Ok(())
}

/// Probabilities in percent, or the outputs themselves if they are not probabilities.
fn text(input: &Input, predictions: &[Prediction], outputs: &Outputs) -> String {
    let predictions: Vec<String> = predictions
        .iter()
        .map(|prediction| {
            let name = prediction.name();
            match outputs.are_probabilities {
                true => format!("{} {:.1} %", printable(&name), 100.0 * prediction.output),
                false => format!("{} {:.3}", printable(&name), prediction.output),
            }
        })
        .collect();
    format!("{input}: {}\n", predictions.join(", "))
}

fn json(input: &Input, predictions: &[Prediction]) -> String {
    let classes: Vec<_> = predictions
        .iter()
        .map(|prediction| {
            let mut class = serde_json::json!({
                "class": prediction.name(), "label": prediction.label, "output": prediction.output,
            });
            if let Some(number) = prediction.class.and_then(|class| class.wordnet.as_ref()) {
                class["wordnet"] = number.as_str().into();
            }
            class
        })
        .collect();
    format!("{}\n", serde_json::json!({ "picture": input.to_string(), "classes": classes }))
}
