//! Smooth curves through given points (Catmull-Rom splines).

pub type Spot = (f32, f32);

const STEPS: usize = 8;

/// The curve from the first of `spots` to the last, as a list of points.
pub fn curve(spots: &[Spot]) -> Vec<Spot> {
    let last = spots.len() - 1;
    let spot = |index: isize| spots[index.clamp(0, last as isize) as usize];
    let mut points: Vec<Spot> = (0..last).flat_map(|start| segment(&spot, start)).collect();
    points.push(spots[last]);
    points
}

/// The curve through all `spots` and back to the first, as a list of points.
pub fn closed_curve(spots: &[Spot]) -> Vec<Spot> {
    let count = spots.len() as isize;
    let spot = |index: isize| spots[index.rem_euclid(count) as usize];
    (0..spots.len()).flat_map(|start| segment(&spot, start)).collect()
}

fn segment(spot: &impl Fn(isize) -> Spot, start: usize) -> [Spot; STEPS] {
    let near = [-1, 0, 1, 2].map(|offset| spot(start as isize + offset));
    std::array::from_fn(|step| {
        let t = step as f32 / STEPS as f32;
        (interpolate(near.map(|p| p.0), t), interpolate(near.map(|p| p.1), t))
    })
}

fn interpolate([before, from, to, after]: [f32; 4], t: f32) -> f32 {
    let (start_slope, end_slope) = ((to - before) / 2.0, (after - from) / 2.0);
    let (t2, t3) = (t * t, t * t * t);
    from * (2.0 * t3 - 3.0 * t2 + 1.0)
        + start_slope * (t3 - 2.0 * t2 + t)
        + to * (3.0 * t2 - 2.0 * t3)
        + end_slope * (t3 - t2)
}
