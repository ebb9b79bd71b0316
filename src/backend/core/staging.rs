//! Planes laid out with their padding, and split into phases for strided convolutions.

use super::parallel::{Shared, split};
use super::scalar::Scalar;

/// How planes are staged: staged value (y, x) of phase (py, px) is the source's value
/// (y · stride + py − before, x · stride + px − before), or zero outside the source.
#[derive(Clone, Debug, PartialEq)]
pub struct Staging {
    /// Number of the source's planes, and their height and width.
    pub maps: usize,
    pub source: [usize; 2],
    /// Height and width of a staged plane.
    pub plane: [usize; 2],
    pub stride: [usize; 2],
    /// Rows above and columns left of the source; negative if the source is cropped.
    pub before: [isize; 2],
}

impl Staging {
    /// Number of staged values.
    pub fn volume(&self) -> usize {
        self.maps * self.stride[0] * self.stride[1] * self.plane_volume()
    }

    /// Number of values of one staged plane.
    pub fn plane_volume(&self) -> usize {
        self.plane[0] * self.plane[1]
    }

    /// Whether staging would change nothing.
    pub fn is_idle(&self) -> bool {
        self.stride == [1; 2] && self.before == [0; 2] && self.plane == self.source
    }

    /// Stages the planes of one sample.
    pub fn run<T: Scalar>(&self, parallel: bool, source: &[T], staged: &mut [T]) {
        let phases = self.stride[0] * self.stride[1];
        let volume = self.plane_volume();
        let source_volume = self.source[0] * self.source[1];
        let staged = Shared::new(staged);
        split(parallel, self.maps * phases, GRAIN.div_ceil(volume.max(1)), &|planes| {
            for plane in planes {
                let (map, phase) = (plane / phases, plane % phases);
                // SAFETY: every plane is written by one thread.
                let to = unsafe { staged.part(plane * volume, volume) };
                let from = &source[map * source_volume..][..source_volume];
                self.plane(from, [phase / self.stride[1], phase % self.stride[1]], to);
            }
        });
    }

    fn plane<T: Scalar>(&self, source: &[T], phase: [usize; 2], staged: &mut [T]) {
        let [[top, bottom], [left, right]] = [0, 1].map(|axis| self.inside(axis, phase[axis]));
        let (pitch, width) = (self.plane[1], self.source[1]);
        staged[..top * pitch].fill(T::ZERO);
        staged[bottom * pitch..].fill(T::ZERO);
        let rows = staged[top * pitch..bottom * pitch].chunks_exact_mut(pitch);
        for (row, staged) in rows.enumerate() {
            let y = self.source_index(0, phase[0], top + row);
            staged[..left].fill(T::ZERO);
            staged[right..].fill(T::ZERO);
            if left == right {
                continue;
            }
            let source = &source[y * width + self.source_index(1, phase[1], left)..];
            let staged = &mut staged[left..right];
            match self.stride[1] {
                1 => staged.copy_from_slice(&source[..right - left]),
                stride => {
                    let values = source.iter().step_by(stride);
                    staged.iter_mut().zip(values).for_each(|(staged, value)| *staged = *value);
                }
            }
        }
    }

    /// The staged rows (or columns) of a phase that lie inside the source.
    fn inside(&self, axis: usize, phase: usize) -> [usize; 2] {
        let stride = self.stride[axis] as isize;
        let offset = phase as isize - self.before[axis];
        // The first y with y · stride + offset ≥ bound.
        let reach = |bound: isize| (bound - offset + stride - 1).div_euclid(stride);
        let limit = self.plane[axis] as isize;
        let first = reach(0).clamp(0, limit);
        let last = reach(self.source[axis] as isize).clamp(first, limit);
        [first as usize, last as usize]
    }

    fn source_index(&self, axis: usize, phase: usize, staged: usize) -> usize {
        let index = (staged * self.stride[axis] + phase) as isize - self.before[axis];
        index as usize
    }
}

/// Values per thread that make sharing worthwhile.
const GRAIN: usize = 16 << 10;
