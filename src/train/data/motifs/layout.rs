//! Where the figures of a patch lie: one that fills it, a few, or a pattern of many.

use std::f32::consts::{PI, TAU};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::canvas::{Canvas, Motif};
use super::geometry::{Frame, Point};

/// How figures of a kind like to lie.
#[derive(Clone, Copy, Debug)]
pub struct Habit {
    /// The largest angle (radians) from upright.
    pub tilt: f32,
    /// Radius of the largest figure; a patch is 2 wide.
    pub largest: f32,
    /// Smallest and largest radius of a pattern's figures.
    pub repeated: [f32; 2],
    /// Spacing of a pattern's figures in units of their radius, across and down.
    pub spacing: [f32; 2],
    /// Whether all figures of a pattern turn alike.
    pub aligned: bool,
}

/// Paints one figure or many; `figure` draws their kind.
pub fn paint_figures<M: Motif>(
    canvas: &mut Canvas,
    habit: &Habit,
    rng: &mut ChaCha8Rng,
    mut figure: impl FnMut(&mut ChaCha8Rng) -> M,
) {
    let layout = match rng.random_range(0.0..1.0) {
        0.0..0.48 => single,
        0.48..0.7 => few,
        _ => pattern,
    };
    let frames = layout(habit, rng);
    let kinds: Vec<M> = (0..rng.random_range(1..=3)).map(|_| figure(rng)).collect();
    let shadow = if rng.random_bool(0.5) { rng.random_range(0.2..0.55) } else { 0.0 };
    let offset = Point::polar(rng.random_range(0.05..0.14), rng.random_range(0.0..TAU));
    for frame in frames {
        let kind = &kinds[rng.random_range(0..kinds.len())];
        if shadow > 0.0 {
            let shifted = frame.moved(offset * frame.scale);
            canvas.shade(&shifted, kind, shadow);
        }
        canvas.paint(&frame, kind);
    }
}

fn tilt(habit: &Habit, rng: &mut ChaCha8Rng) -> f32 {
    rng.random_range(-1.0..1.0) * habit.tilt
}

fn single(habit: &Habit, rng: &mut ChaCha8Rng) -> Vec<Frame> {
    let scale = rng.random_range(0.6..1.0) * habit.largest;
    let play = (1.0 - scale).abs().max(0.15);
    let centre = Point::new(rng.random_range(-play..play), rng.random_range(-play..play));
    vec![Frame::new(centre, scale, tilt(habit, rng)).mirrored(rng.random())]
}

/// Places each figure where it is farthest from the others, out of some tries.
fn few(habit: &Habit, rng: &mut ChaCha8Rng) -> Vec<Frame> {
    let count = rng.random_range(2..=5);
    let scale = habit.largest * 0.85 / (count as f32).sqrt();
    let mut frames: Vec<Frame> = Vec::with_capacity(count);
    for _ in 0..count {
        let place = |rng: &mut ChaCha8Rng| {
            Point::new(rng.random_range(-0.8..0.8), rng.random_range(-0.8..0.8))
        };
        let room = |centre: &Point| {
            let distances = frames.iter().map(|frame| (frame.centre - *centre).length());
            distances.fold(f32::INFINITY, f32::min)
        };
        let centre = (0..8)
            .map(|_| place(rng))
            .max_by(|one, other| room(one).total_cmp(&room(other)))
            .expect("there are tries");
        let scale = scale * rng.random_range(0.65..1.15);
        frames.push(Frame::new(centre, scale, tilt(habit, rng)).mirrored(rng.random()));
    }
    frames
}

/// Rows of figures, every other row shifted, the whole turned.
fn pattern(habit: &Habit, rng: &mut ChaCha8Rng) -> Vec<Frame> {
    let [smallest, largest] = habit.repeated;
    let scale = rng.random_range(smallest..largest);
    let [across, down] = habit.spacing.map(|spacing| spacing * scale);
    let turn = if habit.aligned { tilt(habit, rng) } else { rng.random_range(-PI..PI) };
    let (sine, cosine) = turn.sin_cos();
    let shift = if rng.random_bool(0.6) { 0.5 } else { 0.0 };
    let jitter = rng.random_range(0.0..0.12) * scale;
    let own_turn = if habit.aligned { 0.12 } else { habit.tilt };
    let upright = if habit.aligned { turn } else { 0.0 };
    let start = Point::new(rng.random_range(0.0..1.0), rng.random_range(0.0..1.0));
    let reach = (1.5 / across.min(down)).ceil() as i32 + 1;
    let mut frames = Vec::new();
    for row in -reach..=reach {
        // Backwards, so that what points forwards lies on what comes next.
        for column in (-reach..=reach).rev() {
            let along = column as f32 + start.x + shift * (row & 1) as f32;
            let place = Point::new(along * across, (row as f32 + start.y) * down);
            let shake = Point::new(rng.random_range(-1.0..1.0), rng.random_range(-1.0..1.0));
            let centre = place.turned(cosine, -sine) + shake * jitter;
            let angle = upright + rng.random_range(-1.0..1.0) * own_turn;
            if centre.x.abs().max(centre.y.abs()) < 1.0 + scale {
                frames.push(Frame::new(centre, scale, angle));
            }
        }
    }
    frames
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    const HABIT: Habit =
        Habit { tilt: PI, largest: 1.1, repeated: [0.3, 0.5], spacing: [2.0, 1.8], aligned: false };

    #[test]
    fn every_layout_has_figures_on_the_patch() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        for layout in [single, few, pattern] {
            for _ in 0..100 {
                let frames = layout(&HABIT, &mut rng);
                let on_patch = |frame: &Frame| frame.centre.x.abs().max(frame.centre.y.abs()) < 1.0;
                assert!(frames.iter().any(on_patch));
            }
        }
    }

    #[test]
    fn a_pattern_repeats_its_figure_many_times() {
        let mut rng = ChaCha8Rng::seed_from_u64(6);
        for _ in 0..100 {
            assert!(pattern(&HABIT, &mut rng).len() >= 4);
        }
    }
}
