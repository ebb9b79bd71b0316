//! Work split among the cores.

use std::marker::PhantomData;
use std::ops::Range;

/// Calls `work` with parts that cover `0..count`, on all cores if `parallel`; no part is split
/// below `grain`.
pub fn split(parallel: bool, count: usize, grain: usize, work: &(impl Fn(Range<usize>) + Sync)) {
    let pieces = if parallel { rayon::current_num_threads() * PIECES_PER_THREAD } else { 1 };
    let size = count.div_ceil(pieces).max(grain).max(1);
    halve(0..count, size, work);
}

/// More pieces than threads, so that a delayed thread holds up less.
const PIECES_PER_THREAD: usize = 4;

fn halve(range: Range<usize>, size: usize, work: &(impl Fn(Range<usize>) + Sync)) {
    if range.len() <= size {
        if !range.is_empty() {
            work(range);
        }
        return;
    }
    let pieces = range.len().div_ceil(size);
    let middle = range.start + pieces / 2 * size;
    rayon::join(|| halve(range.start..middle, size, work), || halve(middle..range.end, size, work));
}

/// A slice whose parts are written by several threads.
#[derive(Clone, Copy)]
pub struct Shared<'a, T> {
    start: *mut T,
    length: usize,
    life: PhantomData<&'a mut [T]>,
}

// SAFETY: whoever takes a part promises that nobody else holds it at the same time.
unsafe impl<T: Send> Send for Shared<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Shared<'_, T> {}

impl<'a, T> Shared<'a, T> {
    pub fn new(slice: &'a mut [T]) -> Shared<'a, T> {
        Shared { start: slice.as_mut_ptr(), length: slice.len(), life: PhantomData }
    }

    pub fn len(&self) -> usize {
        self.length
    }

    pub fn start(&self) -> *mut T {
        self.start
    }

    /// A part of the slice.
    ///
    /// # Safety
    /// Parts that are alive at the same time must not overlap.
    ///
    /// # Panics
    /// If the part is not within the slice.
    pub unsafe fn part(&self, start: usize, length: usize) -> &'a mut [T] {
        assert!(start <= self.length && length <= self.length - start, "a part is outside");
        // SAFETY: the part is within the slice, and the caller's alone.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(start), length) }
    }
}
