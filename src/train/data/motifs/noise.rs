//! Seeded random numbers on a lattice, and smooth noise made from them.

use super::geometry::{Point, floor, smoothstep};

/// A random field; copies are the same field.
#[derive(Clone, Copy, Debug)]
pub struct Noise {
    seed: u32,
}

impl Noise {
    pub fn new(seed: u32) -> Self {
        Self { seed }
    }

    /// A number in 0..1 that belongs to a place of the lattice.
    pub fn random(self, x: i32, y: i32) -> f32 {
        let place = (x as u32).wrapping_mul(0x9e37_79b1) ^ (y as u32).wrapping_mul(0xc2b2_ae35);
        let bits = place ^ self.seed;
        let bits = (bits ^ (bits >> 15)).wrapping_mul(0x85eb_ca6b);
        let bits = (bits ^ (bits >> 13)).wrapping_mul(0x27d4_eb2f);
        (bits >> 8) as f32 / (1 << 24) as f32
    }

    /// Value noise, 0..1, one unit from knot to knot.
    pub fn smooth(self, at: Point) -> f32 {
        let (x, y) = (floor(at.x), floor(at.y));
        let across = smoothstep(0.0, 1.0, at.x - x as f32);
        let down = smoothstep(0.0, 1.0, at.y - y as f32);
        let row = |y| {
            let start = self.random(x, y);
            start + (self.random(x + 1, y) - start) * across
        };
        let upper = row(y);
        upper + (row(y + 1) - upper) * down
    }

    /// A sum of `octaves` of smooth noise, each twice as fine and half as strong, 0..1.
    pub fn cloudy(self, at: Point, octaves: u32) -> f32 {
        let (mut sum, mut weight, mut total) = (0.0, 1.0, 0.0);
        let mut at = at;
        for _ in 0..octaves {
            sum += weight * self.smooth(at);
            total += weight;
            weight *= 0.5;
            // Turned as well as scaled, so that the lattices do not coincide.
            at = at.turned(0.8, 0.6) * 2.03 + Point::new(17.3, 5.1);
        }
        sum / total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_lattice_spread_evenly() {
        let noise = Noise::new(7);
        let numbers: Vec<f32> =
            (0..10_000).map(|index| noise.random(index % 100 - 50, index / 100)).collect();
        let mean = numbers.iter().sum::<f32>() / 1e4;
        assert!((mean - 0.5).abs() < 0.02, "{mean}");
        let low = numbers.iter().filter(|&&number| number < 0.1).count();
        assert!((800..1200).contains(&low), "{low}");
    }

    #[test]
    fn noise_is_smooth_and_within_0_to_1() {
        let noise = Noise::new(3);
        for step in -1000..1000 {
            let at = |step: i32| noise.cloudy(Point::new(step as f32 * 0.01, 0.3), 4);
            assert!((0.0..=1.0).contains(&at(step)));
            assert!((at(step) - at(step + 1)).abs() < 0.1);
        }
    }
}
