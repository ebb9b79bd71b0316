//! A sea of cumulus clouds at sunset, ray-marched through billowing noise.

use image::RgbImage;
use imageproc::filter::gaussian_blur_f32;

use crate::camera::Camera;
use crate::canvas::{develop, render};
use crate::noise::Noise;
use crate::vector::{Vec3, smoothstep, vec3};

const SIZE: (u32, u32) = (1024, 576);
/// Lengths are in kilometres.
const CAMERA: Camera = Camera { position: vec3(0.0, 1.7, 0.0), pitch: 0.03, half_width: 0.72 };
const FARTHEST: f32 = 42.0;
const CLOUD_TOP: f32 = 5.4;
const OPACITY: f32 = 17.0;

const TOWERS: Noise = Noise::new(11);
const BILLOWS: Noise = Noise::new(23);
const CIRRUS: Noise = Noise::new(31);
const DITHER: Noise = Noise::new(41);

const SUNLIGHT: Vec3 = vec3(4.0, 1.85, 0.72);
const SKYLIGHT: Vec3 = vec3(0.13, 0.21, 0.44);

pub fn draw() -> RgbImage {
    let canvas = render(SIZE, 1, |x, y| {
        let dither = DITHER.random(x as i32, y as i32, 0);
        view(CAMERA.ray(x, y, SIZE), dither)
    });
    develop(&gaussian_blur_f32(&canvas, 0.6), 0.9)
}

fn sun() -> Vec3 {
    vec3(0.80, 0.17, 0.52).normalized()
}

fn view(ray: Vec3, dither: f32) -> Vec3 {
    let (clouds, transmittance) = march(ray, dither);
    clouds + sky(ray) * transmittance
}

fn sky(ray: Vec3) -> Vec3 {
    let up = ray.y.max(0.0);
    let towards_sun = ray.dot(sun()).max(0.0);
    let horizon = vec3(1.25, 0.62, 0.30).mix(vec3(0.72, 0.46, 0.46), 1.0 - towards_sun);
    let zenith = vec3(0.035, 0.11, 0.34);
    let clear = horizon.mix(zenith, 1.0 - (-up * 5.0).exp());
    let glow = vec3(1.6, 0.75, 0.28) * (0.55 * towards_sun.powf(14.0));
    clear + glow + cirrus(ray, towards_sun)
}

/// Thin streaks of ice high above, drawn out by the wind.
fn cirrus(ray: Vec3, towards_sun: f32) -> Vec3 {
    let height = ray.y.max(0.02);
    let (x, z) = (ray.x / height, ray.z / height);
    let warp = CIRRUS.fbm2(x * 0.4 + 5.0, z * 0.4, 3);
    let streaks = CIRRUS.fbm2(x * 0.35 + z * 0.25 + warp, z * 1.1 - x * 0.5 + warp * 1.5, 6);
    let cover = smoothstep(0.0, 0.5, streaks) * smoothstep(0.03, 0.25, ray.y);
    vec3(0.85, 0.50, 0.42) * (cover * (0.35 + 0.5 * towards_sun))
}

/// The light that the clouds send along `ray`, and what they let through from behind.
fn march(ray: Vec3, dither: f32) -> (Vec3, f32) {
    let mut light = Vec3::default();
    let mut transmittance = 1.0;
    let mut distance = 0.4 + 0.05 * dither;
    while distance < FARTHEST && transmittance > 0.01 {
        let point = CAMERA.position + ray * distance;
        if point.y > CLOUD_TOP && ray.y > 0.0 {
            break;
        }
        let depth = depth_inside(point, 6);
        let step = (-0.4 * depth).max(0.012 + 0.0042 * distance);
        if depth > 0.0 {
            let absorbed = 1.0 - (-density(depth) * step).exp();
            let colour = haze(scattered(point, ray), ray, distance);
            light = light + colour * (absorbed * transmittance);
            transmittance *= 1.0 - absorbed;
        }
        distance += step * (0.85 + 0.3 * dither);
    }
    (light, transmittance)
}

/// Roughly how far `point` lies below the surface of the clouds; negative outside.
fn depth_inside(point: Vec3, octaves: u32) -> f32 {
    let surface = tower_height(point.x, point.z);
    let coarse = surface - point.y;
    if !(-1.6..=0.9).contains(&coarse) {
        return coarse.min(coarse + 1.2);
    }
    let p = point * 1.15;
    let warp = vec3(p.z, p.x, p.y) + vec3(3.1, 7.7, 1.3);
    let warped = p + Vec3::splat(0.25) * BILLOWS.at3(warp * 0.7);
    coarse + 2.1 * BILLOWS.billow3(warped, octaves) - 0.75
}

/// Height of the cloud tops, before the billows.
fn tower_height(x: f32, z: f32) -> f32 {
    let swell = TOWERS.fbm2(x * 0.16 + 3.4, z * 0.13, 3);
    let open_sky_nearby = 1.6 * (-(x * x + z * z) / 30.0).exp();
    0.30 + 4.6 * smoothstep(-0.05, 0.65, swell) - open_sky_nearby
}

fn density(depth: f32) -> f32 {
    OPACITY * smoothstep(0.0, 0.20, depth)
}

/// Sunlight and skylight scattered towards the eye.
fn scattered(point: Vec3, ray: Vec3) -> Vec3 {
    let shade = optical_depth_to_sun(point);
    let direct = (-shade).exp() + 0.24 * (-0.25 * shade).exp() + 0.09 * (-0.06 * shade).exp();
    let forward = 0.75 + 0.9 * ray.dot(sun()).max(0.0).powf(6.0);
    let height = smoothstep(-0.6, 3.0, point.y);
    let ambient = SKYLIGHT.mix(vec3(0.50, 0.42, 0.58), 0.35 * height) * (0.45 + 0.75 * height);
    SUNLIGHT * (0.62 * direct * forward) + ambient
}

fn optical_depth_to_sun(point: Vec3) -> f32 {
    let (mut sum, mut step, mut at) = (0.0, 0.05, point);
    for _ in 0..6 {
        at = at + sun() * step;
        sum += density(depth_inside(at, 3).max(0.0)) * step;
        step *= 1.7;
    }
    sum * 0.8
}

fn haze(colour: Vec3, ray: Vec3, distance: f32) -> Vec3 {
    let horizon = sky(vec3(ray.x, 0.01, ray.z).normalized());
    colour.mix(horizon * 0.85, 1.0 - (-0.045 * distance).exp())
}
