//! Points of the plane, frames that place a drawing in it, and soft edges.

use std::f32::consts::{FRAC_PI_2, PI};
use std::ops::{Add, Mul, Sub};

/// A point or a vector; y grows downwards.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    pub x: f32,
    pub y: f32,
}

impl Point {
    pub const fn new(x: f32, y: f32) -> Self {
        Self { x, y }
    }

    /// The point `length` away from the origin in the direction of `angle` (radians).
    pub fn polar(length: f32, angle: f32) -> Self {
        let (sine, cosine) = angle.sin_cos();
        Self::new(length * cosine, length * sine)
    }

    pub fn length(self) -> f32 {
        (self.x * self.x + self.y * self.y).sqrt()
    }

    /// The angle in -π..π to within 0.0002 radians, several times as fast as `atan2`.
    pub fn angle(self) -> f32 {
        let (across, along) = (self.x.abs(), self.y.abs());
        let (small, large) = if across < along { (across, along) } else { (along, across) };
        let ratio = small / large.max(f32::MIN_POSITIVE);
        let square = ratio * ratio;
        // A minimax polynomial for the arctangent on 0..1.
        let series =
            0.999_866 + square * (-0.330_299_5 + square * (0.180_141 - 0.085_133 * square));
        let series = series + 0.020_835_1 * square * square * square * square;
        let octant = ratio * series;
        let quadrant = if across < along { FRAC_PI_2 - octant } else { octant };
        let half = if self.x < 0.0 { PI - quadrant } else { quadrant };
        if self.y < 0.0 { -half } else { half }
    }

    pub fn dot(self, other: Self) -> f32 {
        self.x * other.x + self.y * other.y
    }

    /// The point in coordinates whose axes are turned by the angle with this (cosine, sine).
    pub fn turned(self, cosine: f32, sine: f32) -> Self {
        Self::new(self.x * cosine + self.y * sine, self.y * cosine - self.x * sine)
    }
}

impl Add for Point {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::new(self.x + other.x, self.y + other.y)
    }
}

impl Sub for Point {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self::new(self.x - other.x, self.y - other.y)
    }
}

impl Mul<f32> for Point {
    type Output = Self;
    fn mul(self, factor: f32) -> Self {
        Self::new(self.x * factor, self.y * factor)
    }
}

/// Where a drawing's own coordinates lie on a patch, whose coordinates are -1..1 both ways.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    pub centre: Point,
    /// Length on the patch of one unit of the drawing.
    pub scale: f32,
    cosine: f32,
    sine: f32,
    mirrored: bool,
}

impl Frame {
    /// The drawing's coordinates are the patch's.
    pub const PATCH: Self =
        Self { centre: Point::new(0.0, 0.0), scale: 1.0, cosine: 1.0, sine: 0.0, mirrored: false };

    /// Turned by `angle` radians, then put at `centre`.
    pub fn new(centre: Point, scale: f32, angle: f32) -> Self {
        let (sine, cosine) = angle.sin_cos();
        Self { centre, scale, cosine, sine, mirrored: false }
    }

    /// The same with the drawing's left and right exchanged, if `mirrored`.
    pub fn mirrored(self, mirrored: bool) -> Self {
        Self { mirrored, ..self }
    }

    /// The same, moved by `offset` on the patch.
    pub fn moved(self, offset: Point) -> Self {
        Self { centre: self.centre + offset, ..self }
    }

    /// The drawing's coordinates of a point of the patch.
    pub fn local(&self, at: Point) -> Point {
        let turned = ((at - self.centre) * (1.0 / self.scale)).turned(self.cosine, self.sine);
        if self.mirrored { Point::new(-turned.x, turned.y) } else { turned }
    }
}

/// 0 below `low`, 1 above `high`, smooth between.
pub fn smoothstep(low: f32, high: f32, value: f32) -> f32 {
    let t = ((value - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// Share of a pixel (`pixel` wide) inside an outline, `distance` outside of which its centre is.
pub fn inside(distance: f32, pixel: f32) -> f32 {
    (0.5 - distance / pixel).clamp(0.0, 1.0)
}

/// Share of a pixel covered by a line `width` wide, `distance` from whose middle its centre is.
pub fn line(distance: f32, width: f32, pixel: f32) -> f32 {
    inside(distance.abs() - width.max(pixel) / 2.0, pixel) * (width / pixel).min(1.0)
}

/// The largest whole number that is not above `value`, without a call into the C library.
pub fn floor(value: f32) -> i32 {
    let towards_zero = value as i32;
    towards_zero - i32::from(towards_zero as f32 > value)
}

/// Distance from `value` to the nearest whole number, -0.5..0.5.
pub fn from_nearest(value: f32) -> f32 {
    value - floor(value + 0.5) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_angle_is_close_to_the_arctangent() {
        for step in -499..500 {
            let angle = step as f32 / 500.0 * PI;
            let found = Point::polar(0.7, angle).angle();
            assert!((found - angle).abs() < 3e-4, "{angle}: {found}");
        }
    }

    #[test]
    fn a_frame_finds_a_drawings_coordinates() {
        let frame = Frame::new(Point::new(0.5, 0.0), 2.0, FRAC_PI_2);
        let local = frame.local(Point::new(0.5, 2.0));
        assert!((local - Point::new(1.0, 0.0)).length() < 1e-6);
        assert!((frame.mirrored(true).local(Point::new(0.5, 2.0)).x + 1.0).abs() < 1e-6);
    }

    #[test]
    fn floor_rounds_downwards() {
        assert_eq!([1.5, 1.0, 0.2, -0.2, -1.0, -1.5].map(floor), [1, 1, 0, -1, -1, -2]);
    }

    #[test]
    fn a_line_thinner_than_a_pixel_is_faint() {
        assert_eq!(line(0.0, 2.0, 1.0), 1.0);
        assert_eq!(line(0.0, 0.25, 1.0), 0.25);
        assert_eq!(line(3.0, 2.0, 1.0), 0.0);
    }
}
