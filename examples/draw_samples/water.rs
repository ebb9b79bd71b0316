//! A mountain lake at sunset: reflections, ripples and stones under the shallow water.

use image::RgbImage;

use crate::camera::Camera;
use crate::canvas::{develop, render};
use crate::noise::Noise;
use crate::vector::{Vec3, smoothstep, vec3};

const SIZE: (u32, u32) = (1024, 576);
/// Lengths are in metres.
const CAMERA: Camera = Camera { position: vec3(0.0, 1.5, 0.0), pitch: -0.12, half_width: 0.66 };
const REFRACTION: f32 = 1.33;

const CLOUDS: Noise = Noise::new(3);
const HILLS: Noise = Noise::new(19);
const WAVES: Noise = Noise::new(29);
const STONES: Noise = Noise::new(37);

const SUNLIGHT: Vec3 = vec3(3.0, 1.7, 0.8);
const SKYLIGHT: Vec3 = vec3(0.35, 0.36, 0.50);

/// A range of hills: its height and relief as slopes seen from the camera, and its haze.
struct Range {
    height: f32,
    relief: f32,
    frequency: f32,
    haze: f32,
}

/// From the nearest to the farthest.
const RANGES: [Range; 4] = [
    Range { height: -0.060, relief: 0.16, frequency: 1.7, haze: 0.05 },
    Range { height: -0.020, relief: 0.16, frequency: 1.3, haze: 0.30 },
    Range { height: 0.000, relief: 0.19, frequency: 1.9, haze: 0.56 },
    Range { height: 0.020, relief: 0.23, frequency: 1.6, haze: 0.76 },
];

/// Where drops have fallen (x, z), how wide their rings have grown, and how high they are.
const RINGS: [(f32, f32, f32, f32); 3] =
    [(-0.75, 3.6, 0.75, 0.055), (1.35, 5.2, 1.0, 0.06), (-2.3, 7.5, 1.1, 0.06)];

struct Boulder {
    centre: Vec3,
    radius: f32,
}

const BOULDERS: [Boulder; 6] = [
    Boulder { centre: vec3(1.75, -0.10, 3.7), radius: 0.42 },
    Boulder { centre: vec3(2.45, -0.05, 4.6), radius: 0.50 },
    Boulder { centre: vec3(1.25, -0.10, 3.1), radius: 0.21 },
    Boulder { centre: vec3(-2.6, -0.12, 5.0), radius: 0.48 },
    Boulder { centre: vec3(-3.5, -0.10, 5.9), radius: 0.75 },
    Boulder { centre: vec3(-1.75, -0.08, 4.4), radius: 0.20 },
];

pub fn draw() -> RgbImage {
    let canvas = render(SIZE, 2, |x, y| view(CAMERA.ray(x, y, SIZE)));
    develop(&canvas, 0.92)
}

fn sun() -> Vec3 {
    vec3(0.12, 0.10, 1.0).normalized()
}

fn view(ray: Vec3) -> Vec3 {
    let to_water = if ray.y < 0.0 { -CAMERA.position.y / ray.y } else { f32::INFINITY };
    match boulder_hit(CAMERA.position, ray) {
        Some((distance, boulder)) if distance < to_water => {
            boulder_colour(CAMERA.position + ray * distance, boulder)
        }
        _ if to_water < 4000.0 => water(CAMERA.position + ray * to_water, ray, to_water),
        _ => background(ray),
    }
}

/// Sky and hills, as far away as makes no difference.
fn background(ray: Vec3) -> Vec3 {
    let (across, up) = (ray.x / ray.z.max(0.05), ray.y / ray.z.max(0.05));
    for (index, range) in RANGES.iter().enumerate() {
        let below_crest = crest(range, across, index) - up;
        if below_crest > 0.0 {
            return hill_colour(range, across, up, below_crest);
        }
    }
    sky(ray)
}

