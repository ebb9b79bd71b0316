//! `dreamer train` beside plain PyTorch: epochs in turns, on the same pictures.
//!
//! `make bench` runs it; the Python of `$PYTHON` (default `python3`) must have torch, and without it
//! only our own times are printed. `cargo bench --bench training_against_pytorch -- WORD` runs the rows
//! whose name contains the word. The pictures are MNIST's, from the folder `$MNIST` or the `data/mnist` of
//! `$DREAMER_SHARED`; where neither is set, digits are drawn.

#[path = "common/python.rs"]
mod python;
#[path = "common/turns.rs"]
mod turns;

use std::io::{BufRead, BufReader, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::time::Instant;

use dreamer::train::data::{DataSet, DataSource, Examples, LoadOptions};
use dreamer::train::{Choices, Inputs, Rule, Schedule, Training};

use python::Python;
use turns::{ROUNDS, heading, median, row, wanted};

const THREADS: usize = 2;
/// A network and how it is trained, on both sides.
struct Case {
    name: &'static str,
    /// What the script beside this file calls it.
    script: &'static str,
    network: &'static str,
    optimizer: &'static str,
    learning_rate: f64,
    batch_size: usize,
    inputs: Inputs,
    /// The radius of adversarial examples in L2; 0: none.
    radius: f64,
    /// Training pictures of an epoch.
    pictures: usize,
}

const CASES: [Case; 3] = [
    Case {
        name: "lenet, batches of 64",
        script: "lenet",
        network: "lenet",
        optimizer: "momentum:momentum=0.9",
        learning_rate: 0.02,
        batch_size: 64,
        inputs: Inputs::Standardized,
        radius: 0.0,
        pictures: 60_000,
    },
    // As in Nielsen's book: sigmoids and the quadratic loss.
    Case {
        name: "mlp 784-30-10, batches of 10",
        script: "mlp",
        network: "mlp:784-30-10",
        optimizer: "sgd",
        learning_rate: 3.0,
        batch_size: 10,
        inputs: Inputs::Plain,
        radius: 0.0,
        pictures: 60_000,
    },
    Case {
        name: "adversarial vgg_bn, batches of 64",
        script: "vgg_bn",
        network: "vgg_bn:24-24/48-48/96-96",
        optimizer: "momentum:momentum=0.9",
        learning_rate: 0.02,
        batch_size: 64,
        inputs: Inputs::Standardized,
        radius: 1.5,
        pictures: 2_048,
    },
];

fn main() {
    let python = Python::find("torch");
    let pool = rayon::ThreadPoolBuilder::new().num_threads(THREADS).build();
    pool.expect("there are threads").install(|| {
        println!("{THREADS} threads");
        heading("theirs");
        for case in CASES.iter().filter(|case| wanted(case.name)) {
            let data = data(case.pictures);
            let folder = tempfile::tempdir().expect("a temporary folder can be made");
            write(&data, folder.path());
            compare(case, &data, folder.path(), python.as_ref());
        }
    });
}

/// MNIST, or drawn digits.
fn data(pictures: usize) -> DataSet {
    let shared = || Some(PathBuf::from(std::env::var_os("DREAMER_SHARED")?).join("data/mnist"));
    let mnist = std::env::var_os("MNIST").map(PathBuf::from).or_else(shared);
    let source = mnist.map_or(DataSource::Digits, DataSource::Mnist);
    let options = LoadOptions { training: Some(pictures), ..LoadOptions::default() };
    source.load(&options).unwrap_or_else(|error| panic!("{source}: {error}")).data
}

/// Writes the pictures as the script reads them.
fn write(data: &DataSet, folder: &Path) {
    for (part, Examples { pixels, labels }) in [("training", &data.training), ("test", &data.test)]
    {
        let labels: Vec<u8> = labels.iter().map(|label| *label as u8).collect();
        for (kind, bytes) in [("pixels", pixels), ("labels", &labels)] {
            let path = folder.join(format!("{part}.{kind}"));
            std::fs::write(path, bytes).expect("the temporary folder has room");
        }
    }
}

/// What an epoch came to.
struct Epoch {
    seconds: f64,
    test_error: f64,
}

fn compare(case: &Case, data: &DataSet, folder: &Path, python: Option<&Python>) {
    let adversary = format!("l2:radius={},steps=3,ramp=0", case.radius);
    let adversary = (case.radius > 0.0).then(|| adversary.parse().expect("it is an adversary"));
    let choices = Choices {
        adversarial: adversary,
        network: Some(case.network.parse().expect("there is such a network")),
        inputs: Some(case.inputs),
        optimizer: Some(case.optimizer.parse().expect("there is such a rule")),
        learning_rate: Some(case.learning_rate),
        schedule: Some(Schedule::Constant),
        batch_size: Some(case.batch_size),
        weight_decay: Some(0.0),
        epochs: Some(ROUNDS),
        ..Choices::default()
    };
    let mut training =
        Training::new(choices.resolve(), data, THREADS).expect("the network takes the pictures");
    let mut script = python.map(|python| Script::start(python, case, &training, folder));
    let (mut ours, mut theirs) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        ours.push(epoch(&mut training));
        theirs.extend(script.as_mut().map(Script::epoch));
    }
    let seconds = |epochs: &[Epoch]| epochs.iter().map(|epoch| epoch.seconds).collect::<Vec<_>>();
    row(&format!("epoch {}", case.name), "s", &seconds(&ours), &seconds(&theirs));
    let steps = data.training.len().div_ceil(case.batch_size) as f64;
    let step = |epochs: &[Epoch]| median(seconds(epochs)) / steps * 1e6;
    let error = |epochs: &[Epoch]| 100.0 * epochs[epochs.len() - 1].test_error;
    println!("  {} pictures ({})", data.training.len(), data.name);
    let told = |epochs: &[Epoch]| format!("{:.1} µs, {:.2} %", step(epochs), error(epochs));
    let theirs =
        if theirs.is_empty() { String::new() } else { format!("; theirs {}", told(&theirs)) };
    println!("  a step, and the test error after {ROUNDS} epochs: ours {}{theirs}", told(&ours));
}

