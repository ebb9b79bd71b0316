//! One scheduler for one picture, a folder or a comparison: which dreams go on side by side, with how
//! many threads each, and how much memory they may take.
//!
//! A step on a small picture leaves most of many threads waiting for each other, so small pictures are
//! dreamed side by side, each on few threads. With large ones there is work for all threads, and no
//! memory for many of them.

use std::ops::Deref;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::executor::ExecutorError;
use super::{Dreamer, Error, Plan, Settings};
use crate::Size;
use crate::memory::{self, Budget};

/// Pictures of at most this many pixels are dreamed side by side: up to about there that is faster, with
/// libtorch on two threads.
const SMALL: usize = 1 << 21;

/// Jobs that are read or written while others are dreamed, at most.
const MOST_BESIDE: usize = 4;

/// How the threads of the CPU are shared among dreams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ThreadPlan {
    /// Dreams side by side.
    lanes: usize,
    /// Threads of each.
    threads: usize,
}

impl ThreadPlan {
    fn new(threads: usize, pictures: usize) -> ThreadPlan {
        let lanes = threads.min(pictures).max(1);
        ThreadPlan { lanes, threads: (threads / lanes).max(1) }
    }

    /// Whether dreams of a size go on side by side, where a step takes `bytes_per_pixel`; otherwise one
    /// has all threads to itself. It depends on nothing that changes from run to run on one machine, so
    /// that a picture is always dreamed with the same number of threads.
    fn side_by_side(self, size: Size, bytes_per_pixel: Option<usize>, budget: &Budget) -> bool {
        let taken = memory::of_dream(size.pixels(), bytes_per_pixel.unwrap_or(0));
        let fit = taken.saturating_mul(self.lanes as u64) <= budget.ever / 4 * 3;
        size.pixels() <= SMALL && fit
    }
}

/// Shares devices, threads and memory among dreams.
pub struct Scheduler {
    /// Dreams that go on side by side: one for each device or, on the CPU alone, some that share its
    /// threads.
    shared: Vec<Dreamer>,
    /// The one that dreams while all others wait, with all threads, where there is one.
    exclusive: Option<Dreamer>,
    threads: ThreadPlan,
    budget: Budget,
    dreams: Semaphore,
    pictures: Semaphore,
}

/// A dreamer that nobody else uses, until it is dropped.
pub struct Lease<'a> {
    dreamer: &'a Dreamer,
    _permit: Permit<'a>,
}

impl Deref for Lease<'_> {
    type Target = Dreamer;

    fn deref(&self) -> &Dreamer {
        self.dreamer
    }
}

impl Scheduler {
    /// For a dreamer on each device, and a number of pictures.
    ///
    /// # Errors
    /// [`ExecutorError`] where the system gives no more threads.
    ///
    /// # Panics
    /// Without a dreamer.
    pub fn new(devices: &[Dreamer], pictures: usize) -> Result<Scheduler, ExecutorError> {
        let budget = Budget::new();
        let with = |dreamer: &Dreamer, threads| {
            Ok::<_, ExecutorError>(dreamer.on(dreamer.executor().with_threads(threads)?))
        };
        let is_cpu = |dreamer: &&Dreamer| dreamer.executor().device() == "cpu";
        let all = devices[0].executor().threads();
        let (shared, exclusive, threads) = match devices {
            [cpu] if is_cpu(&cpu) => {
                let threads = ThreadPlan::new(all, pictures);
                match threads.lanes {
                    1 => (vec![cpu.clone()], None, threads),
                    lanes => {
                        let shared = (0..lanes).map(|_| with(cpu, threads.threads));
                        (shared.collect::<Result<_, _>>()?, Some(cpu.clone()), threads)
                    }
                }
            }
            devices => {
                let cpus = devices.iter().filter(is_cpu).count().max(1);
                let share = |dreamer: &Dreamer| match is_cpu(&dreamer) {
                    true => with(dreamer, (all / cpus).max(1)),
                    false => with(dreamer, 1),
                };
                let threads = ThreadPlan { lanes: devices.len(), threads: 1 };
                (devices.iter().map(share).collect::<Result<_, _>>()?, None, threads)
            }
        };
        Ok(Scheduler {
            dreams: Semaphore::new(shared.len(), budget.now / 4 * 3),
            // The rest is for pictures that are decoded.
            pictures: Semaphore::new(0, budget.now / 4),
            shared,
            exclusive,
            threads,
            budget,
        })
    }

    /// Any of its dreamers, to plan with.
    pub fn dreamer(&self) -> &Dreamer {
        // The machine's memory decides, where any of them computes in it.
        let on_cpu = || self.shared.iter().find(|dreamer| dreamer.executor().device() == "cpu");
        self.exclusive.as_ref().or_else(on_cpu).unwrap_or(&self.shared[0])
    }