fn crest(range: &Range, across: f32, index: usize) -> f32 {
    let shift = 7.3 * index as f32;
    let ridge = HILLS.ridged2(across * range.frequency + shift, shift, 7);
    let opening = 0.07 * (-(across - 0.12).powi(2) * 9.0).exp();
    let trees = HILLS.at2(across * 95.0, shift).abs() + 0.6 * HILLS.at2(across * 210.0, shift);
    range.height + range.relief * ridge - opening + 0.012 * (1.0 - range.haze).powi(2) * trees
}

fn hill_colour(range: &Range, across: f32, up: f32, below_crest: f32) -> Vec3 {
    let texture = HILLS.fbm2(across * 46.0, up * 70.0, 5);
    let folds = HILLS.ridged2(across * 9.0 + 2.0 * up, up * 14.0, 5);
    let forest = vec3(0.035, 0.050, 0.040).mix(vec3(0.20, 0.13, 0.055), 0.30 + 0.6 * texture);
    let lit = forest + vec3(0.16, 0.075, 0.03) * (folds * folds);
    let near_sun = (-(across - 0.12).powi(2) * 5.0).exp();
    let haze = vec3(0.24, 0.25, 0.40).mix(vec3(1.05, 0.48, 0.21), near_sun);
    let rim = SUNLIGHT * (0.10 * near_sun * (-below_crest * 120.0).exp());
    let mist = 0.55 * (-up.max(0.0) * 42.0).exp();
    lit.mix(haze, range.haze) + rim + (haze * 0.7 - lit) * (mist * (1.0 - range.haze))
}

fn sky(ray: Vec3) -> Vec3 {
    let up = ray.y.max(0.0);
    let towards_sun = ray.dot(sun()).max(0.0);
    let horizon = vec3(1.0, 0.46, 0.23);
    let zenith = vec3(0.045, 0.12, 0.32);
    let clear = horizon.mix(zenith, 1.0 - (-up * 4.2).exp());
    let glow = vec3(1.5, 0.70, 0.22) * (0.8 * towards_sun.powf(22.0));
    let disc = vec3(9.0, 6.0, 3.0) * towards_sun.powf(2600.0);
    let (cover, lit) = cloud_cover(ray);
    let shade = vec3(0.20, 0.17, 0.27).mix(vec3(0.50, 0.25, 0.20), towards_sun.powf(4.0));
    let cloud = shade + vec3(1.55, 0.66, 0.33) * (lit * (0.35 + 0.9 * towards_sun.powf(5.0)));
    (clear + glow + disc).mix(cloud, cover)
}

/// How much of the sky a layer of clouds hides along `ray`, and how brightly the sun lights it.
fn cloud_cover(ray: Vec3) -> (f32, f32) {
    let height = ray.y.max(0.0) + 0.06;
    let (x, z) = (0.55 * ray.x / height, 0.55 * ray.z / height);
    let warp = 0.6 * CLOUDS.fbm2(x * 0.7 + 9.0, z * 0.7, 4);
    let thickness = |z: f32| CLOUDS.fbm2(x + warp, 1.35 * z + warp, 7);
    let here = thickness(z);
    let lit = (here - thickness(z + 0.22)) * 2.2 + 0.30;
    let cover = smoothstep(-0.10, 0.30, here) * smoothstep(0.0, 0.16, ray.y);
    (0.92 * cover, lit.clamp(0.0, 1.0))
}

fn water(point: Vec3, ray: Vec3, distance: f32) -> Vec3 {
    let normal = wave_normal(point, distance);
    let facing = (-ray.dot(normal)).clamp(0.0, 1.0);
    let fresnel = 0.02 + 0.98 * (1.0 - facing).powi(5);
    let mirrored = ray.reflected(normal);
    let mirrored = vec3(mirrored.x, mirrored.y.abs(), mirrored.z);
    let reflection = match boulder_hit(point, mirrored) {
        Some((distance, boulder)) => boulder_colour(point + mirrored * distance, boulder),
        None => background(mirrored),
    };
    underwater(point, ray, normal).mix(reflection, (fresnel * 1.25).min(1.0))
}

