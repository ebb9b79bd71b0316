use dreamer::backend::core::*;
use dreamer::backend::*;
use dreamer::network::*;
use dreamer::picture::Planes;
use dreamer::weights::*;
use std::time::Instant;
fn cpu() -> f64 {
    let mut t: libc::rusage = unsafe { std::mem::zeroed() };
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut t) };
    t.ru_utime.tv_sec as f64 + t.ru_utime.tv_usec as f64 * 1e-6
}
fn main() {
    let model = std::env::args().nth(1).unwrap();
    let layer = std::env::args().nth(2).unwrap();
    let whole = zoo::build(&model).unwrap();
    let (g, t) = truncate(&whole, &[find_layer(&whole, &layer).unwrap()]);
    let weights: Weights = ParameterLayout::new(&g)
        .iter()
        .map(|p| {
            let v: usize = p.shape.iter().product();
            let fan: usize = p.shape[1..].iter().product::<usize>().max(1);
            (
                p.name.clone(),
                Tensor::new(
                    p.shape.clone(),
                    (0..v)
                        .map(|i| {
                            if p.name.ends_with("var") {
                                1.0
                            } else {
                                ((i * 7919 % 1009) as f32 / 1009.0 - 0.5)
                                    * (12.0 / fan as f32).sqrt()
                            }
                        })
                        .collect(),
                ),
            )
        })
        .collect();
    let size = [576, 1024];
    let mult = multiplications(&g, size[0], size[1]).unwrap();
    let core = Core::new(&g, weights, &t);
    let pic = Planes::new(
        size[1],
        size[0],
        (0..3 * size[0] * size[1]).map(|i| (i * 31 % 255) as f32 / 255.0).collect(),
    );
    let mut c = core.canvas(pic).unwrap();
    let tile = dreamer::dream::Tiling::new(&g, &t)
        .whole(dreamer::dream::Size { height: size[0], width: size[1] })[0]
        .clone();
    for _ in 0..6 {
        let (s, u) = (Instant::now(), cpu());
        let e = core.gradient(&mut c, Roll::default(), &tile, &|_| vec![1.0]).unwrap();
        let (w, u) = (s.elapsed().as_secs_f64(), cpu() - u);
        println!(
            "{model} {layer}: wall {:.0} ms cpu {:.0} ms, {:.0} GFLOP/s per core, energy {e:?}",
            w * 1e3,
            u * 1e3,
            mult as f64 * 4.0 / u / 1e9
        );
    }
}
