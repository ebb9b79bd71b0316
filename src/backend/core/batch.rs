//! Activations and gradients of the samples of a mini-batch, as layers see them.

/// Some samples' values, read only: sample n begins at `n · step`.
///
/// At least [`SLACK`](super::kernel::SLACK) values of no meaning follow the last one.
#[derive(Clone, Copy)]
pub struct Batch<'a, T> {
    data: &'a [T],
    step: usize,
    volume: usize,
}

impl<'a, T> Batch<'a, T> {
    pub fn new(data: &'a [T], step: usize, volume: usize) -> Batch<'a, T> {
        Batch { data, step, volume }
    }

    /// The C×H×W values of sample `n`.
    pub fn sample(&self, n: usize) -> &'a [T] {
        &self.data[n * self.step..][..self.volume]
    }

    /// Everything from sample `n` on, for kernels that read beyond the end.
    pub fn from(&self, n: usize) -> &'a [T] {
        &self.data[n * self.step..]
    }

    pub fn step(&self) -> usize {
        self.step
    }

    pub fn volume(&self) -> usize {
        self.volume
    }
}

/// Some samples' values, to be written.
pub struct BatchMut<'a, T> {
    data: &'a mut [T],
    step: usize,
    volume: usize,
}

impl<'a, T> BatchMut<'a, T> {
    pub fn new(data: &'a mut [T], step: usize, volume: usize) -> BatchMut<'a, T> {
        BatchMut { data, step, volume }
    }

    /// The C×H×W values of sample `n`.
    pub fn sample(&mut self, n: usize) -> &mut [T] {
        &mut self.data[n * self.step..][..self.volume]
    }

    /// Everything from sample `n` on.
    pub fn from(&mut self, n: usize) -> &mut [T] {
        &mut self.data[n * self.step..]
    }

    pub fn step(&self) -> usize {
        self.step
    }
}

/// What becomes of values that are already there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    /// They are replaced.
    Set,
    /// They are added to.
    Add,
}

/// What every layer of one pass through a network needs to know.
#[derive(Clone, Copy)]
pub struct Pass<'a, T> {
    /// All parameters of the network.
    pub parameters: &'a [T],
    /// Number of samples.
    pub count: usize,
    /// Whether a layer may share its work among the cores.
    pub parallel: bool,
    /// What dropout is drawn from; `None`: nothing is dropped.
    pub seed: Option<u64>,
}
