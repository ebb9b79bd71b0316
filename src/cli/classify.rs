//! `dreamer classify`: classifies pictures with a trained network.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::exit::Exit;
use super::interrupt;
use super::print::print;
use super::progress::Display;
use dreamer::backend::core::Replicas;
use dreamer::escape::printable;
use dreamer::network::{Output, Preprocessing};
use dreamer::options::up_to;
use dreamer::picture::{self, Input, Limits, Planes};
use dreamer::train::data::{PictureShape, scaled};
use dreamer::trained::TrainedNetwork;

const EXAMPLES: &str = "\
Examples:
  dreamer classify photo.jpg --weights lenet-folder.safetensors
  dreamer classify digit.png -w lenet-mnist.safetensors --invert    dark on white
  curl -s URL | dreamer classify - -w lenet-cifar10.safetensors --json";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ClassifyArguments {
    /// Pictures; `-` is standard input. Each is cropped to the right proportions and scaled
    #[arg(required = true, value_hint = ValueHint::FilePath)]
    pub pictures: Vec<Input>,

    /// Weights written by dreamer train
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub weights: PathBuf,

    /// Number of classes to print, most likely first
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = up_to::<65_536>)]
    pub top: usize,

    /// Invert brightness: MNIST's digits are light on black
    #[arg(long)]
    pub invert: bool,

    /// Print JSON, one line per picture
    #[arg(long)]
    pub json: bool,
}

/// A class and the network's output for it.
struct Prediction<'a> {
    class: &'a str,
    label: usize,
    output: f32,
}

/// Prints the best classes of each picture.
pub fn run(arguments: &ClassifyArguments) -> Result<(), Exit> {
    interrupt::watch(&Display::new(true));
    let network = TrainedNetwork::read(&arguments.weights)?;
    let description = &network.description;
    let shape = PictureShape::from(description.form.shape);
    let (_, parameters) = network.parameters();
    let mut replicas = Replicas::new(&network.graph, 1, shape.size(), 1)?;
    for input in &arguments.pictures {
        let picture = picture::read(input, &Limits::default())?;
        let mut planes = scaled(&picture, shape);
        if arguments.invert {
            planes.data_mut().iter_mut().for_each(|value| *value = 1.0 - *value);
        }
        let values = preprocessed(&planes, shape.channels, description.form.preprocessing);
        replicas.predict(&parameters, &values, 1);
        let mut predictions: Vec<Prediction> = description
            .classes
            .iter()
            .zip(replicas.outputs())
            .enumerate()
            .map(|(label, (class, output))| Prediction { class, label, output: *output })
            .collect();
        predictions.sort_by(|a, b| b.output.total_cmp(&a.output));
        predictions.truncate(arguments.top);
        let line = if arguments.json {
            json(input, &predictions)
        } else {
            text(input, &predictions, description.form.output)
        };
        print(&line)?;
    }
    Ok(())
}

/// The input of the network: red, green and blue, or their mean.
fn preprocessed(planes: &Planes, channels: usize, preprocessing: Preprocessing) -> Vec<f32> {
    let Preprocessing { mean, std } = preprocessing;
    let pixels = planes.width() * planes.height();
    let value = |channel: usize, pixel: usize| match channels {
        1 => (0..3).map(|channel| planes.plane(channel)[pixel]).sum::<f32>() / 3.0,
        _ => planes.plane(channel)[pixel],
    };
    (0..channels * pixels)
        .map(|index| (index / pixels, index % pixels))
        .map(|(channel, pixel)| (value(channel, pixel) - mean[channel]) / std[channel])
        .collect()
}

/// Probabilities in percent, or the outputs themselves if they are not probabilities.
fn text(input: &Input, predictions: &[Prediction], output: Output) -> String {
    let predictions: Vec<String> = predictions
        .iter()
        .map(|prediction| match output {
            Output::Softmax => {
                format!("{} {:.1} %", printable(prediction.class), 100.0 * prediction.output)
            }
            Output::Activation(_) => {
                format!("{} {:.3}", printable(prediction.class), prediction.output)
            }
        })
        .collect();
    format!("{input}: {}\n", predictions.join(", "))
}

fn json(input: &Input, predictions: &[Prediction]) -> String {
    let classes: Vec<_> = predictions
        .iter()
        .map(|prediction| {
            serde_json::json!({
                "class": prediction.class, "label": prediction.label, "output": prediction.output,
            })
        })
        .collect();
    format!("{}\n", serde_json::json!({ "picture": input.to_string(), "classes": classes }))
}
