//! A misty mountain valley in the morning: a ridged heightfield with forests, rock and snow.

use image::RgbImage;

use crate::camera::Camera;
use crate::canvas::{develop, render};
use crate::noise::Noise;
use crate::vector::{Vec3, smoothstep, vec3};

const SIZE: (u32, u32) = (1024, 576);
/// Lengths are in kilometres.
const CAMERA: Camera = Camera { position: vec3(0.0, 1.25, 0.0), pitch: -0.02, half_width: 0.62 };
const FARTHEST: f32 = 45.0;
const FOREST_END: f32 = 14.0;
const TALLEST_TREE: f32 = 0.06;

const RIDGES: Noise = Noise::new(5);
const ROCK: Noise = Noise::new(8);
const TREES: Noise = Noise::new(13);
const MIST: Noise = Noise::new(17);

const SUNLIGHT: Vec3 = vec3(5.2, 3.5, 2.0);

pub fn draw() -> RgbImage {
    let canvas = render(SIZE, 2, |x, y| view(CAMERA.ray(x, y, SIZE)));
    develop(&canvas, 1.0)
}

fn sun() -> Vec3 {
    vec3(-0.80, 0.40, 0.12).normalized()
}

fn view(ray: Vec3) -> Vec3 {
    match hit_distance(CAMERA.position, ray) {
        Some(distance) => {
            let ground = ground_colour(CAMERA.position + ray * distance, distance);
            through_air(ground, ray, distance)
        }
        None => sky(ray),
    }
}

fn sky(ray: Vec3) -> Vec3 {
    let up = ray.y.max(0.0);
    let towards_sun = ray.dot(sun()).max(0.0);
    let clear = vec3(0.85, 0.66, 0.52).mix(vec3(0.07, 0.20, 0.50), 1.0 - (-up * 5.5).exp());
    let glow = vec3(1.1, 0.65, 0.32) * (0.8 * towards_sun.powf(6.0));
    let (x, z) = (ray.x / (up + 0.12), ray.z / (up + 0.12));
    let warp = MIST.fbm2(x * 0.6, z * 0.6 + 4.0, 4);
    let streaks = MIST.fbm2(x * 0.5 + warp, z * 1.1 + warp, 6);
    let cover = smoothstep(-0.15, 0.35, streaks) * smoothstep(0.0, 0.15, up);
    (clear + glow).mix(vec3(1.0, 0.84, 0.74), 0.75 * cover)
}

fn height(x: f32, z: f32, octaves: u32) -> f32 {
    let warp = RIDGES.at2(x * 0.21 + 8.0, z * 0.21);
    let ridges = RIDGES.ridged2(x * 0.16 + 0.35 * warp + 2.0, z * 0.16 - 0.3 * warp, octaves);
    let valley = smoothstep(0.2, 4.5, (x - 0.6 * (z * 0.35).sin()).abs() + 0.10 * z);
    let peak = (-((x - 1.6).powi(2) / 10.0 + (z - 14.0).powi(2) / 16.0)).exp();
    (0.35 + 0.75 * valley + 1.0 * peak) * (0.25 + 2.6 * ridges) - 0.7 * (1.0 - valley)
}

fn hit_distance(origin: Vec3, ray: Vec3) -> Option<f32> {
    let mut distance = 0.05;
    while distance < FARTHEST {
        let point = origin + ray * distance;
        let ground = height(point.x, point.z, if distance < 8.0 { 8 } else { 7 });
        let mut gap = point.y - ground;
        if gap < TALLEST_TREE && distance < FOREST_END {
            gap -= tree_height(point.x, point.z, ground);
        }
        if gap < 0.0006 * distance {
            return Some(distance);
        }
        if point.y > 5.0 && ray.y > 0.0 {
            return None;
        }
        distance += (0.35 * gap).max(0.0012 * distance);
    }
    None
}

/// Conifers: a cone in each cell of a jittered grid, where the ground is low enough.
fn tree_height(x: f32, z: f32, ground: f32) -> f32 {
    let treeline = 1.25 + 0.45 * TREES.fbm2(x * 1.3, z * 1.3, 3);
    if ground > treeline {
        return 0.0;
    }
    let (x, z) = (x * 48.0, z * 48.0);
    let (column, row) = (x.floor() as i32, z.floor() as i32);
    let mut tallest = 0.0_f32;
    for (i, j) in (-1..=1).flat_map(|i| (-1..=1).map(move |j| (column + i, row + j))) {
        let dx = x - i as f32 - TREES.random(i, j, 0);
        let dz = z - j as f32 - TREES.random(i, j, 1);
        let size = 0.25 + 0.75 * TREES.random(i, j, 2);
        tallest = tallest.max(size * (1.0 - (dx * dx + dz * dz).sqrt() * 1.5));
    }
    TALLEST_TREE * tallest * smoothstep(treeline, treeline - 0.25, ground)
}

