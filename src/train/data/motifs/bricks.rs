//! Brickwork: bonds of varied bricks with rounded, lit edges in mortar.

use std::f32::consts::PI;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::canvas::{Canvas, Motif};
use super::colour::{Colour, Ink, Palette};
use super::geometry::{Point, inside, smoothstep};
use super::noise::Noise;
use super::surface::{Drape, paint_surface};

const DRAPE: Drape = Drape { tilt: PI, unit: [0.3, 0.95], bend: 0.8, cut: 0.3 };

pub fn paint(canvas: &mut Canvas, palette: &Palette, rng: &mut ChaCha8Rng) {
    let bricks = Bricks::random(palette, rng);
    paint_surface(canvas, &DRAPE, rng, bricks);
}

/// Finds the brick at a place.
type Bond = fn(Point) -> Brick;

/// A brick, seen from a place in it or in the mortar around it.
struct Brick {
    /// Of the place from the brick's middle.
    offset: Point,
    /// Half the brick's length and height, mortar included.
    half: Point,
    /// Tells this brick from all others.
    number: [i32; 2],
}

impl Brick {
    fn new(offset: Point, half: [f32; 2], number: [i32; 2]) -> Self {
        Self { offset, half: Point::new(half[0], half[1]), number }
    }
}

const BONDS: [Bond; 6] = [running, running, third, flemish, herringbone, basket];

/// Bricks about one unit long.
struct Bricks {
    bond: Bond,
    mortar_width: f32,
    rounding: f32,
    roughness: f32,
    bevel: f32,
    noise: Noise,
    colours: [Colour; 3],
    mortar: Colour,
}

impl Bricks {
    fn random(palette: &Palette, rng: &mut ChaCha8Rng) -> Self {
        let other = palette.main.mix(palette.second, rng.random_range(0.2..1.0));
        let third = palette.main.mix(palette.accent, rng.random_range(0.1..0.9));
        let bright = palette.main.luma() > 0.5;
        let mortar = if bright == rng.random_bool(0.8) { palette.dark } else { palette.light };
        Self {
            bond: BONDS[rng.random_range(0..BONDS.len())],
            mortar_width: rng.random_range(0.06..0.12),
            rounding: rng.random_range(0.02..0.12),
            roughness: rng.random_range(0.05..0.4),
            bevel: rng.random_range(0.1..0.45),
            noise: Noise::new(rng.random()),
            colours: [palette.main, other, third],
            mortar: mortar.mix(palette.ground[0], rng.random_range(0.0..0.3)),
        }
    }
}

impl Motif for Bricks {
    fn sample(&self, at: Point, pixel: f32) -> Ink {
        let Brick { offset, half, number: [column, row] } = (self.bond)(at);
        let own = self.noise.random(column, row);
        let tone = self.noise.random(row, column.wrapping_add(50));
        let rough = self.noise.smooth(at * 11.0) - 0.5;
        let mortar = self.mortar.lit(0.9 + 0.4 * rough);
        let inner = half - Point::new(1.0, 1.0) * (0.5 * self.mortar_width + self.rounding);
        let corner =
            Point::new((offset.x.abs() - inner.x).max(0.0), (offset.y.abs() - inner.y).max(0.0));
        let distance = corner.length() - self.rounding + 0.05 * self.roughness * rough;
        let covered = inside(distance, pixel);
        let kind = if tone < 0.5 {
            0
        } else if tone < 0.8 {
            1
        } else {
            2
        };
        let cloud = self.noise.smooth(at * 3.0 + Point::new(40.0, 0.0)) - 0.5;
        let face = self.colours[kind].lit(0.72 + 0.5 * own + self.roughness * rough + 0.3 * cloud);
        // Light from above left catches the edges.
        let slant = (offset.x / half.x.max(0.1)).powi(3) + (offset.y / half.y.max(0.1)).powi(3);
        let near_edge = smoothstep(-0.12, 0.0, distance);
        let face = face.lit(1.0 - self.bevel * near_edge * slant.clamp(-1.0, 1.0));
        let shadow = 0.6 + 0.4 * smoothstep(0.0, 0.08, distance);
        Ink::opaque(mortar.lit(shadow).mix(face, covered))
    }

