//! `dreamer classify`: what a trained network takes pictures for.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::arguments::up_to;
use super::exit::Exit;
use super::interrupt;
use super::print::{print, printable};
use super::progress::Display;
use dreamer::backend::core::Replicas;
use dreamer::network::{Output, Preprocessing};
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
    /// Pictures; `-` is standard input. What is too wide or too high is cut off, the rest scaled
    #[arg(required = true, value_hint = ValueHint::FilePath)]
    pub pictures: Vec<Input>,

    /// Weights that dreamer train wrote
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub weights: PathBuf,

    /// Number of classes to print, the best first
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = up_to::<65_536>)]
    pub top: usize,

    /// Exchange light and dark: MNIST's digits are light on black
    #[arg(long)]
    pub invert: bool,

    /// Print JSON, a line for each picture
    #[arg(long)]
    pub json: bool,
}

/// A class and what the network answers for it.
struct Answer<'a> {
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
    let mut replicas = Replicas::new(&network.graph, 1, [shape.height, shape.width], 1)?;
    for input in &arguments.pictures {
        let picture = picture::read(input, &Limits::default())?;
        let mut planes = scaled(&picture, shape);
        if arguments.invert {
            planes.data_mut().iter_mut().for_each(|value| *value = 1.0 - *value);
        }
        let values = preprocessed(&planes, shape.channels, description.form.preprocessing);
        replicas.predict(&parameters, &values, 1);
        let mut answers: Vec<Answer> = description
            .classes
            .iter()
            .zip(replicas.outputs())
            .enumerate()
            .map(|(label, (class, output))| Answer { class, label, output: *output })
            .collect();
        answers.sort_by(|a, b| b.output.total_cmp(&a.output));
        answers.truncate(arguments.top);
        let line = if arguments.json {
            json(input, &answers)
        } else {
            text(input, &answers, description.form.output)
        };
        print(&line)?;
    }
    Ok(())
}

/// The values that the network is given: red, green and blue, or their mean.
fn preprocessed(planes: &Planes, channels: usize, preprocessing: Preprocessing) -> Vec<f32> {
    let Preprocessing { mean, deviation } = preprocessing;
    let pixels = planes.width() * planes.height();
    let value = |channel: usize, pixel: usize| match channels {
        1 => (0..3).map(|channel| planes.plane(channel)[pixel]).sum::<f32>() / 3.0,
        _ => planes.plane(channel)[pixel],
    };
    (0..channels * pixels)
        .map(|index| (index / pixels, index % pixels))
        .map(|(channel, pixel)| (value(channel, pixel) - mean[channel]) / deviation[channel])
        .collect()
}

/// Probabilities in percent; the outputs themselves, where they are none.
fn text(input: &Input, answers: &[Answer], output: Output) -> String {
    let answers: Vec<String> = answers
        .iter()
        .map(|answer| match output {
            Output::Softmax => {
                format!("{} {:.1} %", printable(answer.class), 100.0 * answer.output)
            }
            Output::Activation(_) => format!("{} {:.3}", printable(answer.class), answer.output),
        })
        .collect();
    format!("{input}: {}\n", answers.join(", "))
}

fn json(input: &Input, answers: &[Answer]) -> String {
    let classes: Vec<_> = answers
        .iter()
        .map(|answer| {
            serde_json::json!({
                "class": answer.class, "label": answer.label, "output": answer.output,
            })
        })
        .collect();
    format!("{}\n", serde_json::json!({ "picture": input.to_string(), "classes": classes }))
}