fn normal(x: f32, z: f32, distance: f32) -> Vec3 {
    let e = 0.0012 * distance.max(1.0);
    let h = |x: f32, z: f32| surface_detail(x, z, distance);
    vec3(h(x - e, z) - h(x + e, z), 2.0 * e, h(x, z - e) - h(x, z + e)).normalized()
}

/// The ground with its crags and the forest that stands on it.
fn surface_detail(x: f32, z: f32, distance: f32) -> f32 {
    let ground = height(x, z, 9);
    let crags = 0.10 * ROCK.ridged2(x * 3.0, z * 3.0, 6);
    ground + if distance < FOREST_END { tree_height(x, z, ground).max(crags) } else { crags }
}

fn ground_colour(point: Vec3, distance: f32) -> Vec3 {
    let normal = normal(point.x, point.z, distance);
    let ground = height(point.x, point.z, 9);
    let albedo = albedo(point, normal, ground);
    let lit = normal.dot(sun()).max(0.0) * sunlit(point);
    let sky_share = 0.5 + 0.5 * normal.y;
    let bounce = (-normal.dot(sun())).max(0.0) * 0.12;
    let light = SUNLIGHT * lit + vec3(0.19, 0.30, 0.52) * sky_share + SUNLIGHT * bounce;
    albedo * light
}

fn albedo(point: Vec3, normal: Vec3, ground: f32) -> Vec3 {
    let patches = ROCK.fbm2(point.x * 3.0, point.z * 3.0, 5);
    let strata = ROCK.fbm2(point.y * 9.0 + point.x, point.y * 4.0 + patches, 4);
    let rock = vec3(0.30, 0.26, 0.23).mix(vec3(0.09, 0.085, 0.09), 0.5 + 1.5 * strata);
    let meadow = vec3(0.06, 0.085, 0.03).mix(vec3(0.20, 0.16, 0.06), 0.5 + patches);
    let forest = vec3(0.045, 0.085, 0.035).mix(vec3(0.13, 0.12, 0.035), 0.4 + patches);
    let snow = smoothstep(1.5, 2.1, ground + 0.5 * patches) * smoothstep(0.45, 0.72, normal.y);
    let trees = smoothstep(0.004, 0.02, tree_height(point.x, point.z, ground));
    rock.mix(meadow, smoothstep(0.62, 0.82, normal.y))
        .mix(vec3(0.82, 0.84, 0.88), snow)
        .mix(forest, trees)
}

/// 1 in sunlight, 0 in the shadow of a ridge, with a soft edge.
fn sunlit(point: Vec3) -> f32 {
    let (mut light, mut distance) = (1.0_f32, 0.03);
    for _ in 0..36 {
        let at = point + sun() * distance;
        let gap = at.y - height(at.x, at.z, 6);
        light = light.min(0.5 + 14.0 * gap / distance);
        if light <= 0.0 || at.y > 4.0 {
            break;
        }
        distance += gap.clamp(0.03, 0.6);
    }
    smoothstep(0.0, 1.0, light)
}

/// Blue distance and the white mist that lies in the valleys.
fn through_air(colour: Vec3, ray: Vec3, distance: f32) -> Vec3 {
    let towards_sun = ray.dot(sun()).max(0.0).powf(5.0);
    let air = vec3(0.36, 0.49, 0.72).mix(vec3(1.2, 0.80, 0.45), towards_sun);
    let hazy = colour.mix(air, 1.0 - (-0.022 * distance).exp());
    let mist = vec3(0.80, 0.78, 0.80).mix(vec3(1.5, 1.1, 0.75), towards_sun);
    hazy.mix(mist, 1.0 - (-mist_depth(ray, distance)).exp())
}

fn mist_depth(ray: Vec3, distance: f32) -> f32 {
    const STEPS: u32 = 20;
    let step = distance / STEPS as f32;
    let thickness = |index: u32| {
        let at = CAMERA.position + ray * (step * (index as f32 + 0.5));
        let wisps = MIST.fbm3(vec3(at.x * 0.7, at.y * 2.5, at.z * 0.7), 4);
        (-(at.y - 0.15) * 4.2).exp().min(3.0) * smoothstep(-0.45, 0.5, wisps)
    };
    (0..STEPS).map(thickness).sum::<f32>() * step * 0.45
}