    /// How many dreams go on side by side, where they do.
    pub fn side_by_side(&self) -> usize {
        self.shared.len()
    }

    /// Whether a dream has all threads to itself while others wait.
    pub fn is_exclusive(&self, size: Size, bytes_per_pixel: Option<usize>) -> bool {
        self.exclusive.is_some() && !self.threads.side_by_side(size, bytes_per_pixel, &self.budget)
    }

    /// The dreamer, or one like it, that will dream a picture of a size.
    pub fn dreamer_for(&self, size: Size, bytes_per_pixel: Option<usize>) -> &Dreamer {
        match &self.exclusive {
            Some(exclusive) if self.is_exclusive(size, bytes_per_pixel) => exclusive,
            _ => &self.shared[0],
        }
    }

    /// Plans a dream as [`Dreamer::plan`] does. Memory decides about its tiles where nothing is dreamed
    /// beside it: what there was when the scheduler was made, whatever dreams take at the moment.
    ///
    /// # Errors
    /// [`Error`] where settings or size do not fit the network.
    pub fn plan(&self, size: Size, settings: &Settings) -> Result<Plan, Error> {
        let plan = self.dreamer().plan(size, settings, None)?;
        let alone = self.exclusive.is_none() || self.is_exclusive(size, plan.bytes_per_pixel());
        match alone {
            true => self.dreamer().plan(size, settings, Some(&self.budget)),
            false => Ok(plan),
        }
    }

    /// Waits until a planned dream may go on, in the order in which dreams come; `beside` are bytes that
    /// it takes beside its plan's.
    pub fn lease(&self, plan: &Plan, beside: u64) -> Lease<'_> {
        let is_exclusive = self.is_exclusive(plan.size(), plan.bytes_per_pixel());
        self.lease_for(is_exclusive, if is_exclusive { 0 } else { plan.bytes() + beside })
    }

    /// Waits for a dreamer: for the one that dreams alone, or for any other and its memory.
    pub fn lease_for(&self, is_exclusive: bool, bytes: u64) -> Lease<'_> {
        let lanes = if is_exclusive { Lanes::All } else { Lanes::One };
        let permit = self.dreams.acquire(lanes, bytes);
        if is_exclusive {
            // Nobody uses them, and their memory is needed.
            self.shared.iter().for_each(Dreamer::release);
        }
        let dreamer = match (&self.exclusive, permit.lane) {
            (_, Some(lane)) => &self.shared[lane],
            (Some(exclusive), None) => exclusive,
            (None, None) => &self.shared[0],
        };
        Lease { dreamer, _permit: permit }
    }

    /// Waits for memory for a decoded picture of `pixels` pixels.
    pub fn picture(&self, pixels: usize) -> Permit<'_> {
        self.pictures.acquire(Lanes::None, memory::of_dream(pixels, 0))
    }

    /// Works through jobs on several threads, which read, lease a dreamer, dream and write; `next` is
    /// asked for a job as long as it gives one.
    pub fn for_each<J: Send>(&self, next: impl Fn() -> Option<J> + Sync, work: impl Fn(J) + Sync) {
        let workers = self.shared.len() + self.shared.len().min(MOST_BESIDE);
        thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| {
                    while let Some(job) = next() {
                        work(job);
                    }
                });
            }
        });
    }
}

/// What a user of a [`Semaphore`] needs beside memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lanes {
    None,
    One,
    All,
}

/// Lets users of lanes and memory in, in the order in which they come, as long as there is room.
struct Semaphore {
    lanes: usize,
    bytes: u64,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    free: Vec<usize>,
    used: u64,
    /// Numbers of the next one who comes, and of the next one who is let in.
    comes: u64,
    enters: u64,
}

/// A lane and memory in use, until it is dropped.
pub struct Permit<'a> {
    semaphore: &'a Semaphore,
    /// `None` where it holds all of them, or none.
    lane: Option<usize>,
    held: Lanes,
    bytes: u64,
}

