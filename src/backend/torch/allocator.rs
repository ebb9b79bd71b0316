//! Keeping freed memory in the process.

/// Freed memory beyond this goes back to the system.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const KEPT: libc::c_int = 1 << 30;

/// Lets the C library keep freed blocks for the next step.
///
/// glibc maps every large block anew and unmaps it when it is freed, and the system clears each of
/// its pages on first touch. A gradient step allocates the same activations every time, so that
/// this costs about a tenth of it.
pub fn keep_freed_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: `mallopt` only changes parameters of the allocator.
    unsafe {
        libc::mallopt(libc::M_MMAP_MAX, 0);
        libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT);
    }
}
