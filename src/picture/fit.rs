//! A picture at another size and of other proportions.

use super::{Picture, Planes, resize};
use crate::Size;

/// The middle of a picture, cropped to the proportions of a size and scaled to it, on white.
pub fn fit(picture: &Picture, size: Size) -> Planes {
    resize(&middle(picture, size), size.width, size.height)
}

/// The largest part in the middle of a picture with the proportions of a size, on white.
fn middle(picture: &Picture, size: Size) -> Planes {
    let (width, height) = (picture.planes.width(), picture.planes.height());
    let kept_width = width.min((height * size.width).div_ceil(size.height));
    let kept_height = height.min((width * size.height).div_ceil(size.width));
    let (left, top) = ((width - kept_width) / 2, (height - kept_height) / 2);
    let mut data = Vec::with_capacity(3 * kept_width * kept_height);
    for channel in 0..3 {
        let plane = picture.planes.plane(channel);
        let rows =
            (top..top + kept_height).map(|y| y * width + left..y * width + left + kept_width);
        for row in rows {
            match &picture.alpha {
                None => data.extend_from_slice(&plane[row]),
                Some(alpha) => {
                    let over_white = |(value, alpha): (&f32, &f32)| 1.0 - alpha * (1.0 - value);
                    data.extend(plane[row.clone()].iter().zip(&alpha[row]).map(over_white));
                }
            }
        }
    }
    Planes::new(kept_width, kept_height, data)
}
