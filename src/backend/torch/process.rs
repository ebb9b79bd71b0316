//! Settings of the whole process that a program which dreams should make at its start.

use std::sync::Once;

use super::cpu::parallel;

/// Lets the C library keep freed memory for the next step and, if several threads are to compute,
/// lets OpenMP's threads sleep while they wait. Does nothing where the platform has no such settings
/// or the user has made their own.
pub fn tune_process(threads: usize) {
    static SLEEP: Once = Once::new();
    keep_freed_memory();
    let own_policy = |name: &&str| std::env::var_os(name).is_some();
    if threads > 1 && !["OMP_WAIT_POLICY", "GOMP_SPINCOUNT"].iter().any(own_policy) {
        SLEEP.call_once(parallel::let_waiting_threads_sleep);
    }
}

/// Freed memory beyond this goes back to the system.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const KEPT: libc::c_int = 1 << 30;

/// glibc maps every large block anew and unmaps it when it is freed, and the system clears each of
/// its pages on first touch. A gradient step allocates the same activations every time, so that
/// this costs about a tenth of it. Threads beside the first have heaps of their own, which are given
/// back whenever they are empty, unless all share one.
fn keep_freed_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: `mallopt` only changes parameters of the allocator.
    unsafe {
        libc::mallopt(libc::M_MMAP_MAX, 0);
        libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT);
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}
