//! How the threads of the CPU are shared among several pictures.
//!
//! A step on a small picture leaves most of many threads waiting for each other, so that small
//! pictures are dreamed side by side, each on few threads. With large ones there is work for all
//! threads, and no memory for many of them.

use dreamer::dream::Size;
use dreamer::memory::{self, Budget};

/// Pictures of at most so many pixels are dreamed side by side: up to about there that is sooner, with
/// libtorch on two threads.
const SMALL: usize = 1 << 21;

/// Lanes, in each of which one picture is dreamed at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sharing {
    pub lanes: usize,
    /// Threads of each lane.
    pub threads: usize,
}

impl Sharing {
    /// Shares `threads` among so many pictures.
    pub fn new(threads: usize, pictures: usize) -> Sharing {
        let lanes = threads.min(pictures).max(1);
        Sharing { lanes, threads: (threads / lanes).max(1) }
    }

    /// Whether pictures of a size are dreamed side by side, where a step takes `bytes_per_pixel`;
    /// otherwise one has all threads to itself. It depends on nothing that changes from run to run on
    /// one machine, so that a picture is always dreamed with as many threads.
    pub fn side_by_side(
        &self,
        size: Size,
        bytes_per_pixel: Option<usize>,
        budget: &Budget,
    ) -> bool {
        let taken = memory::of_dream(size.pixels(), bytes_per_pixel.unwrap_or(0));
        let fit = taken.saturating_mul(self.lanes as u64) <= budget.ever / 4 * 3;
        self.lanes == 1 || (size.pixels() <= SMALL && fit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: Budget = Budget { now: 0, ever: 4 << 30 };

    #[test]
    fn each_picture_has_a_thread_or_its_share_of_them() {
        let shared = |threads, pictures| {
            let Sharing { lanes, threads } = Sharing::new(threads, pictures);
            (lanes, threads)
        };
        assert_eq!(shared(4, 100), (4, 1));
        assert_eq!(shared(16, 3), (3, 5));
        assert_eq!(shared(8, 1), (1, 8));
        assert_eq!(shared(2, 0), (1, 2));
    }

    #[test]
    fn large_pictures_and_those_that_take_too_much_memory_are_dreamed_alone() {
        let sharing = Sharing::new(8, 100);
        let size = |width, height| Size { height, width };
        assert!(sharing.side_by_side(size(512, 384), Some(600), &BUDGET));
        assert!(!sharing.side_by_side(size(4000, 3000), Some(600), &BUDGET));
        assert!(!sharing.side_by_side(size(1000, 1000), Some(600), &BUDGET));
        assert!(Sharing::new(1, 100).side_by_side(size(4000, 3000), Some(600), &BUDGET));
    }
}
