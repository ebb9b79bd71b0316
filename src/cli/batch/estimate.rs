//! How long photographs would take: a few gradient steps, measured, and what they come to.

use std::thread;
use std::time::{Duration, Instant};

use super::super::dream::photograph::Photograph;
use super::super::exit::Exit;
use super::lanes::{Need, Ready};
use super::report::{duration, photographs};
use super::worker::{Nobody, Worker};
use dreamer::dream::Size;
use dreamer::picture::{Depth, Picture, Planes};

/// Steps that are measured in each lane, after one that is not.
const STEPS: usize = 3;

/// A step is measured on a picture of at most so many pixels.
const MOST: usize = 1 << 20;

/// Photographs of one kind.
#[derive(Default)]
struct Share {
    count: usize,
    /// Pixels through which steps would go.
    pixels: f64,
    /// The last of them.
    example: Option<Size>,
}

/// Tells how long it would take to dream at `planned` octaves.
///
/// # Errors
/// [`Exit`] where a step fails.
pub fn tell(worker: &Worker, planned: Vec<Vec<Size>>) -> Result<(), Exit> {
    let [mut narrow, mut wide] = [Share::default(), Share::default()];
    for octaves in &planned {
        let size = *octaves.last().expect("there is the picture's own");
        let share = if worker.plan.is_wide(size) { &mut wide } else { &mut narrow };
        let pixels: usize = octaves.iter().map(|size| size.pixels()).sum();
        share.count += 1;
        share.pixels += (pixels * worker.arguments.dream.iterations) as f64;
        share.example = Some(size);
    }
    let mut seconds = 0.0;
    for (share, is_wide) in [(narrow, false), (wide, true)] {
        if let Some(size) = share.example {
            seconds += share.pixels / rate(worker, size, is_wide)?;
        }
    }
    if !planned.is_empty() {
        worker.report.note(&format!(
            "about {} for {}: {STEPS} gradient steps in each lane were measured just now; reading \
             and writing are not counted",
            duration(Duration::from_secs_f64(seconds)),
            photographs(planned.len())
        ));
    }
    Ok(())
}

/// Pixels through which steps go in a second, in all lanes together.
fn rate(worker: &Worker, size: Size, is_wide: bool) -> Result<f64, Exit> {
    let scale = (MOST as f64 / size.pixels() as f64).sqrt().min(1.0);
    let side = |side: usize| ((side as f64 * scale) as usize).max(1);
    let size = Size { height: side(size.height), width: side(size.width) };
    let lanes = if is_wide { 1 } else { worker.plan.narrow.len() };
    let need = if is_wide { Need::Wide } else { Need::Narrow(0) };
    let measured = || {
        let mut warm = photograph(worker, size, 1);
        let mut timed = photograph(worker, size, STEPS);
        worker.lanes.run(need, move |ready: &Ready| {
            warm.dream(&ready.loaded, &mut Nobody)?;
            let started = Instant::now();
            timed.dream(&ready.loaded, &mut Nobody)?;
            Ok::<_, Exit>((size.pixels() * STEPS) as f64 / started.elapsed().as_secs_f64())
        })?
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..lanes).map(|_| scope.spawn(measured)).collect();
        threads.into_iter().map(|thread| thread.join().expect("it does not panic")).sum()
    })
}

/// A picture of waves, to be dreamed at its own size alone.
fn photograph(worker: &Worker, size: Size, iterations: usize) -> Photograph {
    let wave = |index: usize| 0.5 + 0.4 * (index as f32 * 0.7).sin() * (index as f32 * 0.013).cos();
    let data = (0..3 * size.pixels()).map(wave).collect();
    let planes = Planes::new(size.width, size.height, data);
    let picture = Picture { planes, alpha: None, depth: Depth::Eight };
    Photograph::new(&worker.arguments.dream, picture, vec![size], worker.arguments.dream.tile)
        .with_iterations(iterations)
}
