//! dreamer beside plain PyTorch, in turns within one run: gradient steps and whole dreams; and the
//! steps of dreamer's own core beside those of its libtorch executor.
//!
//! `make bench` runs it. The Python of `$PYTHON` (default `python3`) must have torch, torchvision
//! and safetensors; without them only our own times are printed. `cargo bench -- WORD` runs the
//! rows whose name contains the word; `$DEVICE` chooses the device (default `cpu`).

#[path = "../tests/common/generated.rs"]
mod generated;
#[path = "common/python.rs"]
mod python;
#[path = "common/turns.rs"]
mod turns;
#[path = "common/weight_file.rs"]
mod weight_file;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use dreamer::backend::core::Core;
use dreamer::backend::torch::Torch;
use dreamer::backend::{Backend, DeviceChoice, Record, Rectangle, Seed, View};
use dreamer::network::{Graph, NodeId, Shape, find_layer, multiplications, truncate, zoo};
use dreamer::weights::{Tensor, Weights};

use python::Python;
use turns::{ROUNDS, heading, median, row, wanted};

const THREADS: usize = 2;
/// Steps in each run; the first is not counted.
const STEPS: usize = 6;
const HEIGHT: usize = 576;
const WIDTH: usize = 1024;

/// A network and the layer that is dreamed.
const ROWS: &[(&str, &str)] = &[("googlenet", "inception4c"), ("squeezenet1_0", "features.12")];

fn main() {
    dreamer::backend::torch::tune_process(THREADS);
    Torch::set_threads(Some(THREADS));
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let python = Python::find("torch, torchvision, safetensors");
    println!("{THREADS} threads; matrix multiply {:.0} GFLOP/s", matrix_multiply_rate());
    heading("theirs");
    let weights = |model: &str| folder.path().join(format!("{model}.safetensors"));
    // First the dreams: a program's peak is never told to be below that of the one that starts it.
    for (model, layer) in ROWS {
        weight_file::generate(model, &weights(model));
        let name = format!("dream {model} {layer} {WIDTH}×{HEIGHT}");
        if wanted(&name) {
            dreams(&name, model, layer, &weights(model), folder.path(), python.as_ref());
        }
    }
    for (model, layer) in ROWS {
        let name = format!("step {model} {layer} {WIDTH}×{HEIGHT}");
        if wanted(&name) {
            steps(&name, model, layer, &weights(model), python.as_ref());
        }
        let name = format!("core {model} {layer} {WIDTH}×{HEIGHT}");
        if wanted(&name) {
            core_steps(&name, model, layer);
        }
    }
}

/// `$DEVICE`, by default the CPU.
fn device() -> DeviceChoice {
    std::env::var("DEVICE").map_or(DeviceChoice::Cpu, |name| name.parse().expect("a device's name"))
}

/// A call of the script beside this file.
fn script(python: &Python, arguments: &[&str]) -> Command {
    let mut command = python.script("pytorch_dream.py");
    command.args(arguments).args(["--threads", &THREADS.to_string()]);
    command.args(["--device", &device().to_string()]);
    command
}

/// Gradient steps, ours and theirs in turn.
fn steps(name: &str, model: &str, layer: &str, weights: &Path, python: Option<&Python>) {
    let cut = Cut::new(model, layer);
    let torch = cut.torch(device());
    let weights = weights.display().to_string();

    let (mut ours, mut theirs) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        ours.push(median(our_steps(&torch)));
        if let Some(python) = python {
            let (height, width, steps) =
                (HEIGHT.to_string(), WIDTH.to_string(), (STEPS - 1).to_string());
            let arguments = [
                "steps",
                &height,
                &width,
                &steps,
                "--model",
                model,
                "--layer",
                layer,
                "--weights",
                &weights,
            ];
            let output = script(python, &arguments).output().expect("Python runs");
            theirs.push(median(numbers(&output.stdout)));
        }
    }
    row(name, "ms", &ours, &theirs);
    cut.tell_rate(median(ours));
}

/// Gradient steps on the core and, as theirs, on the libtorch executor's CPU, in turns.
fn core_steps(name: &str, model: &str, layer: &str) {
    let cut = Cut::new(model, layer);
    let torch = cut.torch(DeviceChoice::Cpu);
    let core = Core::new(&cut.graph, cut.weights(), &cut.targets);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(THREADS).build();
    let pool = pool.expect("there are threads");
    let (mut ours, mut libtorchs) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        ours.push(median(pool.install(|| our_steps(&core))));
        libtorchs.push(median(our_steps(&torch)));
    }
    row(name, "ms", &ours, &libtorchs);
    cut.tell_rate(median(ours));
}

/// A network that ends with the layer that is dreamed.
struct Cut {
    graph: Graph,
    targets: Vec<NodeId>,
}

impl Cut {
    fn new(model: &str, layer: &str) -> Cut {
        let graph = zoo::build(model).expect("the zoo has it");
        let target = find_layer(&graph, layer).expect("the network has it");
        let (graph, targets) = truncate(&graph, &[target]);
        Cut { graph, targets }
    }

    fn weights(&self) -> Weights {
        generated::weights(&self.graph)
            .into_iter()
            .map(|(name, shape, values)| (name, Tensor::new(shape, values)))
            .collect()
    }

