//! Seeded gradient noise in two and three dimensions, and the fractal sums built from it.

use crate::vector::{Vec3, vec3};

/// Each octave is turned by this angle's cosine and sine, so that no lattice shows through.
const TURN: (f32, f32) = (0.8, 0.6);
const LACUNARITY: f32 = 2.03;
const GAIN: f32 = 0.5;

#[derive(Clone, Copy)]
pub struct Noise {
    seed: u32,
}

impl Noise {
    pub const fn new(seed: u32) -> Self {
        Self { seed }
    }

    fn hash(self, x: i32, y: i32, z: i32) -> u32 {
        let mut bits = self.seed.wrapping_mul(0x9e37_79b1);
        for coordinate in [x, y, z] {
            bits = (bits ^ coordinate as u32).wrapping_mul(0x85eb_ca6b);
            bits ^= bits >> 15;
        }
        bits = bits.wrapping_mul(0xc2b2_ae35);
        bits ^ (bits >> 13)
    }

    /// A value in 0..1 that belongs to one lattice point; `index` asks for another one there.
    pub fn random(self, x: i32, y: i32, index: i32) -> f32 {
        (self.hash(x, y, index) >> 8) as f32 / (1 << 24) as f32
    }

    /// Gradient noise, about -1..1.
    pub fn at2(self, x: f32, y: f32) -> f32 {
        let (left, top) = (x.floor(), y.floor());
        let (fx, fy) = (x - left, y - top);
        let corner = |i: i32, j: i32| {
            let bits = self.hash(left as i32 + i, top as i32 + j, 0);
            let gradient = (signed(bits, 0), signed(bits, 16));
            gradient.0 * (fx - i as f32) + gradient.1 * (fy - j as f32)
        };
        let (sx, sy) = (fade(fx), fade(fy));
        let upper = lerp(corner(0, 0), corner(1, 0), sx);
        let lower = lerp(corner(0, 1), corner(1, 1), sx);
        1.5 * lerp(upper, lower, sy)
    }

    /// Gradient noise, about -1..1.
    pub fn at3(self, p: Vec3) -> f32 {
        let cell = p.map(f32::floor);
        let f = p - cell;
        let corner = |i: i32, j: i32, k: i32| {
            let bits = self.hash(cell.x as i32 + i, cell.y as i32 + j, cell.z as i32 + k);
            let gradient = vec3(signed(bits, 0), signed(bits, 8), signed(bits, 16));
            gradient.dot(f - vec3(i as f32, j as f32, k as f32))
        };
        let edge = |j: i32, k: i32, sx: f32| lerp(corner(0, j, k), corner(1, j, k), sx);
        let s = f.map(fade);
        let face = |k: i32| lerp(edge(0, k, s.x), edge(1, k, s.x), s.y);
        1.4 * lerp(face(0), face(1), s.z)
    }

    /// Fractal Brownian motion, about -1..1.
    pub fn fbm2(self, x: f32, y: f32, octaves: u32) -> f32 {
        self.sum2(x, y, octaves, |value| value)
    }

    /// Sharp crests and round valleys, about 0..1.
    pub fn ridged2(self, x: f32, y: f32, octaves: u32) -> f32 {
        let (mut x, mut y) = (x, y);
        let (mut sum, mut amplitude, mut weight) = (0.0, GAIN, 1.0_f32);
        for _ in 0..octaves {
            let crest = 1.0 - self.at2(x, y).abs();
            let crest = crest * crest * weight;
            weight = (crest * 1.6).clamp(0.0, 1.0);
            sum += crest * amplitude;
            amplitude *= GAIN;
            (x, y) = next_octave2(x, y);
        }
        sum
    }

    /// Fractal Brownian motion, about -1..1.
    pub fn fbm3(self, p: Vec3, octaves: u32) -> f32 {
        self.sum3(p, octaves, |value| value)
    }

    /// Round bumps with creases between them, about 0..1.
    pub fn billow3(self, p: Vec3, octaves: u32) -> f32 {
        self.sum3(p, octaves, f32::abs)
    }

    fn sum2(self, x: f32, y: f32, octaves: u32, shape: impl Fn(f32) -> f32) -> f32 {
        let (mut x, mut y) = (x, y);
        let (mut sum, mut amplitude) = (0.0, GAIN);
        for _ in 0..octaves {
            sum += shape(self.at2(x, y)) * amplitude;
            amplitude *= GAIN;
            (x, y) = next_octave2(x, y);
        }
        sum
    }

    fn sum3(self, p: Vec3, octaves: u32, shape: impl Fn(f32) -> f32) -> f32 {
        let mut p = p;
        let (mut sum, mut amplitude) = (0.0, GAIN);
        for _ in 0..octaves {
            sum += shape(self.at3(p)) * amplitude;
            amplitude *= GAIN;
            p = next_octave3(p);
        }
        sum
    }
}

fn next_octave2(x: f32, y: f32) -> (f32, f32) {
    let turned = (TURN.0 * x - TURN.1 * y, TURN.1 * x + TURN.0 * y);
    (turned.0 * LACUNARITY + 17.3, turned.1 * LACUNARITY - 9.1)
}

fn next_octave3(p: Vec3) -> Vec3 {
    let (x, z) = (TURN.0 * p.x - TURN.1 * p.z, TURN.1 * p.x + TURN.0 * p.z);
    let (y, z) = (TURN.0 * p.y - TURN.1 * z, TURN.1 * p.y + TURN.0 * z);
    vec3(x, y, z) * LACUNARITY + vec3(17.3, -9.1, 5.7)
}

/// Eight bits of `bits`, from `shift` on, as a value in -1..1.
fn signed(bits: u32, shift: u32) -> f32 {
    ((bits >> shift) & 0xff) as f32 / 127.5 - 1.0
}

fn fade(t: f32) -> f32 {
    t * t * t * (t * (t * 6.0 - 15.0) + 10.0)
}

fn lerp(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}
