//! How long photographs would take: a few gradient steps, measured, and what they come to.

use std::thread;
use std::time::{Duration, Instant};

use super::super::exit::Exit;
use super::report::{duration, photographs};
use super::worker::Worker;
use dreamer::Size;
use dreamer::dream::{Plan, Settings};
use dreamer::picture::Planes;

/// Steps that are measured in each lane, after one that is not.
const STEPS: usize = 3;

/// A step is measured on a picture of at most this many pixels.
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

/// Says how long it would take to dream what is planned.
///
/// # Errors
/// [`Exit`] where a step fails.
pub fn report(worker: &Worker, planned: Vec<Plan>) -> Result<(), Exit> {
    let [mut shared, mut exclusive] = [Share::default(), Share::default()];
    for plan in &planned {
        let size = plan.size();
        let is_exclusive = worker.scheduler.is_exclusive(size, plan.bytes_per_pixel());
        let share = if is_exclusive { &mut exclusive } else { &mut shared };
        let pixels: usize = plan.octaves.sizes.iter().map(|size| size.pixels()).sum();
        share.count += 1;
        share.pixels += (pixels * plan.settings.iterations) as f64;
        share.example = Some(size);
    }
    let mut seconds = 0.0;
    for (share, is_exclusive) in [(shared, false), (exclusive, true)] {
        if let Some(size) = share.example {
            seconds += share.pixels / rate(worker, size, is_exclusive)?;
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

/// Pixels through which steps go in a second, in all dreams that go on side by side.
fn rate(worker: &Worker, size: Size, is_exclusive: bool) -> Result<f64, Exit> {
    let scale = (MOST as f64 / size.pixels() as f64).sqrt().min(1.0);
    let side = |side: usize| ((side as f64 * scale) as usize).max(1);
    let size = Size { height: side(size.height), width: side(size.width) };
    let lanes = if is_exclusive { 1 } else { worker.scheduler.side_by_side() };
    let picture = waves(size);
    let settings = Settings { octaves: 1, max_size: None, ..worker.settings().clone() };
    let measured = || {
        let dreamer = worker.scheduler.lease_for(is_exclusive, 0);
        let plan =
            |iterations| dreamer.plan(size, &Settings { iterations, ..settings.clone() }, None);
        dreamer.run(&plan(1)?, &picture, &mut ())?;
        let plan = plan(STEPS)?;
        let started = Instant::now();
        dreamer.run(&plan, &picture, &mut ())?;
        Ok::<_, Exit>((size.pixels() * STEPS) as f64 / started.elapsed().as_secs_f64())
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..lanes).map(|_| scope.spawn(measured)).collect();
        threads.into_iter().map(|thread| thread.join().expect("it does not panic")).sum()
    })
}

/// A picture of waves.
fn waves(size: Size) -> Planes {
    let wave = |index: usize| 0.5 + 0.4 * (index as f32 * 0.7).sin() * (index as f32 * 0.013).cos();
    Planes::new(size.width, size.height, (0..3 * size.pixels()).map(wave).collect())
}