fn wave_normal(point: Vec3, distance: f32) -> Vec3 {
    let e = 0.004 + 0.0007 * distance;
    let octaves = if distance < 12.0 { 4 } else { 3 };
    let h = |x: f32, z: f32| wave_height(x, z, octaves);
    let (x, z) = (point.x, point.z);
    let slope_x = (h(x + e, z) - h(x - e, z)) / (2.0 * e);
    let slope_z = (h(x, z + e) - h(x, z - e)) / (2.0 * e);
    let calm = 1.0 / (1.0 + distance / 26.0);
    vec3(-slope_x * calm, 1.0, -slope_z * calm).normalized()
}

fn wave_height(x: f32, z: f32, octaves: u32) -> f32 {
    let warp = WAVES.at2(x * 0.5, z * 0.5);
    let wind = 0.020 * WAVES.fbm2(x * 1.5 + warp, z * 2.6 + 0.4 * warp, octaves);
    let swell = 0.030 * WAVES.at2(x * 0.35 + 4.0, z * 0.7);
    wind + swell + RINGS.iter().map(|&ring| ring_height(ring, x, z)).sum::<f32>()
}

fn ring_height((x0, z0, radius, height): (f32, f32, f32, f32), x: f32, z: f32) -> f32 {
    let r = (x - x0).hypot(z - z0);
    let envelope = (-(r - 0.55 * radius).powi(2) * 7.0 / (radius * radius)).exp();
    0.16 * height * envelope * (r * 34.0 / radius).sin()
}

/// The stones on the bottom, seen through clear water that turns green with depth.
fn underwater(point: Vec3, ray: Vec3, normal: Vec3) -> Vec3 {
    let bent = (ray * (1.0 / REFRACTION) - normal * 0.45).normalized();
    let depth = 0.12 + 0.085 * (point.z - 2.0).max(0.0).powf(1.25);
    let path = depth / (-bent.y).max(0.2);
    let bottom = point + bent * path;
    let light = SKYLIGHT + SUNLIGHT * (0.22 + 0.55 * caustics(bottom));
    let stones = stone_bed(bottom) * light;
    let absorbed = vec3(1.5, 0.55, 0.65).map(|colour| (-colour * path * 0.9).exp());
    stones * absorbed + vec3(0.012, 0.055, 0.060) * (1.0 - (-path * 0.8).exp())
}

/// Bright lines where the ripples focus the light.
fn caustics(bottom: Vec3) -> f32 {
    let warp = 0.35 * WAVES.at2(bottom.x * 2.0, bottom.z * 2.0 + 3.0);
    let line = 1.0 - WAVES.at2(bottom.x * 3.2 + warp, bottom.z * 3.2 - warp).abs();
    line.powi(7)
}

fn stone_bed(bottom: Vec3) -> Vec3 {
    let gravel = stone_layer(bottom.x * 13.0, bottom.z * 13.0, 2);
    let (large, height) = stone_layer(bottom.x * 3.4, bottom.z * 3.4, 0);
    let grain = 0.75 + 0.6 * STONES.fbm2(bottom.x * 40.0, bottom.z * 40.0, 3);
    (gravel.0 * 0.7).mix(large, smoothstep(0.16, 0.24, height)) * grain
}

/// The colour and the height of round stones, one in each cell of a jittered grid.
fn stone_layer(x: f32, z: f32, index: i32) -> (Vec3, f32) {
    let (column, row) = (x.floor() as i32, z.floor() as i32);
    let (mut nearest, mut second, mut owner) = (f32::MAX, f32::MAX, (0, 0));
    let mut offset = 0.0;
    for (i, j) in (-1..=1).flat_map(|i| (-1..=1).map(move |j| (column + i, row + j))) {
        let dx = x - i as f32 - STONES.random(i, j, index);
        let dz = z - j as f32 - STONES.random(i, j, index + 1);
        let distance = dx.hypot(dz);
        if distance < nearest {
            (second, nearest, owner, offset) = (nearest, distance, (i, j), dz - 0.4 * dx);
        } else {
            second = second.min(distance);
        }
    }
    let roundness = smoothstep(0.0, 0.45, second - nearest);
    let side_light = 0.75 + 0.5 * offset;
    (stone_colour(owner.0, owner.1) * (roundness * side_light), second - nearest)
}

