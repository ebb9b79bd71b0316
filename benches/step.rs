//! Times one gradient step of a network with generated weights: `step MODEL LAYER HEIGHT WIDTH`.

use std::time::Instant;

use dreamer::backend::{Backend, Rectangle, Roll, Tile, torch::Torch};
use dreamer::network::{find_layer, truncate, zoo};
use dreamer::picture::Planes;
use dreamer::weights::{Tensor, Weights};

fn main() {
    let args: Vec<String> = std::env::args().filter(|a| a != "--bench").skip(1).collect();
    let graph = zoo::build(&args[0]).unwrap();
    let target = find_layer(&graph, &args[1]).unwrap();
    let (h, w): (usize, usize) = (args[2].parse().unwrap(), args[3].parse().unwrap());
    let (graph, targets) = truncate(&graph, &[target]);
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1664525).wrapping_add(1013904223);
        (state >> 8) as f32 / (1 << 24) as f32
    };
    let weights: Weights = graph
        .nodes()
        .iter()
        .flat_map(|n| {
            n.op.parameters()
                .into_iter()
                .map(move |(p, s)| (format!("{}.{p}", n.name), p, s))
                .collect::<Vec<_>>()
        })
        .map(|(name, p, s)| {
            let v: usize = s.iter().product();
            let fan: usize = s[1..].iter().product();
            let data = (0..v)
                .map(|_| match p {
                    "running_var" => 0.5 + next(),
                    _ if s.len() > 1 => (next() - 0.5) * 2.0 * (6.0 / fan as f32).sqrt(),
                    "weight" => 0.5 + next(),
                    _ => next() * 0.1,
                })
                .collect();
            (name, Tensor::new(s, data))
        })
        .collect();
    let torch = Torch::new(&graph, weights, &targets, tch::Device::Cpu).unwrap();
    let planes = Planes::new(w, h, (0..3 * h * w).map(|_| next()).collect());
    let mut canvas = torch.canvas(planes).unwrap();
    let whole = Rectangle::whole(h, w);
    let tile = Tile { window: whole, kept: whole, cells: vec![None] };
    let n: usize = std::env::var("N").ok().and_then(|n| n.parse().ok()).unwrap_or(5);
    for _ in 0..n {
        let t = Instant::now();
        let e = torch
            .gradient(&mut canvas, Roll { down: 3, right: -5 }, &tile, &|_| vec![1.0])
            .unwrap();
        let t1 = t.elapsed();
        let m = torch.magnitude(&canvas, dreamer::backend::Normalize::Mean).unwrap();
        torch.climb(&mut canvas, 1.5 / 255.0 / m).unwrap();
        println!(
            "gradient {:.1} ms, step {:.1} ms, energy {:.4e} magnitude {m:.4e}",
            t1.as_secs_f64() * 1e3,
            t.elapsed().as_secs_f64() * 1e3,
            e[0]
        );
    }
}
