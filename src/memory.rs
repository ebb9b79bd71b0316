//! How much memory there is, and how much of it a dream may take.

use sysinfo::{ProcessesToUpdate, System};

use crate::dream::{Size, Tiling};

/// Share of the available memory that a step may fill.
const SHARE: f64 = 0.6;

/// Bytes per pixel of the pictures that are alive during a step (the original, the one being
/// dreamed and its gradient, each three float32 planes) and of what is there beside them.
const PICTURES: u64 = 4 * 3 * 4;

/// Tiles are no smaller than this, whatever the memory.
const LEAST_SIDE: usize = 384;

/// The side of the tiles into which a picture must be cut, or `None` if it can stay whole.
pub fn tile_side(tiling: &Tiling, picture: Size) -> Option<usize> {
    let pictures = picture.pixels() as u64 * PICTURES;
    let budget = (available() as f64 * SHARE) as u64;
    let side = tiling.side_within(budget.saturating_sub(pictures)).max(LEAST_SIDE);
    (picture.pixels() > side * side).then_some(side)
}

/// Bytes that this process can still take, under the machine's and its own group's limits; where
/// the system does not tell, a modest machine's.
pub fn available() -> u64 {
    const MODEST: u64 = 4 << 30;
    let Ok(mut system) = System::new() else { return MODEST };
    system.refresh_memory();
    let group = sysinfo::get_current_pid().ok().and_then(|id| {
        system.refresh_processes(ProcessesToUpdate::Some(&[id]), false);
        system.process(id)?.cgroup_limits()
    });
    system.available_memory().min(group.map_or(u64::MAX, |limits| limits.free_memory))
}