    fn reach(&self) -> f32 {
        f32::INFINITY
    }
}

/// A brick of `length` in the course through `at`, the course shifted by `shift`.
fn in_course(at: Point, shift: f32, height: f32) -> Brick {
    let row = (at.y / height).floor();
    let along = at.x + shift * row;
    let column = along.floor();
    let offset = Point::new(along - column - 0.5, at.y - (row + 0.5) * height);
    Brick::new(offset, [0.5, height / 2.0], [column as i32, row as i32])
}

fn running(at: Point) -> Brick {
    in_course(at, 0.5, 0.42)
}

fn third(at: Point) -> Brick {
    in_course(at, 1.0 / 3.0, 0.32)
}

/// Long and short bricks in turn.
fn flemish(at: Point) -> Brick {
    const HEIGHT: f32 = 0.42;
    let row = (at.y / HEIGHT).floor();
    let along = at.x + 0.75 * (row as i32 & 1) as f32;
    let pair = (along / 1.5).floor();
    let within = along - 1.5 * pair;
    let y = at.y - (row + 0.5) * HEIGHT;
    let column = 2 * pair as i32;
    if within < 1.0 {
        Brick::new(Point::new(within - 0.5, y), [0.5, HEIGHT / 2.0], [column, row as i32])
    } else {
        Brick::new(Point::new(within - 1.25, y), [0.25, HEIGHT / 2.0], [column + 1, row as i32])
    }
}

/// Bricks of 1 × ½, lying and standing by turns along each diagonal.
fn herringbone(at: Point) -> Brick {
    let (column, row) = ((at.x * 2.0).floor() as i32, (at.y * 2.0).floor() as i32);
    let (left, top) = (column as f32 * 0.5, row as f32 * 0.5);
    // Which half of which brick each cell of the half-unit grid is.
    match (column - row).rem_euclid(4) {
        0 => Brick::new(at - Point::new(left + 0.5, top + 0.25), [0.5, 0.25], [column, row]),
        1 => Brick::new(at - Point::new(left, top + 0.25), [0.5, 0.25], [column - 1, row]),
        2 => Brick::new(at - Point::new(left + 0.25, top), [0.25, 0.5], [column, row - 1]),
        _ => Brick::new(at - Point::new(left + 0.25, top + 0.5), [0.25, 0.5], [column, row]),
    }
}

/// Pairs of bricks, lying and standing by turns.
fn basket(at: Point) -> Brick {
    let (column, row) = (at.x.floor(), at.y.floor());
    let within = Point::new(at.x - column - 0.5, at.y - row - 0.5);
    let number = [2 * column as i32, row as i32];
    if (column as i32 + row as i32) & 1 == 0 {
        let side = 0.25_f32.copysign(within.y);
        let second = i32::from(within.y >= 0.0);
        Brick::new(within - Point::new(0.0, side), [0.5, 0.25], [number[0] + second, number[1]])
    } else {
        let side = 0.25_f32.copysign(within.x);
        let second = i32::from(within.x >= 0.0);
        Brick::new(within - Point::new(side, 0.0), [0.25, 0.5], [number[0] + second, number[1]])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_lies_within_its_brick() {
        for bond in BONDS {
            for step in 0..4000 {
                let at = Point::new((step % 61) as f32 * 0.093 - 3.0, step as f32 * 0.0017 - 3.0);
                let Brick { offset, half, .. } = bond(at);
                assert!(offset.x.abs() <= half.x + 1e-4 && offset.y.abs() <= half.y + 1e-4);
            }
        }
    }

    #[test]
    fn all_of_a_brick_has_one_number() {
        for bond in BONDS {
            for step in 0..2000 {
                let at = Point::new((step % 61) as f32 * 0.093 - 3.0, step as f32 * 0.003 - 3.0);
                let Brick { offset, half, number } = bond(at);
                let middle = at - offset;
                for corner in [Point::new(0.9, 0.9), Point::new(-0.9, 0.9), Point::new(0.9, -0.9)] {
                    let at = middle + Point::new(corner.x * half.x, corner.y * half.y);
                    assert_eq!(bond(at).number, number);
                }
            }
        }
    }
}
