//! How much memory there is, and how much of it a dream may use.

use sysinfo::{CGroupLimits, ProcessesToUpdate, System};

use crate::Size;

/// Fraction of the available memory that a step may use.
const SHARE: f64 = 0.6;

/// Bytes per pixel of the pictures that are alive during a step (the original, the one being
/// dreamed, its gradient and what evens that out, each three float32 planes) and of other data.
const PICTURES: u64 = 5 * 3 * 4;

/// The smallest tiles, whatever the memory.
const LEAST_SIDE: usize = 384;

/// Bytes of a dream of that many pixels: its pictures, and `bytes_per_pixel` for a step.
pub fn of_dream(pixels: usize, bytes_per_pixel: usize) -> u64 {
    pixels as u64 * (PICTURES + bytes_per_pixel as u64)
}

/// Bytes that dreams may use at once: of what is available now, and of all that this process may
/// ever have, which is the same from run to run.
pub struct Budget {
    /// Bytes, of what is available now.
    pub now: u64,
    /// Bytes, of all that the machine or the control group has.
    pub ever: u64,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget::new()
    }
}

impl Budget {
    /// A fraction of what is available now.
    pub fn new() -> Budget {
        Budget::of(available(), total())
    }

    fn of(available: u64, total: u64) -> Budget {
        let share = |bytes: u64| (bytes as f64 * SHARE) as u64;
        Budget { now: share(available), ever: share(total) }
    }

    /// The side of the tiles into which a picture must be cut, or `None` if it can stay whole, if a
    /// step needs `bytes_per_pixel` besides the pictures, and nothing else is dreamed meanwhile.
    pub fn tile_side(&self, bytes_per_pixel: usize, picture: Size) -> Option<usize> {
        let pictures = picture.pixels() as u64 * PICTURES;
        let pixels = self.now.saturating_sub(pictures) / bytes_per_pixel.max(1) as u64;
        let side = ((pixels as f64).sqrt() as usize).max(LEAST_SIDE);
        (picture.pixels() > side * side).then_some(side)
    }
}

/// Memory of the machine in bytes, or the limit of this process's control group.
fn total() -> u64 {
    let Ok(mut system) = System::new() else { return MODEST };
    system.refresh_memory();
    let group = group_limits(&mut system);
    system.total_memory().min(group.map_or(u64::MAX, |limits| limits.total_memory))
}

/// Bytes that this process can still allocate, within the limits of the machine and its control
/// group; a modest machine's if the system does not say.
pub fn available() -> u64 {
    let Ok(mut system) = System::new() else { return MODEST };
    system.refresh_memory();
    let group = group_limits(&mut system);
    system.available_memory().min(group.map_or(u64::MAX, |limits| limits.free_memory))
}

/// The memory of a modest machine.
const MODEST: u64 = 4 << 30;

fn group_limits(system: &mut System) -> Option<CGroupLimits> {
    let id = sysinfo::get_current_pid().ok()?;
    system.refresh_processes(ProcessesToUpdate::Some(&[id]), false);
    system.process(id)?.cgroup_limits()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PICTURE: Size = Size { height: 2000, width: 3000 };

    #[test]
    fn a_picture_that_fits_stays_whole() {
        assert_eq!(Budget::of(16 << 30, 0).tile_side(600, PICTURE), None);
    }

    #[test]
    fn tiles_and_pictures_fill_their_share_of_the_memory() {
        let available = 4 << 30;
        let side = Budget::of(available, 0).tile_side(600, PICTURE);
        let side = side.expect("it does not fit") as u64;
        let filled = side * side * 600 + PICTURE.pixels() as u64 * PICTURES;
        let share = filled as f64 / available as f64;
        assert!((SHARE - 0.01..=SHARE).contains(&share), "{share}");
    }

    #[test]
    fn tiles_have_a_least_size_however_little_memory_there_is() {
        assert_eq!(Budget::of(0, 0).tile_side(600, PICTURE), Some(LEAST_SIDE));
    }
}