impl Semaphore {
    fn new(lanes: usize, bytes: u64) -> Semaphore {
        let free = (0..lanes).rev().collect();
        let state = State { free, used: 0, comes: 0, enters: 0 };
        Semaphore { lanes, bytes, state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Waits for lanes and memory; who asks for more memory than there is gets in alone.
    fn acquire(&self, lanes: Lanes, bytes: u64) -> Permit<'_> {
        let mut state = self.lock();
        let number = state.comes;
        state.comes += 1;
        let waits = |state: &State| {
            let no_lane = match lanes {
                Lanes::None => false,
                Lanes::One => state.free.is_empty(),
                Lanes::All => state.free.len() < self.lanes,
            };
            no_lane || state.used > 0 && state.used + bytes > self.bytes
        };
        while state.enters != number || waits(&state) {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.enters += 1;
        state.used += bytes;
        let lane = match lanes {
            Lanes::None => None,
            Lanes::One => state.free.pop(),
            Lanes::All => {
                state.free.clear();
                None
            }
        };
        self.changed.notify_all();
        Permit { semaphore: self, lane, held: lanes, bytes }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.semaphore.lock();
        state.used -= self.bytes;
        match self.held {
            Lanes::None => {}
            Lanes::One => state.free.extend(self.lane),
            Lanes::All => state.free.extend((0..self.semaphore.lanes).rev()),
        }
        self.semaphore.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

    #[test]
    fn no_more_memory_is_used_than_there_is_unless_by_one_alone() {
        let (semaphore, used) = (Semaphore::new(0, 10), AtomicU64::new(0));
        thread::scope(|scope| {
            for bytes in [4, 3, 7, 25, 1, 10, 6, 6] {
                let (semaphore, used) = (&semaphore, &used);
                scope.spawn(move || {
                    for _ in 0..50 {
                        let permit = semaphore.acquire(Lanes::None, bytes);
                        let now = used.fetch_add(bytes, Ordering::SeqCst) + bytes;
                        assert!(now <= 10 || now == bytes, "{now}");
                        used.fetch_sub(bytes, Ordering::SeqCst);
                        drop(permit);
                    }
                });
            }
        });
    }

    #[test]
    fn who_needs_all_lanes_is_alone_and_no_lane_has_two_users() {
        let semaphore = Semaphore::new(3, 100);
        let users: Vec<AtomicUsize> = (0..3).map(|_| AtomicUsize::new(0)).collect();
        thread::scope(|scope| {
            for thread in 0..8 {
                let (semaphore, users) = (&semaphore, &users);
                scope.spawn(move || {
                    for round in 0..50 {
                        let all = (thread + round) % 5 == 0;
                        let permit =
                            semaphore.acquire(if all { Lanes::All } else { Lanes::One }, 1);
                        let held: Vec<usize> =
                            permit.lane.map_or((0..3).collect(), |lane| vec![lane]);
                        assert_eq!(held.len() == 3, all);
                        for lane in &held {
                            assert_eq!(users[*lane].fetch_add(1, Ordering::SeqCst), 0);
                        }
                        for lane in &held {
                            users[*lane].fetch_sub(1, Ordering::SeqCst);
                        }
                    }
                });
            }
        });
    }

    const BUDGET: Budget = Budget { now: 0, ever: 4 << 30 };

    #[test]
    fn each_picture_has_a_thread_or_its_share_of_them() {
        let shared = |threads, pictures| {
            let ThreadPlan { lanes, threads } = ThreadPlan::new(threads, pictures);
            (lanes, threads)
        };
        assert_eq!(shared(4, 100), (4, 1));
        assert_eq!(shared(16, 3), (3, 5));
        assert_eq!(shared(8, 1), (1, 8));
        assert_eq!(shared(2, 0), (1, 2));
    }

    #[test]
    fn large_pictures_and_those_that_take_too_much_memory_are_dreamed_alone() {
        let threads = ThreadPlan::new(8, 100);
        let size = |width, height| Size { height, width };
        assert!(threads.side_by_side(size(512, 384), Some(600), &BUDGET));
        assert!(!threads.side_by_side(size(4000, 3000), Some(600), &BUDGET));
        assert!(!threads.side_by_side(size(1000, 1000), Some(600), &BUDGET));
    }

    fn scheduler(threads: usize, pictures: usize) -> Scheduler {
        let options = crate::dream::Options {
            model: Some(crate::dream::Model::Embedded),
            backend: crate::dream::BackendChoice::Core,
            threads: Some(threads),
            ..Default::default()
        };
        let dreamer = Dreamer::open(&options).expect("it is built in");
        Scheduler::new(&[dreamer], pictures).expect("there are threads")
    }

    #[test]
    fn the_cpu_alone_has_lanes_that_share_its_threads_and_one_for_all() {
        let several = scheduler(4, 100);
        let threads: Vec<usize> =
            several.shared.iter().map(|dreamer| dreamer.executor().threads()).collect();
        assert_eq!(threads, [1; 4]);
        assert_eq!(several.dreamer().executor().threads(), 4);
        let alone = scheduler(8, 1);
        assert_eq!((alone.side_by_side(), alone.exclusive.is_some()), (1, false));
        assert_eq!(alone.dreamer().executor().threads(), 8);
    }

    #[test]
    fn devices_have_a_lane_each_and_the_cpus_share_the_threads() {
        let one = scheduler(5, 1).shared.remove(0);
        let two = Scheduler::new(&[one.clone(), one], 100).expect("there are threads");
        let threads: Vec<usize> =
            two.shared.iter().map(|dreamer| dreamer.executor().threads()).collect();
        assert_eq!((threads, two.exclusive.is_some()), (vec![2, 2], false));
    }
}