/// Trains an epoch; the time is that of shuffling and of the steps, without the test.
fn epoch(training: &mut Training) -> Epoch {
    let start = Instant::now();
    let mut end = start;
    let epoch = training.epoch(|step| {
        if step.step == step.steps {
            end = Instant::now();
        }
        ControlFlow::Continue(())
    });
    let epoch = epoch.expect("it learns").expect("nothing breaks it off");
    Epoch { seconds: (end - start).as_secs_f64(), test_error: epoch.test.error }
}

/// The script's process, which waits between its epochs.
struct Script {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Script {
    fn start(python: &Python, case: &Case, training: &Training, folder: &Path) -> Script {
        let preprocessing = training.graph().preprocessing();
        let mut command = python.script("pytorch_training.py");
        command.arg(case.script).arg(folder);
        let mut option = |name: &str, value: f64| {
            command.args([format!("--{name}"), value.to_string()]);
        };
        option("mean", preprocessing.mean[0].into());
        option("deviation", preprocessing.std[0].into());
        option("batch-size", case.batch_size as f64);
        option("learning-rate", case.learning_rate);
        if let Rule::Momentum { momentum } = training.settings().optimizer {
            option("momentum", momentum);
        }
        option("radius", case.radius);
        option("threads", THREADS as f64);
        let mut child =
            (command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()).expect("Python starts");
        let orders = child.stdin.take().expect("it is piped");
        let answers = BufReader::new(child.stdout.take().expect("it is piped"));
        Script { child, orders, answers }
    }

    fn epoch(&mut self) -> Epoch {
        writeln!(self.orders).expect("the script listens");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the script answers");
        let numbers: Vec<f64> =
            line.split(' ').filter_map(|word| word.trim().parse().ok()).collect();
        let [seconds, test_error] = numbers[..] else { panic!("the script failed: {line:?}") };
        Epoch { seconds, test_error }
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        // It may have ended by itself already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
