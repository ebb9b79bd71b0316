//! The threads that training and its like compute with.

use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

/// Threads, in which all the work is done: from outside each step would have to wake one first.
pub struct Threads {
    pub pool: ThreadPool,
    pub count: usize,
}

impl Threads {
    /// As many as are asked for, or one a core.
    ///
    /// # Errors
    /// If the system gives no more threads.
    pub fn new(count: Option<usize>) -> Result<Threads, ThreadPoolBuildError> {
        let pool = ThreadPoolBuilder::new().num_threads(count.unwrap_or(0)).build()?;
        Ok(Threads { count: pool.current_num_threads(), pool })
    }
}
