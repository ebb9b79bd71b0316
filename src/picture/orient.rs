//! Turning a picture upright as it is copied, according to its EXIF orientation.

use image::metadata::Orientation;

/// Where the pixels of a stored picture go in the upright one.
///
/// The pixel stored at (x, y) goes to index `origin + x · step_x + y · step_y` of the upright
/// picture's height × width pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Placement {
    /// Pixels in a row of the upright picture.
    pub width: usize,
    /// Rows of the upright picture.
    pub height: usize,
    origin: usize,
    step_x: isize,
    step_y: isize,
}

impl Placement {
    /// The placement of a picture stored as `width` × `height` pixels, both at least 1.
    pub fn new(width: usize, height: usize, orientation: Orientation) -> Self {
        use Orientation::*;
        let swapped = matches!(orientation, Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH);
        let (mirror_x, mirror_y) = match orientation {
            NoTransforms | Rotate90FlipH => (false, false),
            FlipHorizontal | Rotate270 => (true, false),
            FlipVertical | Rotate90 => (false, true),
            Rotate180 | Rotate270FlipH => (true, true),
        };
        let (step_x, step_y) = if swapped { (height, 1) } else { (1, width) };
        let (upright_width, upright_height) =
            if swapped { (height, width) } else { (width, height) };
        let axis = |step: usize, length: usize, mirrored: bool| {
            if mirrored { (step * (length - 1), -(step as isize)) } else { (0, step as isize) }
        };
        let (origin_x, step_x) = axis(step_x, width, mirror_x);
        let (origin_y, step_y) = axis(step_y, height, mirror_y);
        Self {
            width: upright_width,
            height: upright_height,
            origin: origin_x + origin_y,
            step_x,
            step_y,
        }
    }

    /// Copies a stored row, values `from`, into the upright plane `to` (height × width).
    pub fn place_row(&self, y: usize, from: impl Iterator<Item = f32>, to: &mut [f32]) {
        let mut index = self.origin as isize + y as isize * self.step_y;
        for value in from {
            to[index as usize] = value;
            index += self.step_x;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The stored picture is 3 × 2: 1 2 3 over 4 5 6.
    fn upright(exif_orientation: u8) -> (usize, Vec<f32>) {
        let placement = Placement::new(3, 2, Orientation::from_exif(exif_orientation).unwrap());
        let mut plane = vec![0.0; 6];
        placement.place_row(0, [1.0, 2.0, 3.0].into_iter(), &mut plane);
        placement.place_row(1, [4.0, 5.0, 6.0].into_iter(), &mut plane);
        (placement.width, plane)
    }

    #[test]
    fn every_exif_orientation_is_turned_upright() {
        assert_eq!(upright(1), (3, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
        assert_eq!(upright(2), (3, vec![3.0, 2.0, 1.0, 6.0, 5.0, 4.0]));
        assert_eq!(upright(3), (3, vec![6.0, 5.0, 4.0, 3.0, 2.0, 1.0]));
        assert_eq!(upright(4), (3, vec![4.0, 5.0, 6.0, 1.0, 2.0, 3.0]));
        assert_eq!(upright(5), (2, vec![1.0, 4.0, 2.0, 5.0, 3.0, 6.0]));
        assert_eq!(upright(6), (2, vec![4.0, 1.0, 5.0, 2.0, 6.0, 3.0]));
        assert_eq!(upright(7), (2, vec![6.0, 3.0, 5.0, 2.0, 4.0, 1.0]));
        assert_eq!(upright(8), (2, vec![3.0, 6.0, 2.0, 5.0, 1.0, 4.0]));
    }
}
