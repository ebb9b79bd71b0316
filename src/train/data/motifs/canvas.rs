//! The canvas that motifs are painted on.

use super::colour::{Colour, Ink};
use super::geometry::{Frame, Point};

/// Something to paint, in coordinates of its own.
pub trait Motif {
    /// Its ink at a point; a sample there stands for a square `pixel` wide.
    fn sample(&self, at: Point, pixel: f32) -> Ink;

    /// How far it reaches from its origin.
    fn reach(&self) -> f32 {
        1.0
    }
}

/// A square of samples, two for a pixel: one in its middle, one at its corner that it shares with
/// its neighbours (the quincunx pattern).
pub struct Canvas {
    size: usize,
    middles: Vec<Colour>,
    corners: Vec<Colour>,
}

impl Canvas {
    /// A canvas of `size` × `size` pixels, covered with a backdrop that has no sharp edges: only the
    /// pixels' middles are sampled.
    pub fn new(size: usize, backdrop: &impl Motif) -> Self {
        let pixel = 2.0 / size as f32;
        let middle = |index: usize| {
            let place = Point::new((index % size) as f32 + 0.5, (index / size) as f32 + 0.5);
            backdrop.sample(place * pixel - Point::new(1.0, 1.0), pixel).colour
        };
        let middles: Vec<Colour> = (0..size * size).map(middle).collect();
        let corner = |index: usize| {
            let near = |place: usize| [place.saturating_sub(1), place.min(size - 1)];
            let [left, right] = near(index % (size + 1));
            let [upper, lower] = near(index / (size + 1))
                .map(|y| middles[y * size + left].mix(middles[y * size + right], 0.5));
            upper.mix(lower, 0.5)
        };
        let corners = (0..(size + 1) * (size + 1)).map(corner).collect();
        Self { size, middles, corners }
    }

    /// Paints the motif where the frame places it.
    pub fn paint(&mut self, frame: &Frame, motif: &(impl Motif + ?Sized)) {
        self.paint_through(frame, motif, |ink| ink);
    }

    /// Paints the motif's shadow.
    pub fn shade(&mut self, frame: &Frame, motif: &(impl Motif + ?Sized), strength: f32) {
        self.paint_through(frame, motif, |ink| Ink::new(Colour::default(), strength * ink.opacity));
    }

    fn paint_through(
        &mut self,
        frame: &Frame,
        motif: &(impl Motif + ?Sized),
        change: impl Fn(Ink) -> Ink,
    ) {
        let pixel = 2.0 / self.size as f32;
        let reach = motif.reach() * frame.scale + pixel;
        let layers = [(0.5, self.size, &mut self.middles), (0.0, self.size + 1, &mut self.corners)];
        for (offset, side, samples) in layers {
            let range = |centre: f32| {
                let index = |at: f32| ((at + 1.0) / pixel - offset).clamp(0.0, side as f32);
                index(centre - reach).floor() as usize..index(centre + reach).ceil() as usize
            };
            for y in range(frame.centre.y) {
                for x in range(frame.centre.x) {
                    let at = Point::new(x as f32 + offset, y as f32 + offset) * pixel
                        - Point::new(1.0, 1.0);
                    let ink = change(motif.sample(frame.local(at), pixel / frame.scale));
                    if ink.opacity > 0.0 {
                        let sample = &mut samples[y * side + x];
                        *sample = sample.mix(ink.colour, ink.opacity);
                    }
                }
            }
        }
    }

    /// The pixels, row by row.
    pub fn pixels(&self) -> Vec<Colour> {
        let mut pixels = Vec::with_capacity(self.size * self.size);
        for y in 0..self.size {
            for x in 0..self.size {
                let corner = y * (self.size + 1) + x;
                let upper = self.corners[corner].mix(self.corners[corner + 1], 0.5);
                let lower = self.corners[corner + self.size + 1]
                    .mix(self.corners[corner + self.size + 2], 0.5);
                pixels.push(self.middles[y * self.size + x].mix(upper.mix(lower, 0.5), 0.5));
            }
        }
        pixels
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Black;

    impl Motif for Black {
        fn sample(&self, _at: Point, _pixel: f32) -> Ink {
            Ink::opaque(Colour::default())
        }
    }

    struct Half;

    impl Motif for Half {
        fn sample(&self, at: Point, _pixel: f32) -> Ink {
            Ink::new(Colour([1.0; 3]), if at.x < 0.0 { 1.0 } else { 0.0 })
        }
    }

    #[test]
    fn a_motif_is_painted_where_its_frame_places_it() {
        let mut canvas = Canvas::new(8, &Black);
        canvas.paint(&Frame::new(Point::new(0.5, 0.0), 0.5, 0.0), &Half);
        let row: Vec<f32> = canvas.pixels()[32..40].iter().map(|pixel| pixel.0[0]).collect();
        assert_eq!(row[..2], [0.0, 0.0]);
        assert_eq!(row[4..], [1.0, 0.75, 0.0, 0.0]);
    }
}
