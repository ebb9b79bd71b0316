//! A pinhole camera that looks along +z: the ray behind each pixel.

use crate::vector::{Vec3, vec3};

pub struct Camera {
    pub position: Vec3,
    /// Height of the picture's centre above the horizon, as a slope.
    pub pitch: f32,
    /// Half the picture's width at distance 1.
    pub half_width: f32,
}

impl Camera {
    /// The direction through pixel (`x`, `y`) of a picture of this size.
    pub fn ray(&self, x: f32, y: f32, (width, height): (u32, u32)) -> Vec3 {
        let scale = 2.0 * self.half_width / width as f32;
        let right = (x - width as f32 / 2.0) * scale;
        let up = (height as f32 / 2.0 - y) * scale + self.pitch;
        vec3(right, up, 1.0).normalized()
    }
}