fn stone_colour(column: i32, row: i32) -> Vec3 {
    let warm = vec3(0.52, 0.34, 0.19).mix(vec3(0.62, 0.55, 0.44), STONES.random(column, row, 8));
    let cool = vec3(0.20, 0.23, 0.24).mix(vec3(0.34, 0.20, 0.15), STONES.random(column, row, 9));
    warm.mix(cool, STONES.random(column, row, 10))
}

/// The distance to the first boulder along `ray`, stepping by how far away its rough surface is.
fn boulder_hit(origin: Vec3, ray: Vec3) -> Option<(f32, &'static Boulder)> {
    let hits = BOULDERS.iter().filter_map(|boulder| {
        let from = origin - boulder.centre;
        let closest = -from.dot(ray);
        let miss = from.dot(from) - closest * closest;
        let reach = (1.4 * boulder.radius).powi(2) - miss;
        (reach > 0.0).then(|| march_boulder(origin, ray, boulder, closest + reach.sqrt()))?
    });
    hits.min_by(|a, b| a.0.total_cmp(&b.0))
}

fn march_boulder(
    origin: Vec3,
    ray: Vec3,
    boulder: &'static Boulder,
    farthest: f32,
) -> Option<(f32, &'static Boulder)> {
    let mut distance = (farthest - 2.8 * boulder.radius).max(0.01);
    while distance < farthest {
        let gap = boulder_distance(origin + ray * distance, boulder);
        if gap < 0.002 {
            return Some((distance, boulder));
        }
        distance += 0.6 * gap;
    }
    None
}

/// Roughly how far `point` is from the boulder: a lumpy, broken ball.
fn boulder_distance(point: Vec3, boulder: &Boulder) -> f32 {
    let from = (point - boulder.centre) * (1.0 / boulder.radius);
    let lumps = STONES.fbm3(from * 0.9 + boulder.centre, 2);
    let cracks = STONES.billow3(from * 1.8 + boulder.centre, 5);
    boulder.radius * (from.length() - 0.85 - 0.55 * lumps + 0.35 * (cracks - 0.25))
}

fn boulder_normal(point: Vec3, boulder: &Boulder) -> Vec3 {
    const E: f32 = 0.004;
    let slope = |step: Vec3| {
        boulder_distance(point + step, boulder) - boulder_distance(point - step, boulder)
    };
    vec3(slope(vec3(E, 0.0, 0.0)), slope(vec3(0.0, E, 0.0)), slope(vec3(0.0, 0.0, E))).normalized()
}

fn boulder_colour(point: Vec3, boulder: &Boulder) -> Vec3 {
    let p = point * 5.0;
    let normal = boulder_normal(point, boulder);
    let moss = smoothstep(0.35, 0.75, normal.y + 0.5 * STONES.fbm3(p * 0.6, 4));
    let grain = 0.7 + 0.9 * STONES.fbm3(p * 4.0, 4).abs();
    let rock = vec3(0.20, 0.17, 0.15) * grain;
    let albedo = rock.mix(vec3(0.15, 0.17, 0.04) * grain, moss);
    let wet = 0.45 + 0.55 * smoothstep(0.02, 0.12, point.y);
    let lit = SUNLIGHT * (0.25 + 0.75 * normal.dot(sun())).max(0.0);
    albedo * wet * (lit + SKYLIGHT * (0.6 + 0.6 * normal.y))
}
