//! Pixels between the picture's planes and the network's channels-last input.

use super::parallel;
use crate::backend::Rectangle;
use crate::backend::pixels::{Placement, Run, copy_run};
use crate::network::Preprocessing;

/// Writes a view of a picture into `output` (height×width×3, or height×width for the mean of red, green
/// and blue), preprocessed.
pub fn take(
    picture: &[f32],
    placement: Placement,
    preprocessing: Preprocessing,
    output: &mut [f32],
) {
    let Placement { height, width, view } = placement;
    let plane = height * width;
    let channels = output.len() / (view.height * view.width);
    let preprocess = if channels == 1 { grey } else { colours };
    parallel::for_each_chunk(output, view.width * channels, |y, output| {
        let row = placement.row(y) * width;
        for Run { picture: from, view: to, count, reversed } in placement.column_runs(0, view.width)
        {
            let pixels = &mut output[to * channels..(to + count) * channels];
            let planes = [0, 1, 2].map(|channel| &picture[channel * plane + row + from..][..count]);
            preprocess(planes, preprocessing, pixels);
            if reversed {
                mirror(pixels, channels);
            }
        }
    });
}

/// Turns a line of pixels round.
fn mirror(pixels: &mut [f32], channels: usize) {
    pixels.reverse();
    pixels.chunks_exact_mut(channels).for_each(<[f32]>::reverse);
}

fn colours(planes: [&[f32]; 3], preprocessing: Preprocessing, pixels: &mut [f32]) {
    let Preprocessing { mean, std } = preprocessing;
    for (x, pixel) in pixels.as_chunks_mut::<3>().0.iter_mut().enumerate() {
        for channel in 0..3 {
            pixel[channel] = (planes[channel][x] - mean[channel]) / std[channel];
        }
    }
}

fn grey([red, green, blue]: [&[f32]; 3], preprocessing: Preprocessing, pixels: &mut [f32]) {
    let ([mean, ..], [std, ..]) = (preprocessing.mean, preprocessing.std);
    for (((pixel, red), green), blue) in pixels.iter_mut().zip(red).zip(green).zip(blue) {
        *pixel = ((red + green + blue) / 3.0 - mean) / std;
    }
}

/// Adds the kept part of a view's gradient (height×width×3 or height×width, with respect to the
/// preprocessed input) to the picture's gradient planes.
pub fn put(
    gradient: &[f32],
    placement: Placement,
    kept: Rectangle,
    preprocessing: Preprocessing,
    planes: &mut [f32],
) {
    let Placement { height, width, view } = placement;
    let plane = height * width;
    let channels = gradient.len() / (view.height * view.width);
    let (red, rest) = planes.split_at_mut(plane);
    let (green, blue) = rest.split_at_mut(plane);
    for (colour, plane) in [red, green, blue].into_iter().enumerate() {
        let channel = if channels == 1 { 0 } else { colour };
        let divisor = preprocessing.std[channel] * (3 / channels) as f32;
        parallel::for_each_chunk(plane, width, |picture_y, row| {
            for y in placement.view_rows(picture_y, kept.top, kept.height) {
                let values = view.width * channels;
                let line = &gradient[y * values..][..values];
                for run in placement.column_runs(kept.left, kept.width) {
                    let Run { picture: to, view: from, count, reversed } = run;
                    let pixels = &line[from * channels..(from + count) * channels];
                    let row = &mut row[to..to + count];
                    match channels {
                        1 => add::<1>(pixels, channel, divisor, reversed, row),
                        _ => add::<3>(pixels, channel, divisor, reversed, row),
                    }
                }
            }
        });
    }
}

/// Adds one channel of pixels of `N` values, divided.
fn add<const N: usize>(
    pixels: &[f32],
    channel: usize,
    divisor: f32,
    reversed: bool,
    output: &mut [f32],
) {
    let values = pixels.as_chunks::<N>().0.iter().map(|pixel| pixel[channel]);
    copy_run(reversed, output, values, |output, value| *output += value / divisor);
}