    fn torch(&self, device: DeviceChoice) -> Torch {
        let device = dreamer::backend::torch::open(device).expect("the device is there");
        Torch::new(&self.graph, self.weights(), &self.targets, device)
            .expect("the network can be built")
    }

    /// Prints how fast the convolutions of a step are, forward and back.
    fn tell_rate(&self, milliseconds: f64) {
        let multiplications = multiplications(&self.graph, HEIGHT, WIDTH);
        let operations = 4 * multiplications.expect("the picture is large");
        let rate = operations as f64 / (milliseconds / 1e3) / 1e9;
        println!(
            "{:<44} {rate:>6.0} GFLOP/s of convolutions: {:.0} % of the matrix multiply",
            "",
            100.0 * rate / matrix_multiply_rate()
        );
    }
}

fn our_steps<B: Backend>(backend: &B) -> Vec<f64> {
    let shape = Shape { channels: 3, height: HEIGHT, width: WIDTH };
    let upload = |values| backend.upload(shape, values).expect("there is memory");
    let mut picture = upload(generated::tensor("input", &[3, HEIGHT, WIDTH]));
    let mut gradient = upload(vec![0.0; shape.volume()]);
    let mut times = vec![];
    for index in 0..STEPS as isize {
        let start = Instant::now();
        let view = View { top: -index, left: index, ..View::whole(HEIGHT, WIDTH) };
        let mut step = || -> Result<(), dreamer::backend::Error> {
            let trace = backend.forward(&picture, view, Record::Gradient)?;
            {
                let activation = &backend.activations(&trace)[0];
                backend.dot(activation, activation, None)?;
            }
            let seeds = vec![Seed::Activation { factor: 1.0 }];
            backend.backward(trace, seeds, Rectangle::whole(HEIGHT, WIDTH), &mut gradient)?;
            let sums = backend.sums(&gradient)?;
            let rate = 1.5 / 255.0 / (sums.absolute / sums.count as f64);
            backend.add_scaled(&mut picture, &gradient, rate)?;
            backend.clamp(&mut picture, 0.0, 1.0)
        };
        step().expect("it computes");
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.split_off(1)
}

/// Whole programs with default settings, from start to written file.
fn dreams(
    name: &str,
    model: &str,
    layer: &str,
    weights: &Path,
    folder: &Path,
    python: Option<&Python>,
) {
    let photo = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/mountains.jpg");
    let weights = weights.display().to_string();
    let result = folder.join("dream.png").display().to_string();
    let options = ["--model", model, "--layer", layer, "--weights", &weights];
    let (mut ours, mut theirs) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dreamer"));
        command.args([photo, "-o", &result, "--force", "--quiet"]).args(options);
        command.args(["--threads", &THREADS.to_string(), "--device", &device().to_string()]);
        ours.push(measure(&mut command));
        if let Some(python) = python {
            let command = &mut script(python, &["dream", photo, &result]);
            theirs.push(measure(command.args(options)));
        }
    }
    let part = |runs: &[Usage], part: fn(&Usage) -> f64| runs.iter().map(part).collect::<Vec<_>>();
    row(name, "s", &part(&ours, |run| run.seconds), &part(&theirs, |run| run.seconds));
    let peaks = |runs: &[Usage]| part(runs, |run| run.peak_mebibytes);
    row(&format!("{name}, peak"), "MiB", &peaks(&ours), &peaks(&theirs));
}

/// What a finished program took.
struct Usage {
    seconds: f64,
    peak_mebibytes: f64,
}

fn measure(command: &mut Command) -> Usage {
    let start = Instant::now();
    let mut child = command.stdout(Stdio::null()).spawn().expect("the program starts");
    let (mut status, mut usage) = (0, std::mem::MaybeUninit::<libc::rusage>::zeroed());
    // SAFETY: the child is ours and not waited for elsewhere; both results are valid to write to.
    let waited =
        unsafe { libc::wait4(child.id() as libc::pid_t, &mut status, 0, usage.as_mut_ptr()) };
    assert!(waited > 0 && status == 0, "the program failed: {command:?}");
    // Reaped above, where its usage is told; this only closes the handle.
    let _ = child.wait();
    // SAFETY: `wait4` succeeded and filled it; all zeros would be valid too.
    let usage = unsafe { usage.assume_init() };
    Usage {
        seconds: start.elapsed().as_secs_f64(),
        peak_mebibytes: usage.ru_maxrss as f64 / 1024.0,
    }
}

fn numbers(output: &[u8]) -> Vec<f64> {
    String::from_utf8_lossy(output).lines().filter_map(|line| line.parse().ok()).collect()
}

/// The rate of libtorch's own matrix multiply, in GFLOP/s.
fn matrix_multiply_rate() -> f64 {
    const SIZE: i64 = 3072;
    let options = (tch::Kind::Float, tch::Device::Cpu);
    let (a, b) =
        (tch::Tensor::rand([SIZE, SIZE], options), tch::Tensor::rand([SIZE, SIZE], options));
    let time = || {
        let start = Instant::now();
        let _ = a.matmul(&b);
        start.elapsed().as_secs_f64()
    };
    time();
    let best = (0..5).map(|_| time()).fold(f64::INFINITY, f64::min);
    2.0 * (SIZE as f64).powi(3) / best / 1e9
}
