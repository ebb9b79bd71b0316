//! A step of training allocates nothing but the scratch memory in which the crate that multiplies
//! matrices packs them.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

use dreamer::train::data::{DataSource, LoadOptions};
use dreamer::train::{Choices, Training};

struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is handed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Of one product of matrices: its left and its right side are packed.
const SCRATCH: usize = 2;
/// Of one layer: forward, and back to its inputs and to its weights.
const PRODUCTS: usize = 3;
/// The first steps fill what is kept.
const FIRST: usize = 3;

/// Allocations of an epoch's steps after the first ones, and how many steps those are.
fn allocations(network: &str, augment: &str, threads: usize) -> (usize, usize) {
    let load = LoadOptions { training: Some(640), test: Some(10), ..LoadOptions::default() };
    let data = DataSource::Digits.load(&load).unwrap().data;
    let choices = Choices {
        network: Some(network.parse().unwrap()),
        augment: Some(augment.parse().unwrap()),
        batch_size: Some(32),
        ..Choices::default()
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| {
        let mut training = Training::new(choices.resolve(), &data, threads).unwrap();
        let (mut before, mut after, mut steps) = (0, 0, 0);
        let watched = training.epoch(|step| {
            after = ALLOCATIONS.load(Ordering::Relaxed);
            steps = step.steps - FIRST;
            if step.step == FIRST {
                before = after;
            }
            ControlFlow::Continue(())
        });
        watched.unwrap().expect("nothing breaks it off");
        (after - before, steps)
    })
}

#[test]
fn a_step_of_training_allocates_only_scratch_memory_for_matrix_products() {
    let networks = [
        ("lenet", 3),
        ("lenet5", 3),
        ("mlp:784-30-10", 2),
        ("mlp:784-200-100-10", 3),
        ("vgg:8/16", 1),
    ];
    for (network, connected_layers) in networks {
        for threads in [1, 2] {
            for augment in ["none", "shift,rotate,scale,elastic"] {
                let (count, steps) = allocations(network, augment, threads);
                let most = SCRATCH * PRODUCTS * connected_layers * threads * steps;
                assert!(
                    count <= most,
                    "{network} with {threads} thread(s), augment {augment}: {count} in {steps} steps"
                );
            }
        }
    }
}
