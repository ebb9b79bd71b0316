//! The lights that the portrait is taken in.

use crate::vector::{Vec3, vec3};

pub const KEY_LIGHT: Vec3 = vec3(2.3, 1.55, 1.0);
pub const RIM_LIGHT: Vec3 = vec3(1.6, 0.85, 0.35);
pub const FILL_LIGHT: Vec3 = vec3(0.16, 0.20, 0.30);

pub fn key_direction() -> Vec3 {
    vec3(-0.74, -0.50, 0.45).normalized()
}
