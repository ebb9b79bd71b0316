//! Pixels between the picture's planes and the network's channels-last input.

use super::parallel;
use crate::backend::Rectangle;
use crate::backend::pixels::Rolled;
use crate::network::Preprocessing;

/// Writes the window of the rolled picture into `output` (height×width×3), preprocessed.
pub fn take(
    picture: &[f32],
    rolled: Rolled,
    window: Rectangle,
    preprocessing: Preprocessing,
    output: &mut [f32],
) {
    let plane = rolled.height * rolled.width;
    parallel::for_each_chunk(output, window.width * 3, |y, output| {
        let row = rolled.row(window.top + y) * rolled.width;
        for (from, to, length) in rolled.column_runs(window.left, window.width) {
            let start = to - window.left;
            let pixels = &mut output[start * 3..(start + length) * 3];
            let planes = [0, 1, 2].map(|channel| {
                &picture[channel * plane + row + from..channel * plane + row + from + length]
            });
            for (x, pixel) in pixels.as_chunks_mut::<3>().0.iter_mut().enumerate() {
                for channel in 0..3 {
                    pixel[channel] = (planes[channel][x] - preprocessing.mean[channel])
                        / preprocessing.deviation[channel];
                }
            }
        }
    });
}

/// Writes the kept part of a window's gradient (height×width×3, with respect to the preprocessed
/// input) into the picture's gradient planes.
pub fn put(
    gradient: &[f32],
    rolled: Rolled,
    window: Rectangle,
    kept: Rectangle,
    preprocessing: Preprocessing,
    planes: &mut [f32],
) {
    let plane = rolled.height * rolled.width;
    let (red, rest) = planes.split_at_mut(plane);
    let (green, blue) = rest.split_at_mut(plane);
    for (channel, plane) in [red, green, blue].into_iter().enumerate() {
        let deviation = preprocessing.deviation[channel];
        parallel::for_each_chunk(plane, rolled.width, |picture_y, row| {
            let y = rolled.rolled_row(picture_y);
            if !(kept.top..kept.top + kept.height).contains(&y) {
                return;
            }
            let line = &gradient[(y - window.top) * window.width * 3..][..window.width * 3];
            for (to, from, length) in rolled.column_runs(kept.left, kept.width) {
                let start = from - window.left;
                let pixels = line[start * 3..(start + length) * 3].as_chunks::<3>().0;
                for (value, pixel) in row[to..to + length].iter_mut().zip(pixels) {
                    *value = pixel[channel] / deviation;
                }
            }
        });
    }
}
