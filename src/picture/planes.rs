//! Planar float RGB, the form in which a picture is dreamed on.

use crate::Size;

/// Planar float RGB: 3 × height × width, row-major, red plane first, values 0..1, sRGB-encoded.
#[derive(Clone, Debug, PartialEq)]
pub struct Planes {
    width: usize,
    height: usize,
    data: Vec<f32>,
}

impl Planes {
    /// Uses `data` as the red, green and blue planes of a picture of `width` × `height` pixels.
    ///
    /// # Panics
    ///
    /// If `data` does not hold 3 × `height` × `width` values.
    pub fn new(width: usize, height: usize, data: Vec<f32>) -> Self {
        assert_eq!(
            data.len(),
            3 * height * width,
            "a {width}×{height} picture has 3×{height}×{width} values"
        );
        Self { width, height, data }
    }

    /// A picture with `value` in every pixel of all three planes.
    pub fn filled(width: usize, height: usize, value: f32) -> Self {
        Self::new(width, height, vec![value; 3 * height * width])
    }

    /// Height and width in pixels.
    pub fn size(&self) -> Size {
        Size { height: self.height, width: self.width }
    }

    /// Pixels in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// All values, 3 × height × width.
    pub fn data(&self) -> &[f32] {
        &self.data
    }

    /// All values, 3 × height × width, mutable.
    pub fn data_mut(&mut self) -> &mut [f32] {
        &mut self.data
    }

    /// All values, 3 × height × width, without a copy.
    pub fn into_data(self) -> Vec<f32> {
        self.data
    }

    /// One plane, height × width: 0 is red, 1 green, 2 blue.
    ///
    /// # Panics
    ///
    /// If `channel` is above 2.
    pub fn plane(&self, channel: usize) -> &[f32] {
        assert!(channel < 3, "a picture has channels 0, 1 and 2, not {channel}");
        let pixels = self.width * self.height;
        &self.data[channel * pixels..(channel + 1) * pixels]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_are_red_green_and_blue_in_that_order() {
        let planes = Planes::new(2, 1, vec![0.1, 0.2, 0.3, 0.4, 0.5, 0.6]);
        assert_eq!(planes.plane(0), [0.1, 0.2]);
        assert_eq!(planes.plane(1), [0.3, 0.4]);
        assert_eq!(planes.plane(2), [0.5, 0.6]);
    }

    #[test]
    fn filled_planes_hold_one_value() {
        let planes = Planes::filled(3, 2, 0.25);
        assert_eq!((planes.width(), planes.height()), (3, 2));
        assert_eq!(planes.into_data(), [0.25; 18]);
    }

    #[test]
    #[should_panic(expected = "a 2×1 picture has 3×1×2 values")]
    fn data_of_the_wrong_length_panics() {
        Planes::new(2, 1, vec![0.0; 5]);
    }
}
