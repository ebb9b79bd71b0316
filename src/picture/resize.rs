//! Resizing with the triangle filter.

use super::Planes;
use crate::Size;
use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::F32;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};

/// `planes` at `width` × `height` pixels.
///
/// An axis that shrinks uses the antialiased bilinear (triangle) filter, one that grows plain
/// bilinear interpolation, both with half-pixel centres. This matches PyTorch's
/// `interpolate(mode="bilinear", antialias=True, align_corners=False)` to 1e-5.
///
/// # Panics
///
/// If a side of either size is 0, or above `u32::MAX`.
pub fn resize(planes: &Planes, width: usize, height: usize) -> Planes {
    if (planes.width(), planes.height()) == (width, height) {
        return planes.clone();
    }
    let mut data = Vec::with_capacity(3 * width * height);
    for channel in 0..3 {
        data.extend(resize_plane(planes.plane(channel), planes.size(), Size { height, width }));
    }
    Planes::new(width, height, data)
}

/// Likewise, where the picture goes on at its opposite edge along the axes that `wraps` says: from top to
/// bottom, and from left to right.
pub(crate) fn resize_wrapping(
    planes: &Planes,
    width: usize,
    height: usize,
    wraps: [bool; 2],
) -> Planes {
    let from = planes.size();
    if wraps == [false; 2] || (from.width, from.height) == (width, height) {
        return resize(planes, width, height);
    }
    // More than the filter sees on either side.
    let margin = |from: usize, to: usize, wraps: bool| {
        if wraps { from.div_ceil(to).max(1) + 2 } else { 0 }
    };
    let [above, beside] =
        [margin(from.height, height, wraps[0]), margin(from.width, width, wraps[1])];
    let padded = Size { height: from.height + 2 * above, width: from.width + 2 * beside };
    let place = |at: usize, margin: usize, length: usize| {
        (at as isize - margin as isize).rem_euclid(length as isize) as usize
    };
    let crop = [beside, above, from.width, from.height].map(|value| value as f64);
    let mut data = Vec::with_capacity(3 * width * height);
    for channel in 0..3 {
        let plane = planes.plane(channel);
        let row = |y: usize| &plane[place(y, above, from.height) * from.width..][..from.width];
        let around: Vec<f32> = (0..padded.height)
            .flat_map(|y| (0..padded.width).map(move |x| row(y)[place(x, beside, from.width)]))
            .collect();
        data.extend(resize_part(&around, padded, Some(crop), Size { height, width }));
    }
    Planes::new(width, height, data)
}

/// One plane of size `from` at size `to`, as [`resize`] does it.
pub(crate) fn resize_plane(plane: &[f32], from: Size, to: Size) -> Vec<f32> {
    resize_part(plane, from, None, to)
}

/// A part of a plane (left, top, width and height), which sees what is around it; all of it without one.
fn resize_part(plane: &[f32], from: Size, part: Option<[f64; 4]>, to: Size) -> Vec<f32> {
    let mut options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    if let Some([left, top, width, height]) = part {
        options = options.crop(left, top, width, height);
    }
    let pixels: Vec<F32> = plane.iter().copied().map(F32::new).collect();
    let source = TypedImageRef::new(side(from.width), side(from.height), &pixels)
        .expect("a plane holds width × height values");
    let mut target = TypedImage::new(side(to.width), side(to.height));
    Resizer::new()
        .resize_typed(&source, &mut target, &options)
        .expect("the whole source is a valid crop of itself");
    target.pixels().iter().map(|pixel| pixel.0).collect()
}

