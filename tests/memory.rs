//! A dream takes no more memory than the core says.
//!
//! This is a program of its own with one test in it, since the memory is the whole process's.
#![cfg(target_os = "linux")]

use std::fs;

use dreamer::backend::core::{Core, ParameterLayout, bytes_per_pixel};
use dreamer::backend::{Arrays, Backend, Record, Rectangle, Seed, View};
use dreamer::network::{Shape, find_layer, truncate, zoo};

#[test]
fn a_step_takes_about_the_memory_that_the_core_expects() {
    let graph = zoo::build("squeezenet1_1").unwrap();
    let target = find_layer(&graph, "features.9").unwrap();
    let (graph, targets) = truncate(&graph, &[target]);
    let layout = ParameterLayout::new(&graph);
    let weights = layout.tensors(&vec![0.01; layout.len()]);
    let core = Core::new(&graph, weights, &targets);

    // However many processors there are: each thread has buffers of its own, which are not expected.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    let before = resident("VmRSS");
    // As octaves do, each picture is larger than the last one.
    pool.install(|| {
        for (height, width) in [(300, 400), (420, 560), (600, 800)] {
            let shape = Shape { channels: 3, height, width };
            let filled = |value| core.upload(shape, vec![value; shape.volume()]).unwrap();
            let (picture, mut gradient) = (filled(0.5), filled(0.0));
            let trace =
                core.forward(&picture, View::whole(height, width), Record::Gradient).unwrap();
            let seeds = vec![Seed::Activation { factor: 1.0 }];
            let kept = Rectangle::whole(height, width);
            core.backward(trace, seeds, kept, &mut gradient).unwrap();
        }
    });
    let pictures = 2 * 3 * size_of::<f32>();
    let expected = (600 * 800 * (pictures + bytes_per_pixel(&graph, &targets))) as f64;
    let taken = (resident("VmHWM") - before) as f64;
    println!("{:.0} MB, and {:.0} MB expected", taken / 1e6, expected / 1e6);
    let share = taken / expected;
    assert!((0.7..1.2).contains(&share), "{:.0} MB of {:.0} MB", taken / 1e6, expected / 1e6);
}

/// Bytes of this process in memory: now (`VmRSS`), or at most so far (`VmHWM`).
fn resident(key: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(key)).unwrap();
    let kilobytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    1024 * kilobytes
}
