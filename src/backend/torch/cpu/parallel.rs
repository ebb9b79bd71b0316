//! Loops on libtorch's own threads.
//!
//! libtorch computes on OpenMP threads, which spin for a while after each of its loops. A second
//! pool of threads would fight them for the cores, so our loops run on the same threads, through
//! the entry point that compilers call for `#pragma omp parallel`. Where that is missing the loops
//! run on threads of their own.

use std::ffi::{c_uint, c_void};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use libloading::os::unix::Library;

type Parallel = unsafe extern "C" fn(
    body: unsafe extern "C" fn(*mut c_void),
    data: *mut c_void,
    threads: c_uint,
    flags: c_uint,
);

fn openmp() -> Option<Parallel> {
    static PARALLEL: OnceLock<Option<Parallel>> = OnceLock::new();
    *PARALLEL.get_or_init(|| {
        // SAFETY: the type is that of libgomp's ABI, which LLVM's runtime provides as well.
        unsafe { Library::this().get(b"GOMP_parallel\0").ok().map(|symbol| *symbol) }
    })
}

/// Makes OpenMP's threads sleep while they wait, instead of spinning for milliseconds.
///
/// A spinning thread holds a core that the thread it waits for may need: beside one busy program a
/// dream on two cores takes several times as long. libgomp reads its wait policy from the
/// environment before `main`, but it spins only briefly as soon as it manages more threads than
/// there are cores. So one more team is started, with one thread too many, which then sleeps.
pub fn let_waiting_threads_sleep() {
    let Some(parallel) = openmp() else { return };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let (started, ready) = std::sync::mpsc::channel();
    let team = move || {
        unsafe extern "C" fn nothing(_: *mut c_void) {}
        // SAFETY: the body reads nothing.
        unsafe { parallel(nothing, std::ptr::null_mut(), cores as c_uint + 1, 0) };
        let _ = started.send(());
        loop {
            std::thread::park();
        }
    };
    // Without the thread, waiting is only less polite.
    if std::thread::Builder::new().name("idle team".into()).spawn(team).is_ok() {
        let _ = ready.recv();
    }
}

struct Work<'a> {
    next: AtomicUsize,
    count: usize,
    body: &'a (dyn Fn(usize) + Sync),
}

impl Work<'_> {
    fn run(&self) {
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            if index >= self.count {
                break;
            }
            (self.body)(index);
        }
    }
}

/// Calls `body` with every index below `count`, each once, on all of libtorch's threads.
pub fn for_each(count: usize, body: impl Fn(usize) + Sync) {
    let work = Work { next: AtomicUsize::new(0), count, body: &body };
    let threads = tch::get_num_threads().max(1) as usize;
    if threads == 1 || count == 1 {
        return work.run();
    }
    match openmp() {
        Some(parallel) => {
            unsafe extern "C" fn run(data: *mut c_void) {
                // SAFETY: `data` is the `Work` below, which outlives the parallel region.
                unsafe { &*data.cast_const().cast::<Work>() }.run();
            }
            let data = std::ptr::from_ref(&work).cast_mut().cast();
            // SAFETY: `run` only reads the shared work, and the call returns when all threads are
            // done with it.
            unsafe { parallel(run, data, threads as c_uint, 0) };
        }
        None => std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| work.run());
            }
        }),
    }
}

/// Cuts `data` into chunks of `size` values (the last may be shorter) and calls `body` with each
/// chunk's index and values, on all of libtorch's threads.
pub fn for_each_chunk<T: Send>(data: &mut [T], size: usize, body: impl Fn(usize, &mut [T]) + Sync) {
    let length = data.len();
    let start = Shared(data.as_mut_ptr());
    for_each(length.div_ceil(size), |index| {
        let from = index * size;
        let count = size.min(length - from);
        // SAFETY: chunks of different indices do not overlap, and each index is given out once.
        let chunk = unsafe { std::slice::from_raw_parts_mut(start.pointer().add(from), count) };
        body(index, chunk);
    });
}

/// A pointer whose pieces go to different threads.
struct Shared<T>(*mut T);

// SAFETY: `for_each_chunk` gives each thread a different part, of a type that may be sent.
unsafe impl<T: Send> Sync for Shared<T> {}

impl<T> Shared<T> {
    fn pointer(&self) -> *mut T {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chunk_is_visited_once() {
        let mut data = vec![0u32; 1003];
        for_each_chunk(&mut data, 10, |index, chunk| {
            chunk.iter_mut().for_each(|value| *value += index as u32 + 1);
        });
        let expected: Vec<u32> = (0..1003).map(|position| position / 10 + 1).collect();
        assert_eq!(data, expected);
    }
}