fn side(pixels: usize) -> u32 {
    assert!(pixels > 0, "a picture has at least one row and one column");
    u32::try_from(pixels).expect("a side has at most u32::MAX pixels")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHRUNK_10X7_TO_7X5: [f32; 105] = [
        0.1127391, 0.2757201, 0.457928, 0.6402116, 0.5603345, 0.6660788, 0.8290598, 0.3850902,
        0.6018682, 0.4151448, 0.5899471, 0.5062297, 0.4400679, 0.3433049, 0.6430236, 0.4582866,
        0.369548, 0.5613275, 0.4254061, 0.4933462, 0.6003996, 0.3819699, 0.4104775, 0.3841952,
        0.3377425, 0.4514991, 0.5827291, 0.3673179, 0.2853073, 0.3603763, 0.3596177, 0.5132275,
        0.4592934, 0.6535371, 0.5197395, 0.5730566, 0.723496, 0.6342379, 0.4232804, 0.2669398,
        0.4491476, 0.3907204, 0.6500475, 0.5019923, 0.4057575, 0.5987654, 0.4276611, 0.5659416,
        0.5084113, 0.2721723, 0.4705253, 0.5408928, 0.3751804, 0.4537541, 0.4713804, 0.4142524,
        0.4732737, 0.5990593, 0.4257837, 0.5723104, 0.3729306, 0.5246587, 0.6713471, 0.5111926,
        0.3566529, 0.6123912, 0.4656085, 0.3188258, 0.574564, 0.4200245, 0.4603175, 0.180482,
        0.3626899, 0.5449736, 0.4650964, 0.5708407, 0.7338217, 0.2898521, 0.5275328, 0.6658132,
        0.494709, 0.4109916, 0.5747599, 0.443427, 0.5477855, 0.3698894, 0.4292231, 0.5584416,
        0.330168, 0.4733579, 0.5690976, 0.5819427, 0.3319616, 0.6931217, 0.5246913, 0.6329863,
        0.5042132, 0.2720798, 0.4114775, 0.6539291, 0.5811572, 0.4179894, 0.5715993, 0.5708407,
        0.4245014,
    ];

    const GROWN_7X5_TO_10X7: [f32; 210] = [
        0.0, 0.0611111, 0.1388889, 0.2166667, 0.2944444, 0.3722222, 0.45, 0.5277778, 0.6055555,
        0.6666667, 0.1179138, 0.1939909, 0.2908163, 0.3876418, 0.4844671, 0.5812925, 0.6781179,
        0.7749433, 0.6105443, 0.367347, 0.2653061, 0.3600907, 0.4807256, 0.6013606, 0.5333333,
        0.5523809, 0.6730158, 0.7936507, 0.5877552, 0.2834468, 0.4126984, 0.5261905, 0.6706349,
        0.8150794, 0.2992065, 0.0880952, 0.2325396, 0.3769841, 0.5214285, 0.6349207, 0.5600907,
        0.6922903, 0.6791384, 0.3394557, 0.2827665, 0.3494332, 0.5176871, 0.6859411, 0.5276645,
        0.2607709, 0.7074831, 0.6189343, 0.4699546, 0.2556689, 0.4187075, 0.4583901, 0.3674602,
        0.5595238, 0.4903629, 0.3219955, 0.8253968, 0.4325397, 0.1865079, 0.3976191, 0.6087301,
        0.4642858, 0.0150793, 0.2261905, 0.4373015, 0.6031746, 0.4603175, 0.5214286, 0.5992064,
        0.6769841, 0.7547619, 0.8325397, 0.8595241, 0.2261905, 0.05, 0.1111111, 0.5782313,
        0.6543084, 0.7511338, 0.8479592, 0.5674604, 0.4611111, 0.5361679, 0.3282313, 0.3162131,
        0.3922902, 0.7256236, 0.660771, 0.6507936, 0.7714285, 0.4204082, 0.2870749, 0.4077097,
        0.5283448, 0.5183674, 0.4535147, 0.8730159, 0.4277778, 0.1150794, 0.2595238, 0.4039682,
        0.5484127, 0.6928571, 0.8373016, 0.5246034, 0.0793651, 0.2947845, 0.2673469, 0.3049887,
        0.4732427, 0.6414966, 0.5557824, 0.2523808, 0.4206349, 0.4582767, 0.4308391, 0.1519275,
        0.3028345, 0.494898, 0.6869615, 0.5960318, 0.4325397, 0.2472789, 0.4393424, 0.4354876,
        0.3469388, 0.2698413, 0.4357143, 0.6468254, 0.8579365, 0.4087303, 0.2642857, 0.4753968,
        0.6865079, 0.4404763, 0.047619, 0.9206349, 0.4230159, 0.0436508, 0.1214286, 0.1992063,
        0.2769841, 0.3547619, 0.4325397, 0.5103174, 0.5714286, 0.4580499, 0.2946712, 0.1955782,
        0.2924036, 0.389229, 0.4860544, 0.5828798, 0.6797052, 0.5153062, 0.2721089, 0.1700681,
        0.2648526, 0.3854876, 0.5061225, 0.6267574, 0.645805, 0.5777777, 0.6984127, 0.4925171,
        0.1882087, 0.3174603, 0.4309524, 0.5753968, 0.7198413, 0.8642857, 0.6531747, 0.1373015,
        0.281746, 0.4261904, 0.5396826, 0.4648527, 0.5970522, 0.5839003, 0.2442176, 0.3761904,
        0.4428571, 0.422449, 0.590703, 0.4324264, 0.1655328, 0.6122449, 0.5236962, 0.3747166,
        0.1604308, 0.3234694, 0.5155329, 0.6858277, 0.5731292, 0.3951248, 0.2267574, 0.7301587,
        0.3373016, 0.0912698, 0.302381, 0.513492, 0.7246032, 0.8849208, 0.3849206, 0.3420635,
        0.5079365,
    ];

    const RESIZED_4X9_TO_6X3: [f32; 54] = [
        0.2579365, 0.343254, 0.4358466, 0.4649471, 0.4305556, 0.388889, 0.4867725, 0.468254,
        0.4435626, 0.4188713, 0.3941799, 0.3756614, 0.3769841, 0.4662699, 0.5218254, 0.3869048,
        0.3789683, 0.4047619, 0.5912699, 0.5496032, 0.5363757, 0.6501323, 0.5734128, 0.468254,
        0.3827161, 0.420635, 0.4711934, 0.521752, 0.515873, 0.4973545, 0.5833334, 0.4821429,
        0.3895503, 0.4239418, 0.4583334, 0.484127, 0.4166667, 0.375, 0.3406085, 0.369709,
        0.4623016, 0.5476191, 0.6172841, 0.4858907, 0.367137, 0.4176955, 0.5246914, 0.6190476,
        0.4087301, 0.4345239, 0.4689154, 0.5033069, 0.6011904, 0.6904762,
    ];

    const RESIZED_6X1_TO_3X4: [f32; 36] = [
        0.0793651, 0.2777778, 0.4761905, 0.0793651, 0.2777778, 0.4761905, 0.0793651, 0.2777778,
        0.4761905, 0.0793651, 0.2777778, 0.4761905, 0.5396826, 0.7380952, 0.5011338, 0.5396826,
        0.7380952, 0.5011338, 0.5396826, 0.7380952, 0.5011338, 0.5396826, 0.7380952, 0.5011338,
        0.4195011, 0.1825397, 0.3809524, 0.4195011, 0.1825397, 0.3809524, 0.4195011, 0.1825397,
        0.3809524, 0.4195011, 0.1825397, 0.3809524,
    ];

    /// The picture the expected values below were computed from:
    /// ((7x + 13y + 29c + 3xy) mod 64) / 63 at channel c, row y, column x.
    fn pattern(width: usize, height: usize) -> Planes {
        let data = (0..3)
            .flat_map(|c| (0..height).flat_map(move |y| (0..width).map(move |x| (c, y, x))))
            .map(|(c, y, x)| ((7 * x + 13 * y + 29 * c + 3 * x * y) % 64) as f32 / 63.0)
            .collect();
        Planes::new(width, height, data)
    }

    fn assert_close(actual: &Planes, expected: &[f32]) {
        assert_eq!(actual.data().len(), expected.len());
        for (index, (a, e)) in actual.data().iter().zip(expected).enumerate() {
            assert!((a - e).abs() < 1e-5, "value {index}: {a} instead of {e}");
        }
    }

    #[test]
    fn shrinking_by_1_4_matches_pytorch() {
        assert_close(&resize(&pattern(10, 7), 7, 5), &SHRUNK_10X7_TO_7X5);
    }

    #[test]
    fn growing_by_1_4_matches_pytorch() {
        assert_close(&resize(&pattern(7, 5), 10, 7), &GROWN_7X5_TO_10X7);
    }

    #[test]
    fn growing_one_axis_while_shrinking_the_other_matches_pytorch() {
        assert_close(&resize(&pattern(4, 9), 6, 3), &RESIZED_4X9_TO_6X3);
    }

    #[test]
    fn shrinking_to_one_pixel_matches_pytorch() {
        assert_close(&resize(&pattern(5, 11), 1, 1), &[0.4351997, 0.4895205, 0.4909618]);
    }

    #[test]
    fn a_single_row_resizes_like_pytorch() {
        assert_close(&resize(&pattern(6, 1), 3, 4), &RESIZED_6X1_TO_3X4);
    }

    #[test]
    fn a_picture_that_wraps_is_resized_as_it_is_when_it_is_rolled() {
        // Rolled by whole pixels of both sizes.
        let (planes, by) = (pattern(12, 8), [4, 6]);
        let rolled = |planes: &Planes, [down, right]: [usize; 2]| {
            let (width, height) = (planes.width(), planes.height());
            let data = (0..3)
                .flat_map(|c| (0..height).flat_map(move |y| (0..width).map(move |x| (c, y, x))));
            let value = |(c, y, x): (usize, usize, usize)| {
                let (y, x) = ((y + height - down) % height, (x + width - right) % width);
                planes.plane(c)[y * width + x]
            };
            Planes::new(width, height, data.map(value).collect())
        };
        for (width, height) in [(6, 4), (24, 16)] {
            let to = [by[0] * height / 8, by[1] * width / 12];
            let resized = resize_wrapping(&planes, width, height, [true; 2]);
            let other = resize_wrapping(&rolled(&planes, by), width, height, [true; 2]);
            assert_close(&rolled(&resized, to), other.data());
        }
    }

    #[test]
    fn resizing_to_the_same_size_changes_nothing() {
        let planes = pattern(5, 4);
        assert_eq!(resize(&planes, 5, 4), planes);
    }

    #[test]
    fn a_long_thin_picture_resizes() {
        let thin = Planes::filled(1, 5000, 0.5);
        assert_close(&resize(&thin, 3, 7), &[0.5; 63]);
    }
}
