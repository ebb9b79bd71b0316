//! Loops on libtorch's own threads.
//!
//! libtorch computes on OpenMP threads, which spin for a while after each of its loops. A second
//! pool of threads would fight them for the cores, so our loops run on the same threads, through
//! the entry point that compilers call for `#pragma omp parallel`. Where that is missing the loops
//! run on threads of their own.

use crate::backend::pixels::Threads;
use std::ffi::{c_int, c_uint, c_void};
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
/// there are processors. So one more team is started, with one thread too many, which then sleeps.
/// Without it, waiting is only less polite.
pub fn let_waiting_threads_sleep() {
    let (Some(parallel), Some(processors)) = (openmp(), processors()) else { return };
    let threads = processors + 1;
    if !can_start(threads + 1) {
        return;
    }
    let (started, ready) = std::sync::mpsc::channel();
    let team = move || {
        unsafe extern "C" fn nothing(_: *mut c_void) {}
        // SAFETY: the body reads nothing.
        unsafe { parallel(nothing, std::ptr::null_mut(), threads as c_uint, 0) };
        let _ = started.send(());
        loop {
            std::thread::park();
        }
    };
    if std::thread::Builder::new().name("idle team".into()).spawn(team).is_ok() {
        let _ = ready.recv();
    }
}

/// How many processors OpenMP counts, which may be more than a container's quota allows for.
fn processors() -> Option<usize> {
    // SAFETY: the type is that of OpenMP's API.
    let count: unsafe extern "C" fn() -> c_int =
        unsafe { *Library::this().get(b"omp_get_num_procs\0").ok()? };
    // SAFETY: it reads nothing of ours.
    usize::try_from(unsafe { count() }).ok()
}

/// Whether so many threads can run beside those there are: libgomp ends the program where they
/// cannot.
fn can_start(count: usize) -> bool {
    let done = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let threads: Vec<_> = (0..count)
        .map_while(|_| {
            let done = done.clone();
            let wait = move || {
                while !done.load(Ordering::Acquire) {
                    std::thread::park();
                }
            };
            std::thread::Builder::new().spawn(wait).ok()
        })
        .collect();
    let all = threads.len() == count;
    done.store(true, Ordering::Release);
    for thread in threads {
        thread.thread().unpark();
        let _ = thread.join();
    }
    all
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

/// libtorch's threads.
pub struct OpenMp;

impl Threads for OpenMp {
    fn for_each_chunk<T: Send>(data: &mut [T], size: usize, body: impl Fn(usize, &mut [T]) + Sync) {
        for_each_chunk(data, size, body);
    }
}

/// Likewise with the chunks of two arrays of the same length.
pub fn for_each_chunk_of_both<A: Send, B: Send>(
    first: &mut [A],
    second: &mut [B],
    size: usize,
    body: impl Fn(usize, &mut [A], &mut [B]) + Sync,
) {
    assert_eq!(first.len(), second.len(), "the arrays are of the same length");
    let length = second.len();
    let start = Shared(second.as_mut_ptr());
    for_each_chunk(first, size, |index, chunk| {
        let from = index * size;
        let count = size.min(length - from);
        // SAFETY: as in `for_each_chunk`.
        let other = unsafe { std::slice::from_raw_parts_mut(start.pointer().add(from), count) };
        body(index, chunk, other);
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
