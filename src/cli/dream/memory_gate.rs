//! How much memory may be in use at once.

use std::sync::{Condvar, Mutex, MutexGuard};

/// Lets users of memory in, in the order in which they come, as long as there is room.
pub struct Gate {
    budget: u64,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    used: u64,
    /// Numbers of the next one who comes, and of the next one who is let in.
    comes: u64,
    enters: u64,
}

/// Memory in use, until it is dropped.
pub struct Room<'a> {
    gate: &'a Gate,
    bytes: u64,
}

impl Gate {
    pub fn new(budget: u64) -> Gate {
        Gate { budget, state: Mutex::default(), changed: Condvar::new() }
    }

    /// Waits for so much room; who asks for more than there is gets in alone.
    pub fn enter(&self, bytes: u64) -> Room<'_> {
        let mut state = self.lock();
        let number = state.comes;
        state.comes += 1;
        let full = |state: &State| state.used > 0 && state.used + bytes > self.budget;
        while state.enters != number || full(&state) {
            state = self.changed.wait(state).expect("no thread panics with it");
        }
        state.enters += 1;
        state.used += bytes;
        self.changed.notify_all();
        Room { gate: self, bytes }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no thread panics with it")
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        self.gate.lock().used -= self.bytes;
        self.gate.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn no_more_is_used_than_there_is_unless_by_one_alone() {
        let (gate, used) = (Gate::new(10), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for bytes in [4, 3, 7, 25, 1, 10, 6, 6] {
                let (gate, used) = (&gate, &used);
                scope.spawn(move || {
                    for _ in 0..50 {
                        let room = gate.enter(bytes);
                        let now = used.fetch_add(bytes, Ordering::SeqCst) + bytes;
                        assert!(now <= 10 || now == bytes, "{now}");
                        used.fetch_sub(bytes, Ordering::SeqCst);
                        drop(room);
                    }
                });
            }
        });
    }
}
